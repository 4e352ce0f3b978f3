// Symbolic links followed inside a root that need not be this process's: a folder, an image, another host's
// files. As path_resolution(7) has it: an absolute link starts at that root, `..` does not leave it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bh {

inline constexpr int most_links = 40;

/// Where the link at `path` leads, as it is written; nothing: what is there is no link. `path` has no links
/// in its folders. `last`: nothing of the walk is left behind it.
using LinkTarget = std::function<Result<std::optional<std::string>>(const std::string& path, bool last)>;

/// The absolute path without links, `.`, `..` and doubled slashes. Errors: those of `target`; more than 40
/// links (ELOOP).
[[nodiscard]] Result<std::string> follow_links(std::string_view path, const LinkTarget& target);

}  // namespace bh
