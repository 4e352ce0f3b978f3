// Section 5, second half: what a container is given: mounts, devices, ports, resources; and how it is run.
#include <array>
#include <charconv>

#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/host_fs.h"

namespace bh::audit::checks {
namespace {

std::string shown(const MountFact& mount) {
  auto real = mount.real_source.empty() || mount.real_source == mount.source
                  ? ""
                  : fmt::format(" (really {})", mount.real_source);
  return fmt::format("{}{} on {}{}, RW {}", mount.source, real, mount.destination,
                     mount.via_volume ? " through a volume" : "", mount.rw);
}

/// Published ports: what is bound now, or what would be at a start.
struct Published {
  std::string container_port;
  std::string ip;
  std::uint32_t port = 0;  ///< 0: chosen by the engine
};

std::vector<Published> published(const docker::Container& container) {
  std::vector<Published> out;
  auto add = [&](const std::string& inside, const std::vector<docker::PortBinding>& bindings) {
    for (const auto& binding : bindings) {
      Published item{.container_port = inside, .ip = binding.host_ip};
      // "8000-8010" begins with the lowest.
      std::from_chars(binding.host_port.data(), binding.host_port.data() + binding.host_port.size(),
                      item.port);
      out.push_back(std::move(item));
    }
  };
  const auto& now = container.network_settings.ports;
  for (const auto& [inside, bindings] : now) add(inside, bindings);
  for (const auto& [inside, bindings] : container.host_config.port_bindings)
    if (auto found = now.find(inside); found == now.end() || found->second.empty()) add(inside, bindings);
  return out;
}

/// "", 0.0.0.0 and :: in any spelling.
bool is_wildcard(std::string_view ip) { return ip.find_first_not_of("0.:[]") == std::string_view::npos; }

bool is_root_user(std::string_view user) {
  auto name = user.substr(0, user.find(':'));
  return name.empty() || name == "root" || name.find_first_not_of('0') == std::string_view::npos;
}

bool is_ssh_server(std::string_view path) {
  auto name = path.substr(path.rfind('/') + 1);
  return name == "sshd" || name == "dropbear";
}

/// One piece of evidence for each mount that `judge` objects to; a container without one gets a pass.
template <class Judge>
Verdict each_mount(const Input& in, std::string_view fine, Judge judge) {
  if (!in.facts.containers) return unknown(in.facts.containers);
  std::vector<Evidence> evidence;
  for (const auto* container : in.containers) {
    auto subject = "container " + container->name;
    if (!container->inspect) {
      evidence.push_back({Outcome::unknown, subject, container->inspect.unknown, ""});
      continue;
    }
    auto before = evidence.size();
    for (const auto& mount : container->mounts)
      if (auto seen = judge(mount); seen.outcome != Outcome::pass)
        evidence.push_back({seen.outcome, subject, std::move(seen.text), std::move(seen.where)});
    if (evidence.size() != before) continue;
    std::vector<std::string> all;
    for (const auto& mount : container->mounts) all.push_back(shown(mount));
    evidence.push_back({Outcome::pass, subject,
                        all.empty() ? "has no mounts" : fmt::format("{}: {}", fine, fmt::join(all, "; ")),
                        ""});
  }
  return joined(std::move(evidence), "mounts", "there are no containers");
}

bool is_host_mount(const MountFact& mount) { return mount.type == "bind" || mount.via_volume; }

/// A limit that the container's cgroup has although the engine did not set it.
bool limited(const std::string& value) { return !value.empty() && value != "max"; }

}  // namespace

Verdict rt_single_process(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container&) -> Seen {
    if (!facts.init)
      return {facts.init.unknown == "not running" ? Outcome::not_applicable : Outcome::unknown,
              facts.init.unknown, ""};
    if (facts.processes.size() <= 1) return {Outcome::pass, "one process", ""};
    std::vector<std::string> names;
    for (const auto& process : facts.processes) names.push_back(process.comm);
    return {Outcome::manual, fmt::format("{} processes: {}", names.size(), joined_words(names)), ""};
  });
}

