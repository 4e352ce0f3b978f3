// Profile files that survive a reboot: written where the distribution's boot service reads, marked as ours,
// never over somebody's work.
//
// A file of ours opens with two comment lines: where it came from, and a mark with the profile's name and the
// SHA-256 of everything after the mark. A file without the mark is somebody else's; one whose digest differs
// was edited by hand.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/os.h"

namespace bh::app {

/// The file name for a profile, as distributions name theirs: `/usr/sbin/nscd` -> `usr.sbin.nscd`. Bytes that
/// have no business in a file name become `_`. None: nothing usable is left, or the boot service would pass
/// over such a name.
[[nodiscard]] std::optional<std::string> file_name_for(std::string_view profile);

enum class FileState : std::uint8_t {
  absent,
  ours,     ///< as we wrote it, for this profile
  edited,   ///< ours, but changed since
  foreign,  ///< no mark of ours, or the mark of another profile
};

struct PersistedFile {
  FileState state = FileState::absent;
  std::string bytes;  ///< the whole file
};

/// Of a file's bytes, whichever profile it is for: ours, edited or foreign.
[[nodiscard]] FileState state_of(std::string_view bytes);

/// The profile that the mark names; empty where there is no mark.
[[nodiscard]] std::string marked_profile(std::string_view bytes);

/// Errors: it is there but cannot be read.
[[nodiscard]] Result<PersistedFile> inspect_file(Os& os, const std::string& path, std::string_view profile);

/// `text` under the two lines. `origin`: what the user applied, as a path.
[[nodiscard]] std::string with_mark(std::string_view text, std::string_view profile, std::string_view origin);

/// The text under our mark; all of `bytes` where there is none.
[[nodiscard]] std::string_view without_mark(std::string_view bytes);

/// The whole file with another text under its mark: one of ours stays ours, an edited one edited, one without
/// a mark without.
[[nodiscard]] std::string with_text(std::string_view bytes, std::string_view text);

/// What the user applied when a file of ours was made; empty where it does not say.
[[nodiscard]] std::string origin_of(std::string_view bytes);

/// Why `path` may not be overwritten, with the way out; nullopt: it may.
[[nodiscard]] std::optional<std::string> reason_not_to_overwrite(const PersistedFile& file,
                                                                 const std::string& path);

/// Keeps a copy of `bytes` beside `path`, under a name that AppArmor's loaders pass over (`.orig`, `.2.orig`,
/// …). Returns its path.
[[nodiscard]] Result<std::string> keep_backup(Os& os, const std::string& path, std::string_view bytes);

}  // namespace bh::app
