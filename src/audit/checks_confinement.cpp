// Section 5, first half: what keeps a container in: profiles, capabilities, namespaces, seccomp. For a
// running container the kernel's account of its first process decides; `inspect` only says what was asked
// for.
#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/host_fs.h"
#include "audit/proc_facts.h"
#include "docker/security.h"

namespace bh::audit::checks {
namespace {

const LoadedProfile* loaded(const Input& in, std::string_view name) {
  if (!in.facts.host.profiles) return nullptr;
  for (const auto& profile : *in.facts.host.profiles)
    if (profile.name == name) return &profile;
  return nullptr;
}

bool has_apparmor(const Input& in) {
  return (in.facts.info && engine_option(*in.facts.info, "apparmor")) ||
         (in.facts.host.profiles && !in.facts.host.profiles->empty());
}

Seen apparmor_of(const Input& in, const ContainerFacts& facts, const docker::Container& container) {
  auto wanted = docker::requested_profile(container);
  if (facts.init) {
    auto label = split_label(facts.init->label);
    if (label.profile.empty()) return {Outcome::unknown, "the label of its first process cannot be read", ""};
    if (label.profile == "unconfined")
      return {Outcome::fail, fmt::format("its processes are unconfined (asked for: {})", wanted), "kernel"};
    if (label.mode == "complain")
      return {Outcome::warn, fmt::format("profile {} is in complain mode", label.profile), "kernel"};
    return {Outcome::pass, fmt::format("profile {} ({})", label.profile, label.mode), "kernel"};
  }
  if (wanted == "unconfined" || wanted.empty()) return {Outcome::fail, "asks for no profile", "inspect"};
  if (in.facts.host.profiles && loaded(in, wanted) == nullptr && wanted != "docker-default")
    return {Outcome::warn, fmt::format("asks for profile {}, which is not loaded", wanted), "inspect"};
  return {Outcome::pass, fmt::format("asks for profile {}", wanted), "inspect"};
}

/// Capabilities that the first process can get at: the kernel's bounding set, or what the engine will grant.
std::uint64_t capabilities_of(const ContainerFacts& facts, const docker::Container& container) {
  return facts.init ? facts.init->cap_bounding : granted_capabilities(container.host_config);
}

std::string capability_place(const docker::Container& container) {
  std::vector<std::string> parts;
  if (container.host_config.privileged) parts.emplace_back("--privileged");
  if (!container.host_config.cap_add.empty())
    parts.push_back("--cap-add " + joined_words(container.host_config.cap_add));
  if (!container.host_config.cap_drop.empty())
    parts.push_back("--cap-drop " + joined_words(container.host_config.cap_drop));
  return fmt::format("{}", fmt::join(parts, " "));
}

/// Follows `container:ID` to the container whose namespace is joined; at most as many hops as there are
/// containers.
const docker::Container* joined_container(const Input& in, const docker::Container& container,
                                          std::string docker::HostConfig::* mode) {
  const docker::Container* at = &container;
  for (std::size_t hops = 0; in.facts.containers && hops <= in.facts.containers->size(); ++hops) {
    const std::string& value = at->host_config.*mode;
    if (!value.starts_with("container:")) return at;
    auto target = std::string_view(value).substr(10);
    const docker::Container* next = nullptr;
    for (const auto& other : *in.facts.containers)
      if (other.inspect && (other.id.starts_with(target) || other.name == target)) next = &*other.inspect;
    if (next == nullptr) return nullptr;
    at = next;
  }
  return nullptr;
}

Verdict host_namespace(const Input& in, std::string docker::HostConfig::* mode, std::string_view kind,
                       std::string_view flag) {
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    bool kernel_shared = facts.init && std::ranges::find(facts.init->host_namespaces, kind) !=
                                           facts.init->host_namespaces.end();
    const std::string& value = container.host_config.*mode;
    if (value == "host")
      return {Outcome::fail, fmt::format("shares the host's {} namespace", kind),
              fmt::format("{} host", flag)};
    const auto* joined_to = joined_container(in, container, mode);
    if (joined_to == nullptr) {
      if (kernel_shared)
        return {Outcome::fail, fmt::format("shares the host's {} namespace", kind), "kernel"};
      if (facts.init) return {Outcome::pass, fmt::format("{} {}, and not the host's", flag, value), "kernel"};
      return {Outcome::unknown, fmt::format("joins {}, which is not there", value), std::string(flag)};
    }
    if (joined_to->host_config.*mode == "host")
      return {Outcome::fail, fmt::format("shares the host's {} namespace through {}", kind, value),
              fmt::format("{} {}", flag, value)};
    if (kernel_shared) return {Outcome::fail, fmt::format("shares the host's {} namespace", kind), "kernel"};
    return {Outcome::pass, fmt::format("has a {} namespace of its own", kind), ""};
  });
}

}  // namespace

