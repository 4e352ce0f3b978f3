// Whole files: read with a limit, written so that a reader sees the old bytes or the new ones and nothing between.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/os.h"

namespace bh {

/// No input of this program is larger by nature; what is, is refused with a clear error.
inline constexpr std::size_t max_input_bytes = 16u << 20;

/// The bytes of a regular file (or of a /proc, /sys or securityfs file, whose size says 0).
/// Errors: as open(2); EISDIR for a folder; EFBIG above `limit` bytes (nothing beyond it is read).
[[nodiscard]] Result<std::string> read_file(Os& os, const std::string& path, std::size_t limit = max_input_bytes);

/// Replaces `path`: temporary file beside it, write, fsync, rename, fsync of the folder. On any error `path` is untouched and
/// the temporary file is gone. Follows no symlink at `path` (the link itself is replaced).
[[nodiscard]] Result<void> write_file_atomic(Os& os, const std::string& path, std::string_view bytes, mode_t mode = 0644);

}  // namespace bh
