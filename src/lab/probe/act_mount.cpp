// Actions on mounts. The probe lives in a mount namespace of its own, so nothing that succeeds is seen by
// others.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

int sys_or_0(long result) { return result < 0 ? errno : 0; }

}  // namespace

Tried act_mount(const Staged&, Arguments a) {
  if (a.size() < 2) return {"arguments", EINVAL};
  const char* options = a.size() > 2 ? a[1].c_str() : nullptr;
  return {"mount", sys_or_0(::mount("probe", a.back().c_str(), a[0].c_str(), 0, options))};
}

Tried act_bind(const Staged&, Arguments a) {
  if (a.size() < 2) return {"arguments", EINVAL};
  return {"mount", sys_or_0(::mount(a[0].c_str(), a[1].c_str(), nullptr, MS_BIND, nullptr))};
}

Tried act_remount(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  return {"mount", sys_or_0(::mount(nullptr, a[0].c_str(), nullptr, MS_REMOUNT, nullptr))};
}

Tried act_umount(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  return {"umount2", sys_or_0(::umount2(a[0].c_str(), MNT_DETACH))};
}

Tried act_pivot_root(const Staged&, Arguments a) {
  // An initramfs root cannot be pivoted away (EINVAL); the permission is asked first, and that is what is
  // tried.
  if (a.empty()) return {"arguments", EINVAL};
  return {"pivot_root", sys_or_0(::syscall(SYS_pivot_root, a[0].c_str(), a[0].c_str()))};
}

Tried act_move_mount(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  long context = ::syscall(SYS_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (context < 0) return {"fsopen", errno};
  if (::syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) < 0)
    return {"fsconfig", errno};
  long mounted = ::syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
  if (mounted < 0) return {"fsmount", errno};
  long moved = ::syscall(SYS_move_mount, mounted, "", AT_FDCWD, a[0].c_str(), MOVE_MOUNT_F_EMPTY_PATH);
  return {"move_mount", sys_or_0(moved)};
}

}  // namespace bh::probe
