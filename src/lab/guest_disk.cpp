#include "lab/guest_disk.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "lab/modules.h"

namespace bh::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* disk_root = "/lab/root";

bool say(const char* what, const std::string& name, int sys) {
  ::dprintf(2, "lab guest: %s %s: %s\n", what, name.c_str(), std::strerror(sys));
  return false;
}

bool load_modules() {
  auto modules = kept_modules(guest_modules);
  if (!modules) return say("no", guest_modules, modules.error().sys);
  for (const std::string& module : *modules) {
    int fd = ::open(module.c_str(), O_RDONLY | O_CLOEXEC);
    bool loaded = fd >= 0 && ::syscall(SYS_finit_module, fd, "", 0) == 0;
    if (!loaded && errno != EEXIST) return say("load", module, errno);
    ::close(fd);
  }
  return true;
}

/// The driver finds the disk a moment after it is there.
bool mount_disk() {
  ::mkdir(disk_root, 0755);
  for (int tries = 0; tries < 500; ++tries) {
    if (::mount("/dev/vda", disk_root, "ext4", 0, nullptr) == 0) return true;
    if (errno != ENOENT && errno != ENXIO) break;
    ::usleep(10'000);
  }
  return say("mount", "/dev/vda", errno);
}

/// A library of the host that came along with a program must not take the place of the disk's own.
bool stays(const fs::path& on_disk) {
  std::error_code error;
  return on_disk.string().find("/usr/lib") != std::string::npos && fs::exists(on_disk, error);
}

bool lay_over() {
  constexpr auto how = fs::copy_options::overwrite_existing | fs::copy_options::copy_symlinks;
  std::error_code error;
  for (fs::recursive_directory_iterator at("/", error), end; !error && at != end; at.increment(error)) {
    const std::string path = at->path().string();
    if (path == "/proc" || path == "/sys" || path == "/dev" || path == disk_root || path == guest_modules) {
      at.disable_recursion_pending();
      continue;
    }
    fs::path to = disk_root + path;
    if (at->is_directory(error) && !at->is_symlink()) {
      if (!fs::exists(to, error)) fs::create_directory(to, at->path(), error);
    } else if (at->is_symlink() ? !fs::exists(fs::symlink_status(to, error)) : !stays(to)) {
      fs::copy(at->path(), to, how, error);
    }
    if (error) return say("copy", path, error.value());
  }
  return error ? say("copy", "the initramfs", error.value()) : true;
}

bool switch_root() {
  for (const char* place : {"/proc", "/sys", "/dev"})
    if (::mount(place, (std::string(disk_root) + place).c_str(), nullptr, MS_MOVE, nullptr) != 0)
      return say("move", place, errno);
  if (::chdir(disk_root) != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 || ::chroot(".") != 0 ||
      ::chdir("/") != 0)
    return say("enter", disk_root, errno);
  return true;
}

}  // namespace

bool enter_disk() { return load_modules() && mount_disk() && lay_over() && switch_root(); }

void become_init() {
  const char* argv[] = {"/sbin/init", nullptr};
  const char* environment[] = {"HOME=/", "TERM=dumb", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", nullptr};
  ::execve(argv[0], const_cast<char**>(argv), const_cast<char**>(environment));
  say("execute", argv[0], errno);
}

}  // namespace bh::lab
