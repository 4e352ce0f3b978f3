#include "lab/rooted.h"

#include <sys/stat.h>

#include <cerrno>

#include "base/links.h"

namespace bh::lab {
namespace {

Result<std::string> resolve(Os& os, const std::string& root, std::string_view path, bool last_too) {
  return follow_links(path, [&](const std::string& here, bool last) -> Result<std::optional<std::string>> {
    if (last && !last_too) return std::nullopt;
    BH_TRY(struct ::stat about, link_stat(root + here));
    if (!S_ISLNK(about.st_mode)) return std::nullopt;
    BH_TRY(std::string target, os.readlink(root + here));
    return target;
  });
}

}  // namespace

Result<std::string> resolve_folders(Os& os, const std::string& root, std::string_view path) {
  return resolve(os, root, path, false);
}

Result<std::string> resolve_link(Os& os, const std::string& root, std::string_view path) {
  return resolve(os, root, path, true);
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Result<struct ::stat> link_stat(const std::string& path) {
  struct ::stat about = {};
  if (::lstat(path.c_str(), &about) != 0) return fail_errno(errno, path);
  return about;
}

}  // namespace bh::lab
