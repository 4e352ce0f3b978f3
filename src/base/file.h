// Whole files: read with a limit, written so that a reader sees the old bytes or the new ones and nothing
// between.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/os.h"

namespace bh {

/// No input of this program is larger by nature; what is, is refused with a clear error.
inline constexpr std::size_t max_input_bytes = 16u << 20;

/// The bytes of a regular file (or of a /proc, /sys or securityfs file, whose size says 0).
/// Errors: as open(2); EISDIR for a folder; EFBIG above `limit` bytes (nothing beyond it is read).
[[nodiscard]] Result<std::string> read_file(Os& os, const std::string& path,
                                            std::size_t limit = max_input_bytes);

/// What is left to read of an open file; `path` is for the errors.
[[nodiscard]] Result<std::string> read_open_file(Os& os, int fd, const std::string& path,
                                                 std::size_t limit = max_input_bytes);

/// An open file descriptor that is closed at the end.
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

/// Makes the folder and those above it that are not there.
[[nodiscard]] Result<void> make_folders(Os& os, const std::string& folder, mode_t mode = 0755);

/// Whether what is written must outlive a crash of the machine; what can be made again need not wait for the
/// disk.
enum class Durable : std::uint8_t { yes, no };

/// A file that is written and synced beside its place, under a hidden name of our own (which AppArmor's
/// loaders pass over), but not there yet. commit() puts it there in one step; without it the destructor takes
/// it away. Follows no symlink at the place (the link itself is replaced).
class StagedFile {
 public:
  [[nodiscard]] static Result<StagedFile> stage(Os& os, const std::string& path, std::string_view bytes,
                                                mode_t mode = 0644, Durable durable = Durable::yes);
  StagedFile(StagedFile&& other) noexcept
      : os_(other.os_),
        path_(std::move(other.path_)),
        temporary_(std::move(other.temporary_)),
        durable_(other.durable_) {
    other.temporary_.clear();
  }
  StagedFile& operator=(StagedFile&&) = delete;
  StagedFile(const StagedFile&) = delete;
  ~StagedFile();

  /// Where the bytes are now; for others to look at before they count.
  [[nodiscard]] const std::string& temporary() const { return temporary_; }
  /// Rename, and sync of the folder. On an error `path` is untouched, unless in_place() says that only that
  /// last sync failed.
  [[nodiscard]] Result<void> commit();
  [[nodiscard]] bool in_place() const { return in_place_; }

 private:
  StagedFile(Os& os, std::string path, std::string temporary, Durable durable)
      : os_(os), path_(std::move(path)), temporary_(std::move(temporary)), durable_(durable) {}
  Os& os_;
  std::string path_;
  std::string temporary_;
  Durable durable_;
  bool in_place_ = false;
};

/// stage() and commit(): replaces `path`: temporary file beside it, write, fsync, rename, fsync of the
/// folder. On any error `path` is untouched and the temporary file is gone. Follows no symlink at `path` (the
/// link itself is replaced), unless it leads to a device or a pipe: those are written into, never replaced.
[[nodiscard]] Result<void> write_file_atomic(Os& os, const std::string& path, std::string_view bytes,
                                             mode_t mode = 0644);

}  // namespace bh
