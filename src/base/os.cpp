#include "base/os.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>

namespace bh {

Os& Os::real() {
  static Os os;
  return os;
}

Result<int> Os::open(const std::string& path, int flags, mode_t mode) {
  int fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0) return fail_errno(errno, path);
  return fd;
}

Result<std::size_t> Os::read(int fd, std::span<char> into) {
  for (;;) {
    ssize_t n = ::read(fd, into.data(), into.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return fail_errno(errno, "read");
  }
}

Result<std::size_t> Os::write(int fd, std::string_view bytes) {
  for (;;) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return fail_errno(errno, "write");
  }
}

Result<void> Os::fsync(int fd) {
  if (::fsync(fd) != 0) return fail_errno(errno, "fsync");
  return {};
}

void Os::close(int fd) { ::close(fd); }

Result<void> Os::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno(errno, to);
  return {};
}

Result<void> Os::unlink(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return fail_errno(errno, path);
  return {};
}

Result<void> Os::mkdir(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) != 0) return fail_errno(errno, path);
  return {};
}

Result<struct ::stat> Os::stat(const std::string& path) {
  struct ::stat info = {};
  if (::stat(path.c_str(), &info) != 0) return fail_errno(errno, path);
  return info;
}

Result<struct ::stat> Os::lstat(const std::string& path) {
  struct ::stat info = {};
  if (::lstat(path.c_str(), &info) != 0) return fail_errno(errno, path);
  return info;
}

Result<struct ::stat> Os::fstat(int fd) {
  struct ::stat info = {};
  if (::fstat(fd, &info) != 0) return fail_errno(errno, "fstat");
  return info;
}

Result<std::string> Os::getxattr(const std::string& path, const std::string& name) {
  std::string value(64u << 10, '\0');
  ssize_t n = ::getxattr(path.c_str(), name.c_str(), value.data(), value.size());
  if (n < 0) return fail_errno(errno, path);
  value.resize(static_cast<std::size_t>(n));
  return value;
}

Result<std::string> Os::readlink(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  if (n < 0) return fail_errno(errno, path);
  target.resize(static_cast<std::size_t>(n));
  return target;
}

Result<std::vector<std::string>> Os::list(const std::string& path) {
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return fail_errno(errno, path);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(folder)) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  int sys = errno;
  ::closedir(folder);
  if (sys != 0) return fail_errno(sys, path);
  std::ranges::sort(names);
  return names;
}

}  // namespace bh