Verdict rt_apparmor(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!has_apparmor(in)) return not_applicable("the engine's host has no AppArmor");
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) {
    return apparmor_of(in, facts, container);
  });
}

Verdict rt_selinux(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!engine_option(*in.facts.info, "selinux")) return not_applicable("the engine does not use SELinux");
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    for (const std::string& option : container.host_config.security_opt)
      if (option == "label=disable" || option == "label:disable")
        return {Outcome::fail, "SELinux is off for it", option};
    if (container.process_label.empty()) return {Outcome::fail, "has no label", ""};
    if (container.process_label.find(":spc_t:") != std::string::npos)
      return {Outcome::fail, "label " + container.process_label + " is not confined", ""};
    return {Outcome::pass, "label " + container.process_label, ""};
  });
}

Verdict rt_capabilities(const Input& in) {
  auto allowed = default_capabilities() & ~capability_bit(*capability_number("NET_RAW"));
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    auto surplus = capabilities_of(facts, container) & ~allowed;
    if (surplus == 0)
      return {Outcome::pass, "no more than Docker's default set without NET_RAW",
              capability_place(container)};
    auto names = capability_names(surplus);
    if (names.size() > 20)
      return {Outcome::fail,
              fmt::format("{} capabilities beyond the default set, all that lead out of it included",
                          names.size()),
              capability_place(container)};
    return {Outcome::fail, "has " + joined_words(names), capability_place(container)};
  });
}

Verdict rt_privileged(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    if (container.host_config.privileged) return {Outcome::fail, "Privileged is true", "--privileged"};
    return {Outcome::pass, "Privileged is false", ""};
  });
}

Verdict rt_host_network(const Input& in) {
  return host_namespace(in, &docker::HostConfig::network_mode, "net", "--network");
}
Verdict rt_host_pid(const Input& in) {
  return host_namespace(in, &docker::HostConfig::pid_mode, "pid", "--pid");
}
Verdict rt_host_ipc(const Input& in) {
  return host_namespace(in, &docker::HostConfig::ipc_mode, "ipc", "--ipc");
}
Verdict rt_host_uts(const Input& in) {
  return host_namespace(in, &docker::HostConfig::uts_mode, "uts", "--uts");
}

Verdict rt_userns_host(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!engine_option(*in.facts.info, "userns"))
    return not_applicable("the daemon does not remap users, so no container can opt out");
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    bool shared = facts.init && facts.init->uid_map.starts_with("0 0 ");
    if (container.host_config.userns_mode == "host" || shared)
      return {Outcome::fail, "its root is the host's root", "--userns host"};
    return {Outcome::pass, "its users are remapped", ""};
  });
}

Verdict rt_seccomp(const Input& in) {
  bool daemon_off =
      in.facts.info &&
      engine_option(*in.facts.info, "seccomp").value_or("profile=unconfined") == "profile=unconfined";
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    auto option = docker::security_option(container, "seccomp");
    if (option && *option == "unconfined")
      return {Outcome::fail, "seccomp is switched off", "--security-opt seccomp=unconfined"};
    if (facts.init) {
      if (facts.init->seccomp == 0)
        return {Outcome::fail, "no seccomp filter on its first process",
                container.host_config.privileged ? "--privileged" : "kernel"};
      return {Outcome::pass, "a seccomp filter is on its first process", "kernel"};
    }
    if (container.host_config.privileged && !option)
      return {Outcome::fail, "privileged: runs without seccomp", "--privileged"};
    if (daemon_off && !option)
      return {Outcome::fail, "the daemon's seccomp profile is unconfined, or it has none", "daemon"};
    return {Outcome::pass, option ? "a seccomp profile of its own" : "the daemon's seccomp profile", ""};
  });
}

