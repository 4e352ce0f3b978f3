#include "audit/collect.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <set>

#include "audit/audit_rules.h"
#include "audit/daemon_facts.h"
#include "audit/file_facts.h"
#include "audit/host_fs.h"
#include "audit/layers.h"
#include "audit/proc_facts.h"
#include "audit/secrets.h"
#include "net/audit_netlink.h"
#include "net/certificate.h"

namespace bh::audit {
namespace {

constexpr std::chrono::milliseconds layer_time{300'000};
constexpr std::chrono::milliseconds layer_silence{10'000};

template <class T>
Fact<T> fact(Result<T> result) {
  if (!result) return {.unknown = std::move(result.error().text)};
  return {.value = std::move(*result)};
}

/// Bind mounts that the kernel cannot tell from ordinary ones: a local volume with `o=bind`.
using VolumeBinds = std::map<std::string, std::string>;  // volume name -> device

VolumeBinds volume_binds(const Result<std::vector<docker::Volume>>& volumes) {
  VolumeBinds out;
  if (!volumes) return out;
  for (const auto& volume : *volumes) {
    auto options = volume.options.find("o");
    auto device = volume.options.find("device");
    if (options != volume.options.end() && device != volume.options.end() &&
        options->second.find("bind") != std::string::npos)
      out[volume.name] = device->second;
  }
  return out;
}

MountFact mount_fact(const HostFs* fs, const docker::Mount& mount, const VolumeBinds& volumes) {
  MountFact out{.type = mount.type,
                .source = mount.source,
                .destination = mount.destination,
                .propagation = mount.propagation,
                .rw = mount.rw};
  if (auto bound = volumes.find(mount.name); mount.type == "volume" && bound != volumes.end()) {
    out.source = bound->second;
    out.via_volume = true;
  }
  if (fs == nullptr || out.source.empty() || (mount.type != "bind" && !out.via_volume)) return out;
  out.real_source = fs->canonical(out.source);
  if (auto info = fs->stat(out.source)) {
    out.device = info->st_dev;
    out.inode = info->st_ino;
  }
  return out;
}

/// `-v SRC:DST[:opts]` as it stands in HostConfig.Binds, for engines whose Mounts leave a container that
/// never ran empty.
docker::Mount parse_bind(const std::string& text) {
  docker::Mount mount{.type = "bind", .rw = true};
  auto first = text.find(':');
  mount.source = text.substr(0, first);
  if (first == std::string::npos) return mount;
  auto second = text.find(':', first + 1);
  mount.destination = text.substr(first + 1, second == std::string::npos ? second : second - first - 1);
  if (second == std::string::npos) return mount;
  std::string options = "," + text.substr(second + 1) + ",";
  if (options.find(",ro,") != std::string::npos) mount.rw = false;
  for (const char* propagation : {"rshared", "shared", "rslave", "slave", "rprivate", "private"})
    if (options.find(fmt::format(",{},", propagation)) != std::string::npos) mount.propagation = propagation;
  return mount;
}

std::vector<MountFact> mount_facts(const HostFs* fs, const docker::Container& container,
                                   const VolumeBinds& volumes) {
  std::vector<MountFact> out;
  auto known = [&](const std::string& destination) {
    return std::ranges::any_of(out, [&](const MountFact& mount) { return mount.destination == destination; });
  };
  for (const auto& mount : container.mounts) out.push_back(mount_fact(fs, mount, volumes));
  for (const auto& bind : container.host_config.binds) {
    auto mount = parse_bind(bind);
    if (mount.source.starts_with('/') && !known(mount.destination))
      out.push_back(mount_fact(fs, mount, volumes));
  }
  for (const auto& request : container.host_config.mounts) {
    if (request.type != "bind" || known(request.target)) continue;
    docker::Mount mount{.type = "bind",
                        .source = request.source,
                        .destination = request.target,
                        .propagation = request.bind_options.propagation,
                        .rw = !request.read_only};
    out.push_back(mount_fact(fs, mount, volumes));
  }
  return out;
}

Fact<std::vector<ContainerFacts>> collect_containers(docker::Engine& engine, const HostFs* fs,
                                                     std::int64_t daemon_pid, const std::string& no_host) {
  auto list = engine.containers(true);
  if (!list) return {.unknown = list.error().text};
  std::vector<std::string> ids;
  for (const auto& summary : *list) ids.push_back(summary.id);
  auto inspected = engine.inspect_containers(ids);
  auto volumes = volume_binds(list->empty() ? Result<std::vector<docker::Volume>>() : engine.volumes());

  std::vector<ContainerFacts> out;
  std::vector<std::string> running;
  std::vector<std::string> exec_ids;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // Removed since the list was made: not there is not unknown.
    if (!inspected[i] && inspected[i].error().sys == ENOENT) continue;
    const auto& names = (*list)[i].names;
    ContainerFacts facts{.id = ids[i], .name = names.empty() ? ids[i].substr(0, 12) : names.front()};
    if (facts.name.starts_with('/')) facts.name.erase(0, 1);
    facts.inspect = fact(std::move(inspected[i]));
    if (facts.inspect) {
      const auto& container = *facts.inspect;
      facts.mounts = mount_facts(fs, container, volumes);
      exec_ids.insert(exec_ids.end(), container.exec_ids.begin(), container.exec_ids.end());
      if (!container.state.running || container.state.pid <= 0) {
        facts.init.unknown = "not running";
      } else if (fs == nullptr) {
        facts.init.unknown = no_host;
      } else {
        facts.init = collect_init(*fs, container.state.pid, daemon_pid);
        running.push_back(facts.id);
      }
    }
    out.push_back(std::move(facts));
  }
  if (fs != nullptr) {
    auto processes = collect_processes(*fs, running);
    for (auto& facts : out)
      if (auto found = processes.find(facts.id); found != processes.end())
        facts.processes = std::move(found->second);
  }
  auto execs = engine.inspect_execs(exec_ids);
  for (std::size_t i = 0; i < exec_ids.size(); ++i) {
    if (!execs[i]) continue;  // an exec that has ended meanwhile is forgotten by the engine
    for (auto& facts : out)
      if (facts.inspect &&
          std::ranges::find(facts.inspect->exec_ids, exec_ids[i]) != facts.inspect->exec_ids.end())
        facts.execs.push_back(*execs[i]);
  }
  for (auto& facts : out) redact(facts);
  std::ranges::sort(out, {}, &ContainerFacts::name);
  return {.value = std::move(out)};
}

Fact<LayerScan> collect_layers(docker::Engine& engine, const std::string& id) {
  auto stream = engine.save_image(id, layer_time);
  if (!stream) return {.unknown = stream.error().text};
  return fact(scan_layers([&] { return stream->next(layer_silence); }));
}

Fact<std::vector<ImageFacts>> collect_images(docker::Engine& engine, bool layers) {
  auto list = engine.images();
  if (!list) return {.unknown = list.error().text};
  std::vector<std::string> ids;
  for (const auto& summary : *list) ids.push_back(summary.id);
  auto inspected = engine.inspect_images(ids);
  auto histories = engine.histories(ids);
  std::vector<ImageFacts> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!inspected[i] && inspected[i].error().sys == ENOENT) continue;
    const auto& summary = (*list)[i];
    ImageFacts facts{.id = ids[i], .created = summary.created, .size = summary.size};
    bool tagged = !summary.repo_tags.empty() && summary.repo_tags.front() != "<none>:<none>";
    auto colon = facts.id.find(':');
    facts.name =
        tagged ? summary.repo_tags.front() : facts.id.substr(colon == std::string::npos ? 0 : colon + 1, 12);
    facts.inspect = fact(std::move(inspected[i]));
    facts.history = fact(std::move(histories[i]));
    facts.layers = layers ? collect_layers(engine, ids[i])
                          : Fact<LayerScan>{.unknown = "layers were not read (--layers reads them)"};
    redact(facts);
    out.push_back(std::move(facts));
  }
  std::ranges::sort(out, {}, &ImageFacts::name);
  return {.value = std::move(out)};
}

SwarmFacts collect_swarm(docker::Engine& engine, const Fact<docker::Info>& info) {
  SwarmFacts out;
  std::string why = !info                                      ? "the engine's /info is not known"
                    : info->swarm.local_node_state != "active" ? "swarm is not active"
                    : !info->swarm.control_available           ? "this node is not a manager"
                                                               : "";
  if (!why.empty()) {
    out.swarm.unknown = out.nodes.unknown = out.services.unknown = out.secrets.unknown = why;
    return out;
  }
  out.swarm = fact(engine.swarm());
  out.nodes = fact(engine.nodes());
  out.services = fact(engine.services());
  out.secrets = fact(engine.secrets());
  if (out.swarm) out.ca_not_before = net::certificate_not_before(out.swarm->tls_info.trust_root).value_or(0);
  redact(out);
  return out;
}

void collect_kernel_audit(const HostFs& fs, Host& host) {
  auto link = net::AuditNetlink::open();
  auto status = link ? link->status() : Result<net::KernelAuditStatus>(tl::unexpected(link.error()));
  if (!status) {
    host.audit_status.unknown = host.audit_loaded.unknown = status.error().text;
    return;
  }
  host.audit_status.value = AuditStatus{status->enabled, status->pid, status->lost};
  auto rules = link->rules();
  if (!rules) {
    host.audit_loaded.unknown = rules.error().text;
    return;
  }
  auto& out = host.audit_loaded.value.emplace();
  for (const auto& bytes : *rules) {
    auto rule = decode_rule(bytes);
    if (!rule) continue;  // a form that is newer than this program watches no path that it knows of
    if (!rule->path.empty()) rule->real_path = fs.canonical(rule->path);
    out.push_back(std::move(*rule));
  }
}

Fact<std::vector<LoadedProfile>> collect_profiles(const HostFs& fs) {
  auto text = fs.read("/sys/kernel/security/apparmor/profiles", 16u << 20);
  if (!text)
    return {.unknown = text.error().sys == ENOENT
                           ? "this kernel has no AppArmor, or securityfs is not mounted"
                           : text.error().text};
  std::vector<LoadedProfile> out;
  for (auto line : lines(*text)) {  // "docker-default (enforce)"
    auto open = line.rfind(" (");
    if (open == std::string_view::npos || !line.ends_with(')')) continue;
    out.push_back(
        {std::string(line.substr(0, open)), std::string(line.substr(open + 2, line.size() - open - 3))});
  }
  return {.value = std::move(out)};
}

/// Names after the word `profile` in the files that a boot loads: enough to say whether a loaded profile
/// would be back.
std::vector<std::string> collect_profile_files(const HostFs& fs) {
  std::vector<std::string> out;
  auto names = fs.list("/etc/apparmor.d");
  if (!names) return out;
  for (const auto& name : *names) {
    auto text = fs.read("/etc/apparmor.d/" + name);
    if (!text) continue;
    for (auto line : lines(*text)) {
      auto parts = words(line);
      if (parts.size() >= 2 && parts[0] == "profile") {
        auto profile = parts[1];
        if (profile.size() >= 2 && profile.front() == '"' && profile.back() == '"')
          profile = profile.substr(1, profile.size() - 2);
        out.emplace_back(profile);
      }
    }
  }
  return out;
}

/// Of those loaded profiles that a container runs under or asks for: each decision costs a walk, and a host
/// may have hundreds.
std::vector<ProfileScore> collect_scores(const Snapshot& snapshot, const CollectOptions& options) {
  std::vector<ProfileScore> out;
  if (!options.score || !snapshot.host.profiles || !snapshot.containers) return out;
  std::set<std::string> used;
  for (const auto& container : *snapshot.containers) {
    if (container.inspect) used.insert(container.inspect->apparmor_profile);
    if (container.init) used.emplace(split_label(container.init->label).profile);
  }
  for (const auto& profile : *snapshot.host.profiles)
    if (used.contains(profile.name)) out.push_back(options.score(profile.name));
  return out;
}

std::vector<std::string> collect_content_trust(const HostFs& fs) {
  std::vector<std::string> files = {"/etc/environment", "/etc/profile", "/etc/bash.bashrc"};
  if (auto names = fs.list("/etc/profile.d"))
    for (const auto& name : *names)
      if (name.ends_with(".sh")) files.push_back("/etc/profile.d/" + name);
  std::vector<std::string> out;
  for (const auto& file : files) {
    auto text = fs.read(file);
    if (!text) continue;
    std::size_t number = 0;
    for (auto line : lines(*text)) {
      ++number;
      auto parts = words(line);
      if (!parts.empty() && parts.front() == "export") parts.erase(parts.begin());
      if (parts.size() == 1 &&
          (parts[0] == "DOCKER_CONTENT_TRUST=1" || parts[0] == "DOCKER_CONTENT_TRUST=\"1\""))
        out.push_back(fmt::format("{}:{}", file, number));
    }
  }
  return out;
}

Host collect_host(const HostFs& fs, const net::Endpoint& asked, const std::string& data_root) {
  Host host;
  const std::string& socket = asked.path;
  if (auto name = fs.read("/proc/sys/kernel/hostname")) host.name = trim(*name);
  if (auto kernel = fs.read("/proc/sys/kernel/osrelease")) host.kernel = trim(*kernel);
  host.daemon = collect_daemon(fs, asked);
  host.files = collect_files(fs, host.daemon, socket, data_root);
  auto places = collect_places(fs, socket);
  host.files.insert(host.files.end(), places.begin(), places.end());
  host.mounts = collect_mounts(fs);
  host.accounts = collect_accounts(fs);
  host.groups = collect_groups(fs);
  collect_kernel_audit(fs, host);
  host.audit_persistent = persistent_rules(fs);
  host.profiles = collect_profiles(fs);
  host.profile_files = collect_profile_files(fs);
  host.listeners = collect_listeners(fs);
  host.content_trust = collect_content_trust(fs);
  return host;
}

void mark_unknown(Host& host, const std::string& why) {
  host.mounts.unknown = host.accounts.unknown = host.groups.unknown = host.audit_status.unknown = why;
  host.audit_loaded.unknown = host.audit_persistent.unknown = host.profiles.unknown = why;
  host.listeners.unknown = host.daemon.unknown = why;
}

std::string utc(std::time_t now) {
  std::tm parts = {};
  ::gmtime_r(&now, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// A unix socket is this host's; so is a TCP port when the engine's name is ours (a forwarded port has
/// another's).
bool is_local(const docker::Engine& engine, const Fact<docker::Info>& info, const HostFs& fs) {
  if (engine.target().endpoint.kind == net::Endpoint::Kind::unix_socket) return true;
  auto name = fs.read("/proc/sys/kernel/hostname");
  return name && info && info->name == trim(*name);
}

}  // namespace

Result<Snapshot> collect(Os& os, docker::Engine& engine, const CollectOptions& options) {
  HostFs fs(os, options.root);
  Snapshot out;
  out.taken = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  out.taken_at = utc(out.taken);
  const auto& endpoint = engine.target().endpoint;
  out.endpoint = net::describe(endpoint);
  out.api_version = engine.api_version();
  out.version = fact(engine.version());
  out.info = fact(engine.info());
  out.local = options.host && is_local(engine, out.info, fs);
  std::string no_host = !options.host ? "the host was not read (--no-host)"
                                      : fmt::format("the engine at {} runs on another host", out.endpoint);
  if (out.local) {
    out.host = collect_host(fs, endpoint, out.info ? out.info->docker_root_dir : "");
  } else {
    mark_unknown(out.host, no_host);
  }
  out.containers = collect_containers(engine, out.local ? &fs : nullptr,
                                      out.host.daemon ? out.host.daemon->pid : 0, no_host);
  out.host.profile_scores = collect_scores(out, options);
  out.images = collect_images(engine, options.layers);
  auto networks = engine.networks();
  out.networks = fact(std::move(networks));
  out.swarm = collect_swarm(engine, out.info);
  return out;
}

}  // namespace bh::audit
