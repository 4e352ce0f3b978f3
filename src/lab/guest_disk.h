// The guest's side of a disk: from the initramfs to a system on a disk, which then runs as any machine does.
//
// The initramfs holds only what the plan brings (and the modules): it is laid over the disk's own files. The
// system's init becomes process 1; the one that takes the plan's steps is a child of it, in the same root.
#pragma once

#include <string>

namespace bh::lab {

inline constexpr const char* guest_modules = "/lab/modules";

/// Loads the modules, mounts the first disk, lays the initramfs over it and makes it the root. Errors are
/// printed; false: the root is still the initramfs.
[[nodiscard]] bool enter_disk();

/// Becomes /sbin/init, in the process that calls it. Returns only if it cannot.
void become_init();

}  // namespace bh::lab