Verdict rt_no_new_privileges(const Input& in) {
  auto daemon_default = configured(in.facts.host.daemon, "no-new-privileges");
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    auto option = docker::security_option(container, "no-new-privileges");
    if (option && *option == "false") return {Outcome::fail, "no-new-privileges is false", "--security-opt"};
    if (facts.init) {
      if (facts.init->no_new_privs)
        return {Outcome::pass, "no_new_privs is set on its first process", "kernel"};
      return {Outcome::fail, "no_new_privs is not set on its first process", "kernel"};
    }
    if (option && (option->empty() || *option == "true"))
      return {Outcome::pass, "no-new-privileges is set", "--security-opt"};
    if (daemon_default && daemon_default->value == "true")
      return {
          Outcome::warn,
          "only the daemon's default would set it, and only if that was on when the container was created",
          daemon_default->where};
    return {Outcome::fail, "no-new-privileges is not set", ""};
  });
}

Verdict no_capability(const Input& in) {
  auto bit = capability_bit(*capability_number(in.parameter));
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    if ((capabilities_of(facts, container) & bit) == 0)
      return {Outcome::pass, fmt::format("has no {}", in.parameter), ""};
    return {Outcome::fail, fmt::format("has {}", in.parameter), capability_place(container)};
  });
}

Verdict bh_profile_complain(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!has_apparmor(in)) return not_applicable("the engine's host has no AppArmor");
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    if (facts.init) {
      for (const auto& process : facts.processes)
        if (auto label = split_label(process.label); label.mode == "complain")
          return {Outcome::fail,
                  fmt::format("process {} ({}) runs under {} in complain mode: nothing is refused",
                              process.pid, process.comm, label.profile),
                  "kernel"};
      return {Outcome::pass,
              fmt::format("label {}", facts.init->label.empty() ? "unknown" : facts.init->label), "kernel"};
    }
    auto wanted = docker::requested_profile(container);
    const auto* profile = loaded(in, wanted);
    if (profile != nullptr && profile->mode == "complain")
      return {Outcome::fail, fmt::format("profile {} is loaded in complain mode", wanted), "kernel"};
    return {Outcome::pass, fmt::format("asks for profile {}", wanted), "inspect"};
  });
}

Verdict bh_label_differs(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!has_apparmor(in)) return not_applicable("the engine's host has no AppArmor");
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    if (!facts.init)
      return {facts.init.unknown == "not running" ? Outcome::not_applicable : Outcome::unknown,
              facts.init.unknown, ""};
    auto label = split_label(facts.init->label);
    if (label.profile.empty()) return {Outcome::unknown, "the label of its first process cannot be read", ""};
    auto said = container.apparmor_profile.empty() ? std::string("unconfined") : container.apparmor_profile;
    if (label.profile == said) return {Outcome::pass, fmt::format("kernel and engine agree on {}", said), ""};
    return {Outcome::fail, fmt::format("the engine says {}, the kernel says {}", said, facts.init->label),
            "kernel"};
  });
}

Verdict bh_profile_not_persisted(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!has_apparmor(in)) return not_applicable("the engine's host has no AppArmor");
  if (!in.facts.local) return verdict(Outcome::unknown, in.facts.host.profiles.unknown);
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    std::string profile = facts.init ? std::string(split_label(facts.init->label).profile)
                                     : docker::requested_profile(container);
    if (profile == "unconfined" || profile.empty()) return {Outcome::not_applicable, "has no profile", ""};
    if (profile == "docker-default")
      return {Outcome::pass, "docker-default is loaded by the engine itself", ""};
    const auto& files = in.facts.host.profile_files;
    bool found = std::ranges::find(files, profile) != files.end();
    return {found ? Outcome::pass : Outcome::fail,
            found ? fmt::format("profile {} is in /etc/apparmor.d", profile)
                  : fmt::format("no file in /etc/apparmor.d holds profile {}: after a reboot it is gone",
                                profile),
            ""};
  });
}