Verdict rt_sensitive_mounts(const Input& in) {
  return each_mount(in, "no sensitive mounts", [&](const MountFact& mount) -> Seen {
    if (!is_host_mount(mount) || is_benign_mount(in.facts, mount)) return {};
    auto reached = reach_of(in.facts, mount);
    if (reached.reach == Reach::none) return {};
    bool serious = reached.reach == Reach::socket || (mount.rw && reached.reach != Reach::extended);
    return {serious ? Outcome::fail : Outcome::warn,
            fmt::format("{} reaches {}", shown(mount), reached.place), ""};
  });
}

Verdict rt_docker_sock(const Input& in) {
  return each_mount(in, "no engine's socket", [&](const MountFact& mount) -> Seen {
    if (!is_host_mount(mount)) return {};
    auto reached = reach_of(in.facts, mount);
    if (reached.reach == Reach::socket)
      return {Outcome::fail, fmt::format("{} gives it {}", shown(mount), reached.place), ""};
    if (reached.reach == Reach::root)
      return {Outcome::fail, fmt::format("{} gives it every socket of the host", shown(mount)), ""};
    // Where no socket was seen on the host (a daemon elsewhere), its usual names still tell.
    auto name = mount.source.substr(mount.source.rfind('/') + 1);
    if (name == "docker.sock" || name == "containerd.sock" || name == "podman.sock" || name == "crio.sock")
      return {Outcome::fail, shown(mount) + " has the name of an engine's socket", ""};
    if (mount.source == "/run" || mount.source == "/var/run" || mount.real_source == "/run")
      return {Outcome::fail, shown(mount) + " is where engines put their sockets", ""};
    return {};
  });
}

Verdict bh_engine_socket_by_any_path(const Input& in) { return rt_docker_sock(in); }

Verdict bh_writable_host_paths(const Input& in) {
  return each_mount(in, "none writable", [&](const MountFact& mount) -> Seen {
    if (!mount.rw || !is_host_mount(mount) || is_benign_mount(in.facts, mount)) return {};
    auto reached = reach_of(in.facts, mount);
    if (reached.reach == Reach::none) return {};
    return {Outcome::fail, fmt::format("{} reaches {}", shown(mount), reached.place), ""};
  });
}

Verdict rt_mount_propagation(const Input& in) {
  return each_mount(in, "none shared", [](const MountFact& mount) -> Seen {
    if (mount.propagation != "shared" && mount.propagation != "rshared") return {};
    return {Outcome::fail, fmt::format("{}, propagation {}", shown(mount), mount.propagation), ""};
  });
}

Verdict rt_sshd(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    for (const auto& process : facts.processes)
      if (is_ssh_server(process.comm) || is_ssh_server(process.exe))
        return {Outcome::fail, fmt::format("process {} is {}", process.pid, process.comm), "/proc"};
    if (is_ssh_server(container.path) || std::ranges::any_of(container.args, is_ssh_server))
      return {Outcome::warn, "is to start an SSH server", "Cmd/Entrypoint"};
    if (container.config.exposed_ports.contains("22/tcp"))
      return {Outcome::warn, "exposes port 22", "EXPOSE"};
    if (!facts.init && facts.init.unknown != "not running") return {Outcome::unknown, facts.init.unknown, ""};
    return {Outcome::pass,
            facts.init ? fmt::format("none of its {} processes", facts.processes.size())
                       : "not running, and nothing says that it would",
            ""};
  });
}

Verdict rt_privileged_ports(const Input& in) {
  return each_container(in, [&](const ContainerFacts&, const docker::Container& container) -> Seen {
    if (container.host_config.network_mode == "host")
      return {Outcome::manual, "uses the host's network: which ports it takes is its own affair",
              "--network host"};
    std::vector<std::string> low;
    for (const auto& item : published(container))
      if (item.port > 0 && item.port < 1024 && !in.policy.allowed_ports.contains(item.port))
        low.push_back(fmt::format("{} for {}", item.port, item.container_port));
    if (low.empty()) return {Outcome::pass, "publishes none", ""};
    return {Outcome::fail, "publishes port " + joined_words(low), ""};
  });
}

Verdict rt_needed_ports(const Input& in) {
  return each_container(in, [&](const ContainerFacts&, const docker::Container& container) -> Seen {
    std::set<std::string> open;
    bool all_allowed = true;
    for (const auto& item : published(container)) {
      open.insert(fmt::format("{}:{} for {}", item.ip, item.port, item.container_port));
      all_allowed &= in.policy.allowed_ports.contains(item.port);
    }
    if (open.empty()) return {Outcome::pass, "publishes no ports", ""};
    if (all_allowed) return {Outcome::pass, "publishes allowed ports: " + joined_words(open), ""};
    return {in.policy.allowed_ports.empty() ? Outcome::manual : Outcome::fail,
            "publishes " + joined_words(open), ""};
  });
}

