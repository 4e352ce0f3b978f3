// A folder tree of feature files (the kernel's own, or a copy of it) as the text form of
// /etc/apparmor.d/abi/*.
#pragma once

#include <string>

#include "base/os.h"

namespace bh::kernel {

/// `name {value` newline `}` newline for a file; folders nest; names sorted by byte. Errors: as read, and
/// above the limits (16 folders deep, 10,000 entries, 64 KiB a file).
[[nodiscard]] Result<std::string> features_folder_text(Os& os, const std::string& folder);

}  // namespace bh::kernel
