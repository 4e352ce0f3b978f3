// What bane's profile of the same spec lets a container do and strict does not. The two meanings are asked
// about places that a container usually has; places that get the same answer for the same reason are told
// together.
#include <fmt/format.h>

#include "generate/generate.h"
#include "generate/meaning.h"
#include "generate/words.h"

namespace bh::generate {
namespace {

struct Place {
  std::string_view shown;
  std::string_view path;  ///< one that stands for it
};

constexpr Place written[] = {
    {"/run/**", "/run/bulkhead.probe"},
    {"/tmp/**", "/tmp/bulkhead.probe"},
    {"/var/tmp/**", "/var/tmp/bulkhead.probe"},
    {"/dev/shm/**", "/dev/shm/bulkhead.probe"},
    {"/var/log/**", "/var/log/bulkhead.probe"},
    {"/var/cache/**", "/var/cache/bulkhead.probe"},
    {"/var/lib/**", "/var/lib/bulkhead.probe"},
    {"/var/spool/**", "/var/spool/bulkhead.probe"},
    {"/srv/**", "/srv/bulkhead.probe"},
    {"/opt/**", "/opt/bulkhead.probe"},
    {"/home/**", "/home/bulkhead.probe"},
    {"/root/**", "/root/bulkhead.probe"},
    {"/mnt/**", "/mnt/bulkhead.probe"},
    {"/media/**", "/media/bulkhead.probe"},
    {"/boot/**", "/boot/bulkhead.probe"},
    {"/etc/**", "/etc/bulkhead.probe"},
    {"programs under /{,usr/}{bin,sbin}", "/usr/bin/bulkhead.probe"},
    {"programs under /usr/local/bin", "/usr/local/bin/bulkhead.probe"},
    {"libraries under /{,usr/}lib*", "/usr/lib/bulkhead.probe"},
    {"libraries elsewhere (*.so, *.node)", "/srv/bulkhead.so"},
    {"/sys/fs/cgroup/** (release_agent)", "/sys/fs/cgroup/memory/release_agent"},
    {"raw disks", "/dev/sda"},
    {"the runtime's socket", "/run/docker.sock"},
    {"/run/systemd/private", "/run/systemd/private"},
    {"/run/dbus/system_bus_socket", "/run/dbus/system_bus_socket"},
    {"/proc/sys/kernel/shm*", "/proc/sys/kernel/shmmax"},
};

constexpr Place run[] = {
    {"programs under /{,usr/}{bin,sbin}", "/usr/bin/bulkhead.probe"},
    {"shells", "/usr/bin/dash"},
    {"programs under /usr/local/bin", "/usr/local/bin/bulkhead.probe"},
    {"/run/**", "/run/bulkhead.probe"},
    {"/tmp/**", "/tmp/bulkhead.probe"},
    {"/var/tmp/**", "/var/tmp/bulkhead.probe"},
    {"/dev/shm/**", "/dev/shm/bulkhead.probe"},
    {"/var/**", "/var/bulkhead.probe"},
    {"/srv/**", "/srv/bulkhead.probe"},
    {"/opt/**", "/opt/bulkhead.probe"},
    {"/home/**", "/home/bulkhead.probe"},
    {"/root/**", "/root/bulkhead.probe"},
    {"memory (memfd_create)", "/memfd:bulkhead"},
    {"the dynamic loader as a command", "/usr/lib64/ld-linux-x86-64.so.2"},
};

constexpr Place read[] = {
    {"/proc/kallsyms, keys, kmsg, timer lists", "/proc/kallsyms"},
    {"/proc/interrupts, slabinfo", "/proc/interrupts"},
    {"/sys/firmware/**", "/sys/firmware/dmi/tables/DMI"},
    {"/sys/devices/virtual/powercap/**", "/sys/devices/virtual/powercap/x"},
    {"debugfs and tracefs", "/sys/kernel/debug/x"},
    {"raw disks", "/dev/sda"},
    {"memory devices", "/dev/mem"},
};

class Comparison {
 public:
  Comparison(const Spec& spec, const FileLists& lists)
      : spec_(spec), lists_(lists), bane_(bane_denials(spec)) {}