Verdict rt_bind_interface(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    for (const auto& item : published(container))
      if (is_wildcard(item.ip))
        return {Outcome::fail,
                fmt::format("{} is published on every address ({}:{})", item.container_port,
                            item.ip.empty() ? "*" : item.ip, item.port),
                ""};
    return {Outcome::pass, published(container).empty() ? "publishes no ports" : "each port on one address",
            ""};
  });
}

Verdict rt_memory_limit(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    if (container.host_config.memory > 0)
      return {Outcome::pass, fmt::format("{} MB", container.host_config.memory / 1'000'000), "--memory"};
    if (facts.init && limited(facts.init->memory_max))
      return {Outcome::pass, fmt::format("its cgroup is limited to {} bytes", facts.init->memory_max),
              "cgroup"};
    return {Outcome::fail, "no memory limit", ""};
  });
}

Verdict rt_cpu_limit(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    const auto& config = container.host_config;
    if (config.cpu_shares != 0 && config.cpu_shares != 1024)
      return {Outcome::pass, fmt::format("{} shares", config.cpu_shares), "--cpu-shares"};
    if (config.nano_cpus > 0)
      return {Outcome::pass, fmt::format("{} thousandths of a CPU", config.nano_cpus / 1'000'000), "--cpus"};
    if (config.cpu_quota > 0)
      return {Outcome::pass, fmt::format("a quota of {} µs in {} µs", config.cpu_quota, config.cpu_period),
              "--cpu-quota"};
    if (!config.cpuset_cpus.empty())
      return {Outcome::manual, fmt::format("bound to CPUs {}, without a limit on them", config.cpuset_cpus),
              "--cpuset-cpus"};
    return {Outcome::fail,
            config.cpu_shares == 1024 ? "1024 shares are the default, not a limit" : "no CPU limit", ""};
  });
}

Verdict rt_readonly_rootfs(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    bool read_only = container.host_config.readonly_rootfs;
    return {read_only ? Outcome::pass : Outcome::fail,
            read_only ? "its root is read-only" : "its root is writable", ""};
  });
}

Verdict rt_restart_policy(const Input& in) {
  return each_container(in, [&](const ContainerFacts&, const docker::Container& container) -> Seen {
    if (auto label = container.config.labels.find("com.docker.swarm.service.id");
        label != container.config.labels.end()) {
      if (in.facts.swarm.services)
        for (const auto& service : *in.facts.swarm.services) {
          if (service.id != label->second) continue;
          const auto& policy = service.spec.task_template.restart_policy;
          bool fine = policy && (policy->condition == "none" ||
                                 (policy->condition == "on-failure" &&
                                  policy->max_attempts.value_or(0) >= 1 && *policy->max_attempts <= 5));
          return {fine ? Outcome::pass : Outcome::fail,
                  policy ? fmt::format("service {}: {}, {} attempts", service.spec.name, policy->condition,
                                       policy->max_attempts.value_or(0))
                         : fmt::format("service {} restarts without a bound", service.spec.name),
                  "service"};
        }
      return {Outcome::unknown, "its swarm service cannot be asked from here", ""};
    }
    const auto& policy = container.host_config.restart_policy;
    if (policy.name.empty() || policy.name == "no") return {Outcome::pass, "is not restarted", ""};
    if (policy.name == "on-failure" && policy.maximum_retry_count >= 1 && policy.maximum_retry_count <= 5)
      return {Outcome::pass, fmt::format("on-failure, {} attempts", policy.maximum_retry_count), "--restart"};
    if (policy.name == "on-failure")
      return {Outcome::fail,
              policy.maximum_retry_count == 0
                  ? "on-failure without a bound"
                  : fmt::format("on-failure, {} attempts", policy.maximum_retry_count),
              "--restart"};
    return {Outcome::fail, policy.name + " restarts without a bound", "--restart"};
  });
}

