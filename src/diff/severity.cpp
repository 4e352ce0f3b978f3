#include "diff/severity.h"

#include <algorithm>

#include "automata/minimise.h"
#include "automata/relate.h"
#include "base/check.h"
#include "query/glob_set.h"

namespace bh::diff {
namespace {

using automata::Dfa;
using query::ActionKind;
using enum Severity;

/// Paths that are worth more than others. `accesses`: the verbs that it is about, separated by blanks.
struct Sensitive {
  std::string_view accesses;
  std::string_view glob;
  Severity severity;
  std::string_view why;
};

constexpr Sensitive sensitive[] = {
    {"write", "/proc/sysrq-trigger", critical, "it commands the host's kernel"},
    {"write", "/proc/sys/kernel/{core_pattern,modprobe,hotplug,poweroff_cmd,usermodehelper/**}", critical,
     "what is written there is run by the host's kernel"},
    {"write", "/sys/{kernel/uevent_helper,fs/cgroup/**/release_agent,fs/cgroup/release_agent}", critical,
     "what is written there is run by the host's kernel"},
    {"write", "/sys/kernel/security/**", critical, "it changes the security modules themselves"},
    {"read write", "/dev/{mem,kmem,port}", critical, "the machine's memory"},
    {"read", "/proc/kcore", critical, "the machine's memory"},
    {"read write", "/{,var/}run/{docker.sock,containerd/containerd.sock,podman/podman.sock,crio/crio.sock}",
     critical, "whoever reaches the engine is root on the host"},
    {"write", "/dev/{sd*,nvme*,vd*,xvd*,dm-*,loop*,mapper/**}", high, "block devices"},
    {"write", "/proc/sys/**", high, "settings of the host's kernel"},
    {"write", "/proc/bus/**", high, "devices of the host"},
    {"write", "/sys/**", high, "devices and settings of the host"},
    {"write", "/{,usr/,usr/local/}{bin,sbin,lib,lib32,lib64,libexec}/**", high, "programs and libraries"},
    {"write", "/etc/**", high, "configuration of the system"},
    {"read", "/sys/firmware/**", medium, "firmware tables of the host"},
    {"read", "/proc/{kallsyms,keys,key-users,timer_list,sched_debug,kmsg,slabinfo,interrupts}", medium,
     "it tells about the host's kernel"},
    {"read", "/etc/{shadow,gshadow}", medium, "passwords' hashes"},
    {"read", "/{root,home/*}/.ssh/**", medium, "keys"},
};

struct Named {
  std::string_view name;
  Severity severity;
  std::string_view why;
};

/// Those not named here are high.
constexpr Named capabilities[] = {
    {"sys_admin", critical, "nearly all of root's power"},
    {"sys_module", critical, "it loads code into the host's kernel"},
    {"sys_rawio", critical, "it reaches the machine's ports and memory"},
    {"sys_ptrace", critical, "it traces any process that can be seen"},
    {"dac_read_search", critical, "it opens any file of the host by handle"},
    {"mac_admin", critical, "it changes the security modules' policy"},
    {"mac_override", critical, "it overrides the security modules"},
    {"bpf", critical, "it loads programs into the host's kernel"},
    {"perfmon", critical, "it observes the host's kernel"},
    {"sys_boot", critical, "it restarts the host"},
    {"chown", medium, ""},
    {"dac_override", medium, ""},
    {"fowner", medium, ""},
    {"fsetid", medium, ""},
    {"kill", medium, ""},
    {"setgid", medium, ""},
    {"setuid", medium, ""},
    {"setpcap", medium, ""},
    {"net_bind_service", medium, ""},
    {"net_raw", medium, ""},
    {"sys_chroot", medium, ""},
    {"mknod", medium, ""},
    {"audit_write", medium, ""},
    {"setfcap", medium, ""},
};

/// Families and types of sockets; those not named here are medium.
constexpr Named sockets[] = {
    {"alg", high, "the kernel's crypto (CVE-2026-31431)"},
    {"packet", high, "it reads and forges the network's frames"},
    {"vsock", high, "it leads to the hypervisor"},
    {"raw", high, "it forges packets"},
    {"unix", low, ""},
};

struct Kind {
  ActionKind kind;
  Severity severity;
  std::string_view why;
};
constexpr Kind kinds[] = {
    {ActionKind::mount, critical, "a new mount may uncover what the runtime hides"},
    {ActionKind::pivot_root, critical, "it changes the root of the file system"},
    {ActionKind::umount, high, "it uncovers what the runtime hides by mounts"},
    {ActionKind::change_profile, high, "it leaves the profile"},
    {ActionKind::userns, high, "a user namespace opens much of the kernel to who is not root"},
    {ActionKind::ptrace, medium, ""},
    {ActionKind::link, medium, ""},
    {ActionKind::unix, medium, ""},
    {ActionKind::dbus, medium, ""},
    {ActionKind::io_uring, medium, ""},
    {ActionKind::mqueue, low, ""},
    {ActionKind::signal, low, ""},
};

void raise(Weight& weight, Severity severity, std::string_view why) {
  if (severity < weight.severity || (severity == weight.severity && !weight.why.empty())) return;
  weight.severity = severity;
  weight.why = why;
}

/// Automata of the table's globs, made once.
const std::vector<Dfa>& sensitive_paths() {
  static const std::vector<Dfa> all = [] {
    std::vector<Dfa> made;
    for (const Sensitive& each : sensitive) {
      const auto glob = query::language_of(query::Field::Kind::path, std::string(each.glob));
      BH_CHECK(glob);
      made.push_back(automata::minimise(*glob));
    }
    return made;
  }();
  return all;
}

bool has(const std::vector<std::string_view>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

void weigh_paths(const Gained& gained, Weight& weight) {
  const std::vector<Dfa>& paths = sensitive_paths();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Sensitive& row = sensitive[i];
    const bool about =
        (row.accesses.find("write") != std::string_view::npos && has(gained.accesses, "write")) ||
        (row.accesses.find("read") != std::string_view::npos && has(gained.accesses, "read"));
    if (!about || row.severity < weight.severity || gained.set == nullptr) continue;
    const auto meet = automata::restrict_to(*gained.set, paths[i]);
    if (meet && !automata::is_empty(*meet)) raise(weight, row.severity, row.why);
  }
}

void weigh_file(const Gained& gained, Weight& weight) {
  for (const std::string_view access : gained.accesses)
    raise(weight, access == "read" || access == "lock" || access == "mmap-exec" ? low : medium, "");
  if (has(gained.accesses, "exec") && gained.transition.starts_with("unconfined"))
    raise(weight, critical, "the program runs unconfined");
  else if (has(gained.accesses, "exec") && gained.transition.find("unconfined") != std::string::npos)
    raise(weight, high, "the program runs unconfined where its profile is missing");
  weigh_paths(gained, weight);
  if (gained.runs_what_it_writes) raise(weight, high, "what is written can be run");
}

/// The label `unconfined` is one of the set's; it is the last field.
bool reaches_unconfined(const Gained& gained) {
  if (gained.set == nullptr || gained.form.fields.size() != 1) return false;
  return gained.set->accept[gained.set->run("unconfined")] != 0;
}

}  // namespace

Weight weigh(const Gained& gained) {
  Weight weight;
  const auto of_kind = std::ranges::find(kinds, gained.form.kind, &Kind::kind);
  if (of_kind != std::end(kinds)) raise(weight, of_kind->severity, of_kind->why);
  switch (gained.form.kind) {
    case ActionKind::file:
      weigh_file(gained, weight);
      break;
    case ActionKind::capability:
      for (const auto& choice : gained.choices) {
        const auto named = std::ranges::find(capabilities, choice.front(), &Named::name);
        if (named == std::end(capabilities))
          raise(weight, high, "");
        else
          raise(weight, named->severity, named->why);
      }
      break;
    case ActionKind::network:
      for (const auto& choice : gained.choices) {
        bool known = false;
        for (const std::string& wanted : choice) {
          const auto named = std::ranges::find(sockets, wanted, &Named::name);
          if (named == std::end(sockets)) continue;
          known = true;
          raise(weight, named->severity, named->why);
        }
        if (!known) raise(weight, medium, "");
      }
      break;
    case ActionKind::signal:
      if (has(gained.accesses, "send") && reaches_unconfined(gained))
        raise(weight, high, "it signals processes outside of any profile");
      break;
    case ActionKind::ptrace:
      if ((has(gained.accesses, "trace") || has(gained.accesses, "read")) && reaches_unconfined(gained))
        raise(weight, critical, "it traces processes outside of any profile");
      break;
    case ActionKind::change_profile:
      if (reaches_unconfined(gained)) raise(weight, critical, "it leaves all confinement");
      break;
    default:
      break;
  }
  return weight;
}

Weight weigh_unmediated(std::uint8_t mediation_class) {
  namespace medclass = compile::medclass;
  switch (mediation_class) {
    case medclass::mount:
      return {critical, "every mount is allowed"};
    case medclass::ptrace:
    case medclass::signal:
    case medclass::userns:
    case medclass::net_v8:
    case medclass::net_v9:
      return {high, "all of it is allowed"};
    default:
      return {medium, "all of it is allowed"};
  }
}

}  // namespace bh::diff
