// Paths inside a root that is not ours: links are followed as a process with that root would follow them, so
// an absolute link in an unpacked image never leads to the host's file of that name.
#pragma once

#include <string>
#include <string_view>

#include "base/os.h"

namespace bh::lab {

/// `path` (absolute, as seen inside `root`) with all links in its folders followed, its last part as it is.
/// Errors: a folder that is not there (ENOENT), more than 40 links (ELOOP).
[[nodiscard]] Result<std::string> resolve_folders(Os& os, const std::string& root, std::string_view path);
/// The same with the last part's links followed too.
[[nodiscard]] Result<std::string> resolve_link(Os& os, const std::string& root, std::string_view path);

/// The folder and the name of an absolute path: `/` for the folder of `/x`.
[[nodiscard]] std::string folder_of(const std::string& path);
[[nodiscard]] std::string name_of(const std::string& path);

/// lstat(2).
[[nodiscard]] Result<struct ::stat> link_stat(const std::string& path);

}  // namespace bh::lab
