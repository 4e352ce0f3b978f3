#include "audit/host_fs.h"

#include "base/check.h"
#include "base/file.h"
#include "base/links.h"

namespace bh::audit {
std::string HostFs::canonical(std::string_view path) const {
  int links = 0;
  auto found = follow_links(path, [&](const std::string& here, bool) -> Result<std::optional<std::string>> {
    // What does not exist, and what is behind too many links, stays as it is written.
    if (links == most_links) return std::nullopt;
    auto target = os_.readlink(root_ + here);
    if (!target) return std::nullopt;
    ++links;
    return *target;
  });
  BH_CHECK(found.has_value());
  return *found;
}

std::string HostFs::real(std::string_view path) const {
  if (root_.empty()) return std::string(path);  // the kernel resolves it the same way
  return root_ + canonical(path);
}

Result<std::string> HostFs::read(std::string_view path, std::size_t limit) const {
  return read_file(os_, real(path), limit);
}
Result<struct ::stat> HostFs::stat(std::string_view path) const { return os_.stat(real(path)); }
Result<std::vector<std::string>> HostFs::list(std::string_view path) const { return os_.list(real(path)); }
Result<std::string> HostFs::getxattr(std::string_view path, const std::string& name) const {
  return os_.getxattr(real(path), name);
}
Result<std::string> HostFs::readlink(std::string_view path) const {
  return os_.readlink(root_ + std::string(path));
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> out;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t\r\n", at)) != std::string_view::npos) {
    auto end = std::min(text.find_first_of(" \t\r\n", at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end;
  }
  return out;
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto end = text.find('\n');
    out.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return path.starts_with('/');
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace bh::audit