/// Docker's own profile blocks about half of the catalogue: less than two in five is worse than no choice at
/// all, and seven in ten is what a profile made for its container reaches without effort.
Verdict bh_profile_score(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!has_apparmor(in)) return not_applicable("the engine's host has no AppArmor");
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    std::string profile = facts.init ? std::string(split_label(facts.init->label).profile)
                                     : docker::requested_profile(container);
    if (profile == "unconfined" || profile.empty()) return {Outcome::not_applicable, "has no profile", ""};
    const auto& scores = in.facts.host.profile_scores;
    auto score = std::ranges::find(scores, profile, &ProfileScore::profile);
    if (score == scores.end())
      return {facts.init ? Outcome::unknown : Outcome::not_applicable,
              fmt::format("profile {} is not loaded here", profile), ""};
    if (!score->unknown.empty())
      return {Outcome::unknown, fmt::format("profile {}: {}", profile, score->unknown), ""};
    auto text = fmt::format("profile {} blocks {} of {} attacks and keeps {} of {} functions", profile,
                            score->attacks_blocked, score->attacks, score->functions_kept, score->functions);
    if (!score->let_through.empty()) {
      constexpr std::size_t shown = 3;
      auto first = std::span(score->let_through).first(std::min(shown, score->let_through.size()));
      text += fmt::format("; lets through {}{}", fmt::join(first, ", "),
                          score->let_through.size() > shown ? ", …" : "");
    }
    auto tenths = score->attacks == 0 ? 10 : score->attacks_blocked * 10 / score->attacks;
    return {tenths < 4   ? Outcome::fail
            : tenths < 7 ? Outcome::warn
                         : Outcome::pass,
            std::move(text), "kernel"};
  });
}

Verdict bh_host_namespaces(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container&) -> Seen {
    if (!facts.init)
      return {facts.init.unknown == "not running" ? Outcome::not_applicable : Outcome::unknown,
              facts.init.unknown, ""};
    std::vector<std::string> shared;
    for (const auto& kind : facts.init->host_namespaces)
      if (kind == "net" || kind == "pid" || kind == "ipc" || kind == "uts") shared.push_back(kind);
    if (shared.empty() && !facts.init->namespaces_unknown.empty())
      return {Outcome::unknown, facts.init->namespaces_unknown, ""};
    if (shared.empty()) return {Outcome::pass, "shares none of net, pid, ipc, uts", "kernel"};
    return {Outcome::fail, "shares with the host: " + joined_words(shared), "kernel"};
  });
}

Verdict bh_dangerous_capabilities(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    auto have = capabilities_of(facts, container);
    std::vector<std::string> said;
    for (const auto& [name, allows] : dangerous_capabilities())
      if (auto number = capability_number(name); number && (have & capability_bit(*number)) != 0)
        said.push_back(fmt::format("{} ({})", name, allows));
    if (said.empty()) return {Outcome::pass, "none that leads out of it", ""};
    return {Outcome::fail, fmt::format("{}", fmt::join(said, "; ")), capability_place(container)};
  });
}

Verdict bh_release_agent(const Input& in) {
  bool v1 = !in.facts.info || in.facts.info->cgroup_version != "2";
  return each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    bool admin = (capabilities_of(facts, container) & capability_bit(*capability_number("SYS_ADMIN"))) != 0;
    bool mounted = facts.init && !facts.init->cgroup_mounts.empty();
    if (mounted && admin)
      return {Outcome::fail,
              fmt::format("{} is writable and it has SYS_ADMIN: release_agent runs programs on the host",
                          facts.init->cgroup_mounts.front()),
              "kernel"};
    if (mounted)
      return {Outcome::warn, fmt::format("{} is writable", facts.init->cgroup_mounts.front()), "kernel"};
    if (!admin) return {Outcome::pass, "has no SYS_ADMIN and no writable cgroup mount", ""};
    if (!v1) return {Outcome::pass, "the host has cgroup v2, which has no release_agent", ""};
    bool confined =
        facts.init && !facts.init->label.empty() && split_label(facts.init->label).profile != "unconfined";
    if (confined)
      return {Outcome::warn,
              fmt::format("has SYS_ADMIN; only {} keeps it from mounting a cgroup", facts.init->label),
              "kernel"};
    return {Outcome::fail,
            "has SYS_ADMIN on a host with cgroup v1: it can mount a hierarchy and set release_agent",
            capability_place(container)};
  });
}

}  // namespace bh::audit::checks
