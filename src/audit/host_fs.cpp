#include "audit/host_fs.h"

#include <cerrno>
#include <deque>

#include "base/file.h"

namespace bh::audit {
namespace {

constexpr int symlinks_max = 40;

/// Puts the components of `path` in front of `rest`.
void push_components(std::deque<std::string>& rest, std::string_view path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while (at < path.size()) {
    auto slash = std::min(path.find('/', at), path.size());
    if (slash > at) parts.emplace_back(path.substr(at, slash - at));
    at = slash + 1;
  }
  rest.insert(rest.begin(), parts.begin(), parts.end());
}

}  // namespace

std::string HostFs::canonical(std::string_view path) const {
  std::deque<std::string> rest;
  push_components(rest, path);
  std::string done;
  int links = 0;
  while (!rest.empty()) {
    auto part = std::move(rest.front());
    rest.pop_front();
    if (part == ".") continue;
    if (part == "..") {
      auto slash = done.rfind('/');
      done.resize(slash == std::string::npos ? 0 : slash);
      continue;
    }
    std::string next = done + "/" + part;
    auto target =
        links < symlinks_max ? os_.readlink(root_ + next) : Result<std::string>(fail_errno(ELOOP, next));
    if (!target) {
      done = std::move(next);
      continue;
    }
    ++links;
    if (target->starts_with('/')) done.clear();
    push_components(rest, *target);
  }
  return done.empty() ? "/" : done;
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
