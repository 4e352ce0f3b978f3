// The kernels that a lab boots: Debian's own, fetched from the mirror that the machine's apt already uses,
// kept in the user's cache.
//
// Fetched means unpacked beside the system: an apt with lists and folders of its own, `dpkg -x` into a
// temporary folder, the kernel's folder moved into place by rename. No root rights, nothing installed. What
// is in the cache is used as it is, so a machine without a network can go on.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::lab {

struct KernelChoice {
  const char* name;   ///< 6.1: also the folder in the cache
  const char* alias;  ///< oldest
  const char* suite;  ///< bookworm
  /// Package name prefixes, tried in this order; the rest of the name is a version and `-cloud-amd64`. The
  /// newest match is taken.
  std::vector<const char*> packages;
};

[[nodiscard]] std::span<const KernelChoice> kernel_choices();

/// The vmlinuz for a choice's name or alias (fetched if it is not cached), or `choice` itself where it holds
/// a slash. Errors: an unknown name (lists the known), no apt, no mirror, no network, no such package.
[[nodiscard]] Result<std::string> find_kernel(std::string_view choice);

/// The files of the modules that its guests with a disk load first (modules.h), in that order. Of a kernel
/// that was given as a path: those in `modules/` beside it. Errors: as find_kernel; none are there.
[[nodiscard]] Result<std::vector<std::string>> find_modules(std::string_view choice);

}  // namespace bh::lab
