#include "lab/docker_host.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/spawn.h"
#include "lab/debian.h"
#include "lab/scratch.h"

namespace bh::lab {
namespace {

namespace fs = std::filesystem;

constexpr const char* suite = "bookworm";
/// Changed with whatever follows, so that an image that was made in another way is made anew.
constexpr std::string_view recipe = "3";
constexpr const char* engine_socket = "/run/docker.sock";
constexpr std::string_view size = "6G";  // of a file with holes: 0.4 GiB on the disk

const std::vector<std::string>& packages() {
  // The first line is what it is about; the others are what a Debian always has and no package names.
  static const std::vector<std::string> names = {
      "docker.io",  "apparmor",      "systemd",        "systemd-sysv",   "dbus",      "kmod",
      "auditd",     "base-files",    "base-passwd",    "bash",           "coreutils", "dash",
      "findutils",  "grep",          "gzip",           "hostname",       "iproute2",  "libc-bin",
      "login",      "mawk",          "mount",          "procps",         "sed",       "tar",
      "util-linux", "usr-is-merged", "busybox-static", "ca-certificates"};
  return names;
}

Result<void> failed(const std::error_code& error, const std::string& path) {
  if (error) return fail_errno(error.value(), path);
  return {};
}

/// /bin -> usr/bin and so on, as on every system that was installed in the last years.
Result<void> merge_folders(const std::string& root) {
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    fs::path from = root + "/" + name, to = root + "/usr/" + name;
    std::error_code error;
    if (!fs::is_directory(fs::symlink_status(from, error))) continue;
    fs::create_directories(to, error);
    fs::copy(from, to, fs::copy_options::recursive | fs::copy_options::copy_symlinks, error);
    if (error) return fail_errno(error.value(), from.string());
    fs::remove_all(from, error);
    fs::create_directory_symlink(fmt::format("usr/{}", name), from, error);
    BH_TRY_DO(failed(error, from.string()));
  }
  return {};
}

/// A link in the root, with the folders above it. What is there stays, but for an empty folder.
Result<void> link(const std::string& root, const std::string& path, const std::string& target) {
  std::error_code error;
  ::rmdir((root + path).c_str());
  if (fs::exists(fs::symlink_status(root + path, error))) return {};
  fs::create_directories(fs::path(root + path).parent_path(), error);
  if (error) return fail_errno(error.value(), root + path);
  fs::create_symlink(target, root + path, error);
  return failed(error, root + path);
}

Result<void> enable_units(const std::string& root) {
  struct Wanted {
    const char* unit;
    const char* by;
  };
  constexpr Wanted wanted[] = {{"docker.service", "multi-user.target"},
                               {"containerd.service", "multi-user.target"},
                               {"docker.socket", "sockets.target"},
                               {"apparmor.service", "sysinit.target"}};
  for (const Wanted& each : wanted)
    BH_TRY_DO(link(root, fmt::format("/etc/systemd/system/{}.wants/{}", each.by, each.unit),
                   fmt::format("/lib/systemd/system/{}", each.unit)));
  BH_TRY_DO(link(root, "/etc/systemd/system/default.target", "/lib/systemd/system/multi-user.target"));
  // Nobody logs in, the clock is QEMU's, and there is no network to wait for.
  for (const char* unit : {"getty.target", "systemd-timesyncd.service",
                           "systemd-networkd-wait-online.service", "systemd-firstboot.service"})
    BH_TRY_DO(link(root, fmt::format("/etc/systemd/system/{}", unit), "/dev/null"));
  return {};
}

/// What the packages' scripts would have left.
Result<void> finish(const std::string& root) {
  Os& os = Os::real();
  BH_TRY_DO(merge_folders(root));
  BH_TRY(std::string passwd, read_file(os, root + "/usr/share/base-passwd/passwd.master"));
  BH_TRY(std::string group, read_file(os, root + "/usr/share/base-passwd/group.master"));
  passwd += "messagebus:x:100:101::/nonexistent:/usr/sbin/nologin\n";
  group += "docker:x:998:\nmessagebus:x:101:\n";
  BH_TRY_DO(write_file_atomic(os, root + "/etc/passwd", passwd));
  BH_TRY_DO(write_file_atomic(os, root + "/etc/group", group));
  BH_TRY_DO(write_file_atomic(os, root + "/etc/shadow", "root:*:19000:0:99999:7:::\n", 0640));
  BH_TRY_DO(write_file_atomic(os, root + "/etc/hostname", "lab\n"));
  BH_TRY_DO(write_file_atomic(os, root + "/etc/hosts", "127.0.0.1 localhost lab\n::1 localhost\n"));
  BH_TRY_DO(
      write_file_atomic(os, root + "/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"));
  BH_TRY_DO(write_file_atomic(os, root + "/etc/machine-id", ""));
  // There is no iptables: containers are reached at their own addresses on the bridge.
  std::error_code error;
  fs::create_directories(root + "/etc/docker", error);
  BH_TRY_DO(write_file_atomic(os, root + "/etc/docker/daemon.json",
                              "{\"iptables\": false, \"ip6tables\": false}\n"));
  BH_TRY_DO(link(root, "/var/run", "/run"));
  BH_TRY_DO(link(root, "/var/lock", "/run/lock"));
  BH_TRY_DO(link(root, "/usr/bin/sh", "dash"));
  BH_TRY_DO(link(root, "/usr/bin/awk", "mawk"));
  for (const char* folder : {"doc", "man", "info", "locale"})
    fs::remove_all(fmt::format("{}/usr/share/{}", root, folder), error);
  return enable_units(root);
}

Result<void> make_file_system(const std::string& root, const std::string& image) {
  std::vector<std::string> argv;
  // The files belong to whoever unpacked them: in a user namespace of its own that is root.
  if (::geteuid() != 0) argv = {"unshare", "--map-root-user"};
  argv.insert(argv.end(), {"mke2fs", "-q", "-t", "ext4", "-d", root, image, std::string(size)});
  auto ended = spawn(argv, {.timeout = std::chrono::minutes(5)});
  // Also where an ordinary user's PATH has no sbin.
  if (!ended && ended.error().sys == ENOENT) {
    *std::ranges::find(argv, "mke2fs") = "/sbin/mke2fs";
    ended = spawn(argv, {.timeout = std::chrono::minutes(5)});
  }
  if (!ended && ended.error().sys == ENOENT) return fail("mke2fs is not on this machine (package e2fsprogs)");
  if (!ended) return tl::unexpected(std::move(ended.error()));
  if (ended->exit_code != 0) return fail("mke2fs failed: {}", ended->err.substr(0, 600));
  return {};
}

}  // namespace

