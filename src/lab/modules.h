// The kernel modules without which a guest has no disk, no overlay file system and no bridge: Debian's cloud
// kernels have these as modules, and a guest has no modprobe before it has a disk.
//
// The one idea: they are picked out of the kernel's package once, with what they depend on, unpacked, and
// kept beside the vmlinuz under names that sort in the order in which they are loaded.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace bh::lab {

/// `tree`: a kernel's unpacked packages. `into`: a folder, made anew. What the kernel has built in needs no
/// module. Errors: a module that is neither there nor built in, no xz.
[[nodiscard]] Result<void> keep_modules(const std::string& tree, const std::string& into);

/// The kept ones in loading order. Errors: none were kept there.
[[nodiscard]] Result<std::vector<std::string>> kept_modules(const std::string& folder);

/// The words of `depends=` in a module's .modinfo; empty: it needs none.
[[nodiscard]] std::vector<std::string> module_needs(std::string_view module);

}  // namespace bh::lab