  std::vector<Tightened> run_all() {
    files("write", written, &FileAnswer::write);
    folders();
    files("execute", run, &FileAnswer::exec);
    files("read", read, &FileAnswer::read);
    network();
    capabilities();
    out_.push_back({"umount", "", "bane allows umount; strict allows no mount, umount or pivot_root"});
    return std::move(out_);
  }

 private:
  template <std::size_t N>
  void files(std::string_view what, const Place (&places)[N], bool FileAnswer::* perm) {
    for (const Place& place : places) {
      if (!(bane_meaning(bane_, place.path).*perm) || strict_meaning(lists_, place.path).*perm) continue;
      tell(what, place.shown, why(what, place.path));
    }
  }

  /// Places with the same answer are one entry.
  void tell(std::string_view what, std::string_view where, std::string_view reason) {
    for (Tightened& one : out_)
      if (one.what == what && one.why == reason) {
        one.where += fmt::format(", {}", where);
        return;
      }
    out_.push_back({std::string(what), std::string(where), std::string(reason)});
  }

  std::string_view why(std::string_view what, std::string_view path) const {
    auto in = [&](const std::vector<PathSet>& sets) {
      for (const PathSet& set : sets)
        if (matches(set.globs, path)) return true;
      return false;
    };
    if (in(lists_.deny)) return "DenyPaths denies it";
    if (what == "execute") {
      if (in(lists_.deny_exec) || in(lists_.shell_targets)) return "DenyExec denies it, by every name";
      if (strict_meaning(lists_, path).write) return "what can be written is never run";
      if (lists_.exec_listed) return "AllowExec names what may be run";
      return matches(dynamic_loader().globs, path) ? "the loader would run what may not be run"
                                                   : "only what is read-only may be run";
    }
    if (what == "read") return "the floor denies it (Floor = \"custom\" leaves the floor out)";
    if (lists_.floor && path.starts_with("/sys/"))
      return "the floor denies it (Floor = \"custom\" leaves the floor out)";
    if (in(lists_.read_only)) return "ReadOnlyPaths covers every name of it";
    if (!lists_.writable_by_default) return "WritablePaths names what may be written";
    if (matches(system_programs().globs, path) || matches(loadable_libraries().globs, path))
      return "programs and libraries are written only where WritablePaths names them";
    return "the floor denies it (Floor = \"custom\" leaves the floor out)";
  }

  /// `/etc/**` leaves `/etc/` itself open in bane's policy.
  void folders() {
    if (!spec_.filesystem.read_only_paths) return;
    std::string all;
    for (const Entry& entry : spec_.filesystem.read_only_paths->entries) {
      if (!entry.text.ends_with("/**")) continue;
      std::string folder = entry.text.substr(0, entry.text.size() - 2);
      GlobError error;
      auto globs = parse_globs(folder, error);
      auto path = globs && globs->size() == 1 ? as_literal(globs->front()) : std::nullopt;
      if (!path || !bane_meaning(bane_, *path).write || strict_meaning(lists_, *path).write) continue;
      all += (all.empty() ? "" : ", ") + folder;
    }
    if (!all.empty())
      out_.push_back({"write", all, "`d/**` covers the folder `d/` too: no chmod, chown or rename of it"});
  }

  void network() {
    const Network& network = spec_.network;
    bool bare = !network.protocols || network.protocols->entries.empty();
    if (!bare || network.families) return;
    out_.push_back({"network", "netlink, packet, bluetooth, vsock and every other family",
                    "strict gives inet, inet6 and unix; ask in [Network] Families"});
    out_.push_back({"network", "alg", "the kernel's crypto sockets are never given (CVE-2026-31431)"});
  }

  void capabilities() {
    const Capabilities& wanted = spec_.capabilities;
    if (!wanted.deny || wanted.deny->entries.empty()) return;
    out_.push_back({"capability", "every one that Deny does not name",
                    wanted.allow ? "strict gives what Allow names, less Deny"
                                 : "strict gives Docker's fourteen, less Deny and net_raw"});
  }

  const Spec& spec_;
  const FileLists& lists_;
  BaneDenials bane_;
  std::vector<Tightened> out_;
};

}  // namespace

std::vector<Tightened> tightened_against_bane(const Spec& spec, const ImageNames* image) {
  diag::Sink ignored;  // generate() has told
  auto lists = file_lists(spec, ignored, image);
  return lists ? Comparison(spec, *lists).run_all() : std::vector<Tightened>{};
}

}  // namespace bh::generate