Verdict rt_host_devices(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    std::vector<std::string> devices;
    for (const auto& device : container.host_config.devices)
      devices.push_back(fmt::format("{} ({})", device.path_on_host, device.cgroup_permissions));
    for (const auto& request : container.host_config.device_requests)
      devices.push_back(fmt::format("request to {}: {}", request.driver.empty() ? "a driver" : request.driver,
                                    request.count < 0            ? "all"
                                    : request.device_ids.empty() ? std::to_string(request.count)
                                                                 : joined_words(request.device_ids)));
    for (const auto& rule : container.host_config.device_cgroup_rules) devices.push_back("rule " + rule);
    for (const auto& mount : facts.mounts)
      if (mount.type == "bind" && is_below(mount.source, "/dev") && mount.source != "/dev/null")
        devices.push_back("bind mount of " + mount.source);
    if (devices.empty()) return {Outcome::pass, "none", ""};
    return {Outcome::warn, joined_words(devices), ""};
  });
}

Verdict rt_ulimit_override(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    std::vector<std::string> limits;
    for (const auto& limit : container.host_config.ulimits)
      limits.push_back(fmt::format("{} {}:{}", limit.name, limit.soft, limit.hard));
    if (limits.empty()) return {Outcome::pass, "the daemon's default", ""};
    return {Outcome::manual, "overrides " + joined_words(limits), "--ulimit"};
  });
}

Verdict rt_exec_privileged(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container&) -> Seen {
    for (const auto& exec : facts.execs)
      if (exec.process_config.privileged)
        return {Outcome::fail, fmt::format("a privileged docker exec: {}", exec.process_config.entrypoint),
                ""};
    return {Outcome::manual, "none that lives; past ones are in the audit log (bulkhead events -k docker)",
            ""};
  });
}

Verdict rt_exec_root(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    for (const auto& exec : facts.execs) {
      const auto& user = exec.process_config.user;
      if (is_root_user(user.empty() ? container.config.user : user))
        return {Outcome::warn, fmt::format("docker exec as root: {}", exec.process_config.entrypoint), ""};
    }
    return {Outcome::manual, "none that lives; past ones are in the audit log (bulkhead events -k docker)",
            ""};
  });
}

Verdict rt_cgroup_parent(const Input& in) {
  return each_container(in, [&](const ContainerFacts&, const docker::Container& container) -> Seen {
    const auto& parent = container.host_config.cgroup_parent;
    if (parent.empty()) return {Outcome::pass, "the daemon's", ""};
    bool allowed = in.policy.allowed_cgroup_parents.contains(parent);
    return {allowed ? Outcome::pass : Outcome::fail, fmt::format("{}{}", parent, allowed ? " (allowed)" : ""),
            "--cgroup-parent"};
  });
}

Verdict rt_healthcheck(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    const auto& check = container.config.healthcheck;
    if (!check || check->test.empty() || check->test.front() == "NONE")
      return {Outcome::fail, "no health check", ""};
    auto status = container.state.health ? container.state.health->status : std::string();
    if (status == "unhealthy") return {Outcome::warn, "its health check says unhealthy", ""};
    return {Outcome::pass,
            status.empty() ? "a health check is configured" : "its health check says " + status, ""};
  });
}

Verdict rt_pids_limit(const Input& in) {
  return each_container(in, [](const ContainerFacts& facts, const docker::Container& container) -> Seen {
    auto limit = container.host_config.pids_limit.value_or(0);
    if (limit > 0) return {Outcome::pass, fmt::format("{} processes", limit), "--pids-limit"};
    if (facts.init && limited(facts.init->pids_max))
      return {Outcome::pass, fmt::format("its cgroup is limited to {} processes", facts.init->pids_max),
              "cgroup"};
    return {Outcome::fail, "no limit on processes", ""};
  });
}

Verdict rt_default_bridge(const Input& in) {
  return each_container(in, [](const ContainerFacts&, const docker::Container& container) -> Seen {
    const auto& mode = container.host_config.network_mode;
    if (mode == "default" || mode == "bridge" || mode.empty())
      return {Outcome::fail, "is on the default bridge", fmt::format("--network {}", mode)};
    if (container.network_settings.networks.contains("bridge"))
      return {Outcome::fail, "is connected to the default bridge", "docker network connect"};
    return {Outcome::pass, "network " + mode, ""};
  });
}

}  // namespace bh::audit::checks
