#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bh {
namespace {

class OpenFile {
 public:
  OpenFile(Os& os, int fd) : os_(os), fd_(fd) {}
  ~OpenFile() { os_.close(fd_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  Os& os_;
  int fd_;
};

Result<void> write_all(Os& os, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    BH_TRY(std::size_t n, os.write(fd, bytes));
    if (n == 0) return fail_errno(ENOSPC, "write");
    bytes.remove_prefix(n);
  }
  return os.fsync(fd);
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> read_file(Os& os, const std::string& path, std::size_t limit) {
  BH_TRY(int fd, os.open(path, O_RDONLY));
  OpenFile file(os, fd);
  std::string bytes;
  std::string chunk(64u << 10, '\0');
  for (;;) {
    auto n = os.read(fd, chunk);
    if (!n) return fail_errno(n.error().sys, path);
    if (*n == 0) return bytes;
    if (bytes.size() + *n > limit)
      return tl::unexpected(Error{fmt::format("{}: larger than the limit of {} bytes", path, limit), EFBIG});
    bytes.append(chunk, 0, *n);
  }
}

Result<void> write_file_atomic(Os& os, const std::string& path, std::string_view bytes, mode_t mode) {
  // The name is ours alone (pid) and hidden, so that a reader of the folder (apparmor's own included) passes over it.
  auto slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  std::string temporary = fmt::format("{}/.{}.{}.tmp", folder_of(path), name, ::getpid());
  BH_TRY(int fd, os.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  Result<void> written;
  {
    OpenFile file(os, fd);
    written = write_all(os, fd, bytes);
  }
  if (written) written = os.rename(temporary, path);
  if (!written) {
    auto error = std::move(written.error());
    (void)os.unlink(temporary);
    return tl::unexpected(std::move(error).in(fmt::format("cannot write {}", path)));
  }
  BH_TRY(int folder, os.open(folder_of(path), O_RDONLY | O_DIRECTORY));
  OpenFile opened(os, folder);
  return os.fsync(folder);
}

}  // namespace bh
