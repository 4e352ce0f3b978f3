// Section 2: the daemon. What the engine itself reports comes before what its configuration says, because a
// changed file counts only after a restart; the configuration then tells where a value was set.
#include <charconv>

#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/host_fs.h"

namespace bh::audit::checks {
namespace {

/// A note for values that the configuration decided: the file may be newer than the process.
std::string place(const Input& in, const std::optional<Configured>& value) {
  if (!value) return {};
  const auto& daemon = in.facts.host.daemon;
  bool from_file = daemon && value->where == daemon->config_path;
  return value->where + (from_file && daemon->config_newer ? " (changed after the daemon started)" : "");
}

Verdict with_place(Verdict out, const std::string& where) {
  if (!where.empty()) out.evidence.push_back({out.outcome, "dockerd", out.summary, where});
  return out;
}

/// The daemon's configuration is needed and known, or the verdict says why not.
std::optional<Verdict> no_configuration(const Input& in) {
  const auto& daemon = in.facts.host.daemon;
  if (!daemon) return unknown(daemon);
  if (!daemon->config_error.empty())
    return verdict(Outcome::unknown, fmt::format("{}: {}", daemon->config_path, daemon->config_error));
  return std::nullopt;
}

/// A switch of the daemon that should be `wanted`; `fallback` is its default.
Verdict switched(const Input& in, const std::string& key, bool wanted, bool fallback) {
  if (auto out = no_configuration(in)) return *out;
  auto value = configured(in.facts.host.daemon, key);
  bool on = value ? value->value == "true" || value->value == "1" : fallback;
  auto summary = value ? fmt::format("{} is {}", key, value->value)
                       : fmt::format("{} is not set (default {})", key, fallback);
  return with_place(verdict(on == wanted ? Outcome::pass : Outcome::fail, summary), place(in, value));
}

bool is_default_endpoint(const std::string& host) {
  return host.starts_with("fd://") || host == "unix:///var/run/docker.sock" ||
         host == "unix:///run/docker.sock" || host == "unix://";
}

bool is_loopback_range(std::string_view range) {
  return range.starts_with("127.") || range.starts_with("::1/");
}

int engine_major(const Input& in) {
  if (!in.facts.version) return 0;
  int major = 0;
  std::from_chars(in.facts.version->version.data(),
                  in.facts.version->version.data() + in.facts.version->version.size(), major);
  return major;
}

/// Whether a log driver sends what it gets to another host, by driver and options.
Seen remote_logging(const std::string& driver, const std::vector<std::string>& options) {
  auto option = [&](std::string_view name) -> std::string {
    for (const auto& entry : options)
      if (entry.starts_with(name) && entry.size() > name.size() && entry[name.size()] == '=')
        return entry.substr(name.size() + 1);
    return {};
  };
  if (driver == "json-file" || driver == "local" || driver == "none")
    return {Outcome::fail, fmt::format("log driver {} keeps logs on this host", driver), ""};
  if (driver == "journald")
    return {Outcome::manual, "log driver journald: is the journal forwarded to another host?", ""};
  if (driver == "syslog") {
    auto address = option("syslog-address");
    if (address.empty() || address.starts_with("unix"))
      return {Outcome::fail, "log driver syslog writes to this host's syslog", ""};
    return {Outcome::pass, fmt::format("log driver syslog sends to {}", address), ""};
  }
  if (driver == "fluentd" || driver == "gelf") {
    auto address = option(driver == "fluentd" ? "fluentd-address" : "gelf-address");
    if (address.empty() || address.find("localhost") != std::string::npos ||
        address.find("127.0.0.1") != std::string::npos)
      return {Outcome::manual,
              fmt::format("log driver {} sends to this host: does its agent forward?", driver), ""};
    return {Outcome::pass, fmt::format("log driver {} sends to {}", driver, address), ""};
  }
  return {Outcome::pass, fmt::format("log driver {}", driver), ""};
}

}  // namespace

Verdict daemon_no_lxc(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (in.facts.info->execution_driver.starts_with("lxc"))
    return failed("the execution driver is " + in.facts.info->execution_driver);
  auto value = configured(in.facts.host.daemon, "exec-driver");
  if (value && value->value.starts_with("lxc"))
    return with_place(failed("exec-driver is " + value->value), place(in, value));
  return passed("this engine has no execution driver lxc");
}

Verdict daemon_rootless(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (engine_option(*in.facts.info, "rootless")) return passed("the engine is rootless");
  const auto& daemon = in.facts.host.daemon;
  if (daemon && daemon->pid != 0 && daemon->uid != 0)
    return passed(fmt::format("the daemon runs as uid {}", daemon->uid));
  return verdict(Outcome::warn, "the daemon runs as root");
}

Verdict daemon_icc(const Input& in) {
  if (!in.facts.networks) return unknown(in.facts.networks);
  auto value = configured(in.facts.host.daemon, "icc");
  for (const auto& network : *in.facts.networks) {
    if (network.name != "bridge") continue;
    auto option = network.options.find("com.docker.network.bridge.enable_icc");
    if (option == network.options.end())
      return verdict(Outcome::unknown,
                     "the default bridge does not say whether containers may talk to each other");
    bool off = option->second == "false";
    auto summary =
        off ? "containers on the default bridge cannot talk to each other (other bridges have their own rule)"
            : "containers on the default bridge can talk to each other";
    return with_place(verdict(off ? Outcome::pass : Outcome::fail, summary), place(in, value));
  }
  return not_applicable("there is no default bridge");
}

Verdict daemon_log_level(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  auto debug = configured(in.facts.host.daemon, "debug");
  if (debug && debug->value == "true") return with_place(failed("debug is on"), place(in, debug));
  auto level = configured(in.facts.host.daemon, "log-level");
  if (!level || level->value.empty()) return passed("log-level is not set (default info)");
  return with_place(
      verdict(level->value == "info" ? Outcome::pass : Outcome::fail, "log-level is " + level->value),
      place(in, level));
}

Verdict daemon_iptables(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  auto backend = configured(in.facts.host.daemon, "firewall-backend");
  if (backend && backend->value == "nftables") return not_applicable("the firewall's backend is nftables");
  auto out = switched(in, "iptables", true, true);
  auto v6 = configured(in.facts.host.daemon, "ip6tables");
  if (v6 && v6->value == "false")
    out.evidence.push_back({Outcome::warn, "dockerd", "ip6tables is false", place(in, v6)});
  return out;
}

Verdict daemon_insecure_registries(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  const auto& registries = in.facts.info->registry_config;
  std::vector<Evidence> evidence;
  auto value = configured(in.facts.host.daemon, "insecure-registries");
  for (const auto& range : registries.insecure_cidrs)
    if (!is_loopback_range(range))
      evidence.push_back({Outcome::fail, "registries in " + range, "used without TLS or without checking it",
                          place(in, value)});
  for (const auto& [name, index] : registries.index_configs)
    if (!index.secure)
      evidence.push_back(
          {Outcome::fail, "registry " + name, "used without TLS or without checking it", place(in, value)});
  if (evidence.empty()) return passed("no insecure registries beyond the loopback");
  return joined(std::move(evidence), "registries", "");
}

Verdict daemon_registry_mirror(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  const auto& mirrors = in.facts.info->registry_config.mirrors;
  return mirrors.empty() ? manual("no registry mirror is configured")
                         : passed("registry mirror " + joined_words(mirrors));
}

Verdict daemon_no_aufs(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  return verdict(in.facts.info->driver == "aufs" ? Outcome::fail : Outcome::pass,
                 "storage driver " + in.facts.info->driver);
}

Verdict daemon_no_devicemapper(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  return verdict(in.facts.info->driver == "devicemapper" ? Outcome::fail : Outcome::pass,
                 "storage driver " + in.facts.info->driver);
}

Verdict daemon_no_extra_bind(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  auto value = configured(in.facts.host.daemon, "hosts");
  std::vector<Evidence> evidence;
  for (const auto& host : configured_list(in.facts.host.daemon, "hosts"))
    if (!is_default_endpoint(host))
      evidence.push_back({Outcome::fail, host, "is not the default socket", place(in, value)});
  if (evidence.empty()) return passed("the daemon listens on its default socket only");
  return joined(std::move(evidence), "endpoints", "");
}

Verdict daemon_tls(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  const auto& daemon = in.facts.host.daemon;
  auto value = configured(daemon, "hosts");
  std::vector<std::string> tcp;
  for (const auto& host : configured_list(daemon, "hosts"))
    if (host.starts_with("tcp://")) tcp.push_back(host);
  if (tcp.empty()) return not_applicable("the daemon has no TCP endpoint");
  auto on = [&](const char* key) { return configured(daemon, key).value_or(Configured{}).value == "true"; };
  std::string fault;
  if (!on("tlsverify")) {
    fault = on("tls") ? "TLS without verification of clients" : "no TLS";
  } else {
    for (const char* role : {"tls-ca", "tls-cert", "tls-key"})
      for (const auto* file : files_of(in.facts, role))
        if (!file->exists() && fault.empty()) fault = fmt::format("{}: no such file", file->path);
  }
  std::vector<Evidence> evidence;
  for (const auto& host : tcp) {
    bool loopback = host.find("//127.") != std::string::npos ||
                    host.find("//localhost") != std::string::npos ||
                    host.find("//[::1]") != std::string::npos;
    evidence.push_back(
        {fault.empty() ? Outcome::pass : Outcome::fail, host,
         fault.empty() ? "clients are verified" : fault + (loopback ? " (reached from this host only)" : ""),
         place(in, value)});
  }
  return joined(std::move(evidence), "endpoints", "");
}

Verdict daemon_default_ulimit(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  auto limits = configured_list(in.facts.host.daemon, "default-ulimits");
  auto value = configured(in.facts.host.daemon, "default-ulimits");
  return limits.empty() ? manual("default-ulimits is not set: containers inherit the daemon's limits")
                        : with_place(passed(fmt::format("default-ulimits has {} entries", limits.size())),
                                     place(in, value));
}

Verdict daemon_userns_remap(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  auto value = configured(in.facts.host.daemon, "userns-remap");
  if (engine_option(*in.facts.info, "userns"))
    return with_place(passed("user namespaces are remapped"), place(in, value));
  if (engine_option(*in.facts.info, "rootless")) return passed("the engine is rootless");
  return with_place(failed(value && !value->value.empty() ? "userns-remap is configured but not in effect"
                                                          : "user namespaces are not remapped"),
                    place(in, value));
}

Verdict daemon_cgroup_parent(const Input& in) {
  if (auto out = no_configuration(in)) return *out;
  auto value = configured(in.facts.host.daemon, "cgroup-parent");
  if (!value || value->value.empty()) return passed("cgroup-parent is not set");
  bool allowed = in.policy.allowed_cgroup_parents.contains(value->value);
  return with_place(verdict(allowed ? Outcome::pass : Outcome::fail,
                            fmt::format("cgroup-parent is {}{}", value->value, allowed ? " (allowed)" : "")),
                    place(in, value));
}

Verdict daemon_base_device_size(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (in.facts.info->driver != "devicemapper")
    return not_applicable("the storage driver is " + in.facts.info->driver);
  if (auto out = no_configuration(in)) return *out;
  auto value = configured(in.facts.host.daemon, "storage-opts");
  for (const auto& option : configured_list(in.facts.host.daemon, "storage-opts"))
    if (option.starts_with("dm.basesize"))
      return with_place(failed("storage option " + option), place(in, value));
  return passed("dm.basesize is not set");
}

Verdict daemon_authz_plugin(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  const auto& plugins = in.facts.info->plugins.authorization;
  return plugins.empty() ? failed("no authorization plugin is active")
                         : passed("authorization plugin " + joined_words(plugins));
}

Verdict daemon_remote_logging(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  auto value = configured(in.facts.host.daemon, "log-driver");
  auto seen =
      remote_logging(in.facts.info->logging_driver, configured_list(in.facts.host.daemon, "log-opts"));
  std::vector<Evidence> evidence = {{seen.outcome, "dockerd", seen.text, place(in, value)}};
  for (const auto* container : in.containers) {
    if (!container->inspect) continue;
    const auto& log = container->inspect->host_config.log_config;
    if (log.type.empty() || log.type == in.facts.info->logging_driver) continue;
    std::vector<std::string> options;
    for (const auto& [name, text] : log.config) options.push_back(name + "=" + text);
    auto own = remote_logging(log.type, options);
    evidence.push_back(
        {own.outcome, "container " + container->name, own.text, "the container's own --log-driver"});
  }
  return joined(std::move(evidence), "places", "");
}

Verdict daemon_legacy_registry(const Input& in) {
  if (!in.facts.version) return unknown(in.facts.version);
  int major = engine_major(in);
  if (major > 17 || in.facts.version->version.starts_with("17.12"))
    return passed(fmt::format("engine {} does not know the old protocol", in.facts.version->version));
  return switched(in, "disable-legacy-registry", true, false);
}

Verdict daemon_live_restore(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (in.facts.info->swarm.local_node_state == "active")
    return not_applicable("swarm is active, and excludes live-restore");
  auto value = configured(in.facts.host.daemon, "live-restore");
  bool on = in.facts.info->live_restore_enabled;
  return with_place(
      verdict(on ? Outcome::pass : Outcome::fail, on ? "live-restore is on" : "live-restore is off"),
      place(in, value));
}

Verdict daemon_userland_proxy(const Input& in) { return switched(in, "userland-proxy", false, true); }

Verdict daemon_seccomp_profile(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  auto option = engine_option(*in.facts.info, "seccomp");
  if (!option) return failed("the engine runs without seccomp");
  std::string profile = option->starts_with("profile=") ? option->substr(8) : "default";
  auto value = configured(in.facts.host.daemon, "seccomp-profile");
  // "default" up to 20.10, "builtin" since 23.0.
  if (profile == "default" || profile == "builtin") return passed("seccomp profile " + profile);
  if (profile == "unconfined")
    return with_place(failed("the daemon's seccomp profile is unconfined"), place(in, value));
  return with_place(manual(fmt::format("seccomp profile {}: is it approved?", profile)), place(in, value));
}

Verdict daemon_experimental(const Input& in) {
  if (!in.facts.version) return unknown(in.facts.version);
  auto value = configured(in.facts.host.daemon, "experimental");
  bool on = in.facts.version->experimental || (in.facts.info && in.facts.info->experimental_build);
  return with_place(verdict(on ? Outcome::fail : Outcome::pass,
                            on ? "experimental features are on" : "experimental features are off"),
                    place(in, value));
}

Verdict daemon_no_new_privileges(const Input& in) { return switched(in, "no-new-privileges", true, false); }

}  // namespace bh::audit::checks
