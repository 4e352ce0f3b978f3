#include "lab/rooted.h"

#include <sys/stat.h>

#include <cerrno>
#include <vector>

namespace bh::lab {
namespace {

constexpr int max_links = 40;

/// Puts the parts of `path` in front of what is still to be walked (a stack: next part last).
void push_parts(std::string_view path, std::vector<std::string>& ahead) {
  while (!path.empty()) {
    auto slash = path.rfind('/');
    std::string_view part = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!part.empty() && part != ".") ahead.emplace_back(part);
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
  }
}

Result<std::string> resolve(Os& os, const std::string& root, std::string_view path, bool last_too) {
  std::vector<std::string> ahead;
  push_parts(path, ahead);
  std::string walked;
  int links = 0;
  while (!ahead.empty()) {
    std::string part = std::move(ahead.back());
    ahead.pop_back();
    if (part == "..") {
      walked.erase(walked.empty() ? 0 : walked.rfind('/'));
      continue;
    }
    std::string here = walked + "/" + part;
    if (ahead.empty() && !last_too) return here;
    BH_TRY(struct ::stat about, link_stat(root + here));
    if (!S_ISLNK(about.st_mode)) {
      walked = std::move(here);
      continue;
    }
    if (++links > max_links) return fail_errno(ELOOP, root + std::string(path));
    BH_TRY(std::string target, os.readlink(root + here));
    if (target.starts_with('/')) walked.clear();
    push_parts(target, ahead);
  }
  return walked.empty() ? "/" : walked;
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
