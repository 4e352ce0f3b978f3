#include "generate/runtime_default.h"

#include <fmt/format.h>

namespace bh::generate {
namespace {

struct Facts {
  Runtime runtime;
  std::string_view name;
  std::string_view profile;
  std::string_view as_of;
  bool abi, no_alg, powercap, exact_proc;
  std::string_view signallers;  ///< beside unconfined processes and the manager, one a word
  std::string_view manager;
  std::string_view rootless;  ///< what starts it where it is rootless
  std::string_view tracing;
};

constexpr Facts facts[] = {
    {Runtime::docker, "docker", "docker-default", "2026-06", true, true, true, true, "runc crun", "dockerd",
     "", "trace,tracedby,read,readby"},
    {Runtime::containerd, "containerd", "cri-containerd.apparmor.d", "2026-08", true, false, true, true,
     "runc crun", "containerd", "rootlesskit", "trace,tracedby,read,readby"},
    {Runtime::podman, "podman", "containers-default", "2026", false, false, false, false,
     "{/usr/bin/,/usr/sbin/,}runc {/usr/bin/,/usr/sbin/,}crun*", "{/usr/bin/,/usr/sbin/,}podman", "",
     "trace,read"},
};

const Facts& facts_of(Runtime runtime) { return facts[static_cast<std::size_t>(runtime)]; }

/// What is denied of /proc: the pattern of 2015, in which `[^…]` matches a slash too, and the one of 2019, in
/// which it does not, and which therefore lets /proc/sys/kernel/sysrq, /proc/bus and others be written.
constexpr std::string_view loose_proc =
    "{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}";
constexpr std::string_view exact_proc =
    "{[^1-9/],[^1-9/][^0-9/],[^1-9s/][^0-9y/][^0-9s/],[^1-9/][^0-9/][^0-9/][^0-9/]*}";

class Lines {
 public:
  void line(std::string_view text = "") { text_ += fmt::format("{}\n", text); }
  void rule(std::string_view text) { text_ += fmt::format("  {},\n", text); }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void processes(const Facts& of, const HostIncludes& host, std::string_view profile, Lines& out) {
  out.rule("signal (receive) peer=unconfined");
  for (std::string_view rest = of.signallers; !rest.empty();) {
    auto end = std::min(rest.find(' '), rest.size());
    out.rule(fmt::format("signal (receive) peer={}", rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  out.rule(fmt::format("signal (receive) peer={}", host.manager.empty() ? of.manager : host.manager));
  if (host.rootless && !of.rootless.empty()) out.rule(fmt::format("signal (receive) peer={}", of.rootless));
  out.rule(fmt::format("signal (send,receive) peer={}", profile));
  out.rule(fmt::format("ptrace ({}) peer={}", of.tracing, profile));
}

void denials(const Facts& of, Lines& out) {
  out.rule("deny @{PROC}/* w");
  out.rule(fmt::format("deny @{{PROC}}/{}/** w", of.exact_proc ? exact_proc : loose_proc));
  for (std::string_view rule :
       {"deny @{PROC}/sys/[^k]** w", "deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w",
        "deny @{PROC}/sysrq-trigger rwklx", "deny @{PROC}/kcore rwklx", "deny mount",
        "deny /sys/[^f]*/** wklx", "deny /sys/f[^s]*/** wklx", "deny /sys/fs/[^c]*/** wklx",
        "deny /sys/fs/c[^g]*/** wklx", "deny /sys/fs/cg[^r]*/** wklx", "deny /sys/firmware/** rwklx"})
    out.rule(rule);
  if (of.powercap) out.rule("deny /sys/devices/virtual/powercap/** rwklx");
  out.rule("deny /sys/kernel/security/** rwklx");
}

}  // namespace

std::string_view name_of(Runtime runtime) { return facts_of(runtime).name; }

std::string_view profile_of(Runtime runtime) { return facts_of(runtime).profile; }

std::optional<Runtime> runtime_named(std::string_view word) {
  constexpr std::string_view head = "docker-default";
  if (!word.starts_with(head)) return std::nullopt;
  word.remove_prefix(head.size());
  if (word.empty()) return Runtime::docker;
  for (const Facts& each : facts)
    if (word.starts_with('@') && word.substr(1) == each.name) return each.runtime;
  return std::nullopt;
}

std::string runtime_default(Runtime runtime, HostIncludes host) {
  const Facts& of = facts_of(runtime);
  const std::string_view profile = host.name.empty() ? of.profile : host.name;
  Lines out;
  out.line(
      fmt::format("# What {} gives a container when nobody names a profile, as of {}.", of.name, of.as_of));
  if (of.abi) out.line("abi <abi/3.0>,");
  out.line(host.tunables ? "include <tunables/global>" : "@{PROC}=/proc/");
  out.line();
  out.line(fmt::format("profile {} flags=(attach_disconnected,mediate_deleted) {{", profile));
  if (host.base) out.line("  include <abstractions/base>");
  out.rule("network");
  if (of.no_alg) out.rule("deny network alg");
  for (std::string_view rule : {"capability", "file", "umount"}) out.rule(rule);
  processes(of, host, profile, out);
  denials(of, out);
  out.line("}");
  return out.take();
}

}  // namespace bh::generate