Result<std::string> docker_host_disk() {
  std::string folder = cache_folder() + "/disks";
  std::string image = fmt::format("{}/docker-host-{}.ext4", folder, suite);
  std::string mark = fmt::format("{} {} {}\n", recipe, size, fmt::join(packages(), " "));
  std::string mark_file = image + ".recipe";
  if (auto had = read_file(Os::real(), mark_file); had && *had == mark && Os::real().stat(image))
    return image;
  BH_TRY(ScratchFolder scratch, ScratchFolder::make_in(folder));
  std::string root = scratch.path() + "/root", file_system = scratch.path() + "/image";
  auto make = [&]() -> Result<void> {
    BH_TRY(DebianSuite opened, DebianSuite::open(suite, fmt::format("{}/apt/{}", cache_folder(), suite)));
    BH_TRY_DO(opened.unpack_root(packages(), root));
    BH_TRY_DO(finish(root));
    BH_TRY_DO(make_file_system(root, file_system));
    BH_TRY_DO(Os::real().rename(file_system, image));
    return write_file_atomic(Os::real(), mark_file, mark);
  };
  auto made = make();
  if (!made) return tl::unexpected(std::move(made.error()).in("cannot make the disk of a Docker host"));
  return image;
}

Result<void> make_docker_host_disk(const std::string& disk) {
  if (Os::real().stat(disk)) return {};
  BH_TRY(std::string image, docker_host_disk());
  // cp keeps the holes, and shares the blocks where the file system can.
  auto ended = spawn({"cp", "--sparse=always", "--reflink=auto", "--", image, disk},
                     {.timeout = std::chrono::minutes(5)});
  if (!ended) return tl::unexpected(std::move(ended.error()));
  if (ended->exit_code != 0) return fail("cannot make {}: {}", disk, ended->err.substr(0, 600));
  return {};
}

void wait_for_engine(LabPlan& plan) {
  // systemd listens before the engine runs, so the question waits for it and nothing has to be tried again.
  plan.steps.push_back({.what = Do::wait_port,
                        .label = "the Docker host boots",
                        .expect = Expect::allowed,
                        .target = engine_socket,
                        .timeout_ms = 180'000});
  plan.steps.push_back({.what = Do::ask,
                        .label = "the engine answers",
                        .argv = {"GET /_ping HTTP/1.0\r\n\r\n", "OK"},
                        .expect = Expect::allowed,
                        .target = engine_socket,
                        .timeout_ms = 180'000});
}

}  // namespace bh::lab
