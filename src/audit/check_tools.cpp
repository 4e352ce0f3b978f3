#include "audit/check_tools.h"

#include <algorithm>
#include <array>

#include "audit/host_fs.h"

namespace bh::audit::checks {
namespace {

constexpr std::array<std::string_view, 41> capability_table = {"CHOWN",
                                                               "DAC_OVERRIDE",
                                                               "DAC_READ_SEARCH",
                                                               "FOWNER",
                                                               "FSETID",
                                                               "KILL",
                                                               "SETGID",
                                                               "SETUID",
                                                               "SETPCAP",
                                                               "LINUX_IMMUTABLE",
                                                               "NET_BIND_SERVICE",
                                                               "NET_BROADCAST",
                                                               "NET_ADMIN",
                                                               "NET_RAW",
                                                               "IPC_LOCK",
                                                               "IPC_OWNER",
                                                               "SYS_MODULE",
                                                               "SYS_RAWIO",
                                                               "SYS_CHROOT",
                                                               "SYS_PTRACE",
                                                               "SYS_PACCT",
                                                               "SYS_ADMIN",
                                                               "SYS_BOOT",
                                                               "SYS_NICE",
                                                               "SYS_RESOURCE",
                                                               "SYS_TIME",
                                                               "SYS_TTY_CONFIG",
                                                               "MKNOD",
                                                               "LEASE",
                                                               "AUDIT_WRITE",
                                                               "AUDIT_CONTROL",
                                                               "SETFCAP",
                                                               "MAC_OVERRIDE",
                                                               "MAC_ADMIN",
                                                               "SYSLOG",
                                                               "WAKE_ALARM",
                                                               "BLOCK_SUSPEND",
                                                               "AUDIT_READ",
                                                               "PERFMON",
                                                               "BPF",
                                                               "CHECKPOINT_RESTORE"};

constexpr std::array<std::string_view, 14> docker_defaults = {
    "CHOWN",  "DAC_OVERRIDE", "FSETID",  "FOWNER",           "MKNOD",      "NET_RAW", "SETGID",
    "SETUID", "SETFCAP",      "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL",    "AUDIT_WRITE"};

constexpr DangerousCapability dangerous[] = {
    {"SYS_ADMIN", "mount file systems, enter namespaces, write release_agent"},
    {"SYS_MODULE", "load code into the kernel"},
    {"SYS_PTRACE", "read and change other processes, with the host's pid namespace all of them"},
    {"DAC_READ_SEARCH", "open any file of the host by its handle"},
    {"NET_ADMIN", "reconfigure interfaces and firewall"},
    {"SYS_RAWIO", "read and write memory and devices"},
    {"SYS_BOOT", "restart the host and load another kernel"},
    {"SYS_TIME", "change the host's clock"},
    {"MAC_ADMIN", "change the policy of AppArmor or SELinux"},
    {"MAC_OVERRIDE", "act against that policy"},
    {"BPF", "load programs into the kernel"},
    {"PERFMON", "read the kernel's and others' memory through perf"},
    {"SYSLOG", "read kernel addresses and messages"},
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  return out;
}

constexpr std::array<std::string_view, 8> sensitive_places = {"/boot",  "/dev",  "/etc", "/lib",
                                                              "/lib64", "/proc", "/sys", "/usr"};
constexpr std::array<std::string_view, 2> whole_places = {"/run/systemd", "/run/dbus"};
constexpr std::array<std::string_view, 9> extended_places = {
    "/bin", "/sbin", "/root", "/home", "/run", "/var/run", "/var/lib/docker", "/var/lib/containerd", "/opt"};
constexpr std::array<std::string_view, 4> benign_sources = {"/etc/localtime", "/etc/timezone", "/dev/null",
                                                            "/usr/share/zoneinfo"};

}  // namespace

Verdict joined(std::vector<Evidence> evidence, std::string_view plural, std::string_view when_none) {
  Verdict out{.outcome = Outcome::not_applicable, .evidence = std::move(evidence)};
  for (const auto& item : out.evidence) out.outcome = std::max(out.outcome, item.outcome);
  if (out.evidence.empty()) {
    out.summary = when_none;
    return out;
  }
  std::vector<std::string_view> named;
  for (const auto& item : out.evidence)
    if (item.outcome == out.outcome) named.push_back(item.subject);
  if (out.evidence.size() == 1) {
    out.summary = fmt::format("{}: {}", out.evidence.front().subject, out.evidence.front().text);
  } else if (out.outcome == Outcome::pass || out.outcome == Outcome::not_applicable) {
    out.summary = fmt::format("{} of {} {}", named.size(), out.evidence.size(), plural);
  } else {
    constexpr std::size_t shown = 4;
    bool more = named.size() > shown;
    auto first = std::span(named).first(std::min(shown, named.size()));
    out.summary =
        fmt::format("{} of {} {}: {}{}", named.size(), out.evidence.size(), plural, fmt::join(first, ", "),
                    more ? fmt::format(" and {} more", named.size() - shown) : "");
  }
  return out;
}

std::optional<std::string> engine_option(const docker::Info& info, std::string_view name) {
  for (const std::string& option : info.security_options) {
    // Since 1.26 or so "name=seccomp,profile=default"; before, just "seccomp".
    std::string_view text = option;
    if (text.starts_with("name=")) text.remove_prefix(5);
    auto comma = text.find(',');
    if (text.substr(0, comma) == name)
      return comma == std::string_view::npos ? std::string() : std::string(text.substr(comma + 1));
  }
  return std::nullopt;
}

std::string_view capability_name(unsigned number) {
  return number < capability_table.size() ? capability_table[number] : "";
}

std::optional<unsigned> capability_number(std::string_view name) {
  auto wanted = upper(name);
  if (wanted.starts_with("CAP_")) wanted.erase(0, 4);
  auto found = std::ranges::find(capability_table, wanted);
  if (found == capability_table.end()) return std::nullopt;
  return static_cast<unsigned>(found - capability_table.begin());
}

std::uint64_t default_capabilities() {
  std::uint64_t out = 0;
  for (auto name : docker_defaults) out |= capability_bit(*capability_number(name));
  return out;
}

std::uint64_t granted_capabilities(const docker::HostConfig& config) {
  if (config.privileged) return all_capabilities;
  auto set_of = [](const docker::Strings& names, bool& all) {
    std::uint64_t set = 0;
    for (const auto& name : names) {
      if (upper(name) == "ALL") all = true;
      if (auto number = capability_number(name)) set |= capability_bit(*number);
    }
    return set;
  };
  bool add_all = false;
  bool drop_all = false;
  auto add = set_of(config.cap_add, add_all);
  auto drop = set_of(config.cap_drop, drop_all);
  if (add_all) return all_capabilities & ~drop;
  if (drop_all) return add;
  return (default_capabilities() & ~drop) | add;
}

std::vector<std::string> capability_names(std::uint64_t set) {
  std::vector<std::string> out;
  for (unsigned number = 0; number < capability_table.size(); ++number)
    if ((set & capability_bit(number)) != 0) out.emplace_back(capability_table[number]);
  return out;
}

std::span<const DangerousCapability> dangerous_capabilities() { return dangerous; }

std::optional<Configured> configured(const Fact<Daemon>& daemon, const std::string& key) {
  if (!daemon) return std::nullopt;
  auto found = daemon->settings.find(key);
  if (found == daemon->settings.end() || found->second.values.empty()) return std::nullopt;
  return Configured{found->second.values.back(), found->second.where};
}

std::vector<std::string> configured_list(const Fact<Daemon>& daemon, const std::string& key) {
  if (!daemon) return {};
  auto found = daemon->settings.find(key);
  return found == daemon->settings.end() ? std::vector<std::string>() : found->second.values;
}

std::vector<const FileFact*> files_of(const Snapshot& facts, std::string_view role) {
  std::vector<const FileFact*> out;
  for (const auto& file : facts.host.files)
    if (file.role == role) out.push_back(&file);
  return out;
}

Reached reach_of(const Snapshot& facts, const MountFact& mount) {
  const std::string& source = mount.real_source.empty() ? mount.source : mount.real_source;
  if (source.empty() || source.front() != '/') return {};
  // The same file by whatever name: a bind mount of it elsewhere has its device and inode.
  auto same = [&](const FileFact& file) {
    return mount.inode != 0 && mount.inode == file.inode && mount.device == file.device;
  };
  for (const auto* socket : files_of(facts, "socket"))
    if (same(*socket) || source == socket->path || source == socket->real_path)
      return {Reach::socket, socket->path};
  if (source == "/") return {Reach::root, "/"};
  for (const auto* socket : files_of(facts, "socket"))
    if (is_below(socket->real_path, source)) return {Reach::socket, socket->path + " (in it)"};
  std::string path = source;
  for (const auto* place : files_of(facts, "path")) {
    if (place->path == "/" && same(*place)) return {Reach::root, "/"};
    if (place->path != "/" && same(*place)) path = place->path;
  }
  auto touches = [&](std::string_view place) { return is_below(path, place) || is_below(place, path); };
  for (auto place : whole_places)
    if (path == place || is_below(path, place)) return {Reach::sensitive, std::string(place)};
  for (auto place : sensitive_places)
    if (touches(place)) return {Reach::sensitive, std::string(place)};
  for (auto place : extended_places)
    if (is_below(path, place)) return {Reach::extended, std::string(place)};
  return {};
}

bool is_benign_mount(const Snapshot& facts, const MountFact& mount) {
  for (auto benign : benign_sources)
    if (mount.source == benign || (benign == "/usr/share/zoneinfo" && is_below(mount.real_source, benign)))
      return true;
  if (!facts.info || facts.info->docker_root_dir.empty()) return false;
  bool own = is_below(mount.source, facts.info->docker_root_dir + "/containers");
  auto name = mount.source.substr(mount.source.rfind('/') + 1);
  return own && (name == "hosts" || name == "resolv.conf" || name == "hostname");
}

}  // namespace bh::audit::checks
