// The seam to the operating system: every system call on files goes through an Os, so that tests can make any
// of them fail (full disk, no permission, torn write) without a mock of anything above.
//
// Thin on purpose: one virtual function per call, same meaning as the man page, errno turned into Error::sys.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh {

class Os {
 public:
  virtual ~Os() = default;

  /// The real thing.
  static Os& real();

  [[nodiscard]] virtual Result<int> open(const std::string& path, int flags, mode_t mode = 0);
  [[nodiscard]] virtual Result<std::size_t> read(int fd, std::span<char> into);
  [[nodiscard]] virtual Result<std::size_t> write(int fd, std::string_view bytes);
  [[nodiscard]] virtual Result<void> fsync(int fd);
  virtual void close(int fd);
  [[nodiscard]] virtual Result<void> rename(const std::string& from, const std::string& to);
  [[nodiscard]] virtual Result<void> unlink(const std::string& path);
  [[nodiscard]] virtual Result<void> mkdir(const std::string& path, mode_t mode);
  [[nodiscard]] virtual Result<struct ::stat> stat(const std::string& path);
  [[nodiscard]] virtual Result<struct ::stat> lstat(const std::string& path);
  [[nodiscard]] virtual Result<struct ::stat> fstat(int fd);
  [[nodiscard]] virtual Result<std::string> readlink(const std::string& path);
  /// An extended attribute, at most 64 KiB. ENODATA or EOPNOTSUPP where there is none.
  [[nodiscard]] virtual Result<std::string> getxattr(const std::string& path, const std::string& name);
  /// Names in a folder without `.` and `..`, sorted by byte.
  [[nodiscard]] virtual Result<std::vector<std::string>> list(const std::string& path);
};

}  // namespace bh
