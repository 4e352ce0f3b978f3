#include "audit/proc_facts.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace bh::audit {
namespace {

template <class T>
bool parse_number(std::string_view text, T& into, int base = 10) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    auto end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// \040 and its like, as mountinfo writes blanks.
std::string unescape_octal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '\\' && i + 3 < text.size() && parse_number(text.substr(i + 1, 3), code, 8)) {
      out += static_cast<char>(code);
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// The path of a controller ("memory", or "" for cgroup v2) in /proc/PID/cgroup.
std::string cgroup_path(std::string_view table, std::string_view controller) {
  for (auto line : lines(table)) {
    auto parts = split(line, ':');
    if (parts.size() < 3) continue;
    auto names = split(parts[1], ',');
    if (std::ranges::find(names, controller) == names.end()) continue;
    return std::string(line.substr(parts[0].size() + parts[1].size() + 2));
  }
  return {};
}

/// A limit of the process's cgroup: cgroup v2's file, or the v1 controller's; the tightest on the way up to
/// the root counts.
std::string cgroup_limit(const HostFs& fs, std::string_view table, const std::string& v2_file,
                         const std::string& controller, const std::string& v1_file) {
  auto v1 = cgroup_path(table, controller);
  std::string path = v1.empty() ? cgroup_path(table, "") : v1;
  if (path.empty()) return {};
  std::string best;
  for (int depth = 0; depth < 32; ++depth) {
    std::string file = v1.empty() ? fmt::format("/sys/fs/cgroup{}/{}", path, v2_file)
                                  : fmt::format("/sys/fs/cgroup/{}{}/{}", controller, path, v1_file);
    if (auto text = fs.read(file, 4096)) {
      std::string value(trim(*text));
      std::uint64_t number = 0;
      std::uint64_t lowest = 0;
      // v1 writes "no limit" as a number near 2^63.
      bool limited = parse_number(value, number) && number < (1ull << 62);
      if (limited && (!parse_number(best, lowest) || number < lowest)) best = value;
      if (best.empty()) best = "max";
    }
    if (path == "/" || path.empty()) break;
    path.resize(path.rfind('/') == 0 ? 1 : path.rfind('/'));
  }
  return best;
}

/// Writable cgroup v1 hierarchies in the process's mount table: with CAP_SYS_ADMIN their release_agent runs
/// programs on the host.
std::vector<std::string> writable_cgroups(const HostFs& fs, std::int64_t pid) {
  std::vector<std::string> out;
  auto table = fs.read(fmt::format("/proc/{}/mountinfo", pid), 4u << 20);
  if (!table) return out;
  for (auto line : lines(*table)) {
    auto columns = words(line);
    auto dash = std::ranges::find(columns, "-");
    if (columns.size() < 7 || dash == columns.end() || dash + 1 == columns.end() || *(dash + 1) != "cgroup")
      continue;
    auto options = split(columns[5], ',');
    if (std::ranges::find(options, "rw") != options.end()) out.push_back(unescape_octal(columns[4]));
  }
  return out;
}

/// The host's namespaces are those of pid 1; where it hides them, those of the daemon, which is what "host"
/// means to the engine.
void add_namespaces(const HostFs& fs, std::int64_t pid, std::int64_t daemon_pid, InitProcess& init) {
  constexpr std::array<std::string_view, 6> kinds = {"net", "pid", "ipc", "uts", "user", "cgroup"};
  auto of = [&](std::int64_t whose, std::string_view kind) {
    return fs.readlink(fmt::format("/proc/{}/ns/{}", whose, kind));
  };
  for (auto kind : kinds) {
    auto host = of(1, kind);
    if (!host && daemon_pid > 0) host = of(daemon_pid, kind);
    auto theirs = of(pid, kind);
    if (!host || !theirs)
      init.namespaces_unknown = host ? theirs.error().text : host.error().text;
    else if (*theirs == *host)
      init.host_namespaces.emplace_back(kind);
  }
}

/// 64 hex digits in a cgroup path: how every engine writes a container's id there.
std::string container_id(std::string_view path) {
  std::size_t run = 0;
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    run = hex ? run + 1 : 0;
    if (run == 64 && (i + 1 == path.size() || !((path[i + 1] >= '0' && path[i + 1] <= '9') ||
                                                (path[i + 1] >= 'a' && path[i + 1] <= 'f'))))
      return std::string(path.substr(i - 63, 64));
  }
  return {};
}

std::string address_text(std::string_view hex) {
  if (hex.find_first_not_of('0') == std::string_view::npos) return hex.size() == 8 ? "0.0.0.0" : "::";
  std::uint32_t word = 0;
  if (hex.size() == 8 &&
      parse_number(hex, word, 16))  // the kernel prints the address as a number of this machine
    return fmt::format("{}.{}.{}.{}", word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, word >> 24);
  if (hex == "00000000000000000000000001000000") return "::1";
  return std::string(hex);
}

}  // namespace

std::vector<std::int64_t> process_ids(const HostFs& fs) {
  std::vector<std::int64_t> out;
  auto names = fs.list("/proc");
  if (!names) return out;
  for (const auto& name : *names) {
    std::int64_t pid = 0;
    if (parse_number(name, pid)) out.push_back(pid);
  }
  std::ranges::sort(out);
  return out;
}

Result<ProcStatus> read_status(const HostFs& fs, std::int64_t pid) {
  BH_TRY(auto text, fs.read(fmt::format("/proc/{}/status", pid)));
  ProcStatus status;
  for (auto line : lines(text)) {
    auto columns = words(line);
    if (columns.size() < 2) continue;
    if (columns[0] == "Uid:" && columns.size() >= 3) (void)parse_number(columns[2], status.uid);
    if (columns[0] == "CapEff:") (void)parse_number(columns[1], status.cap_effective, 16);
    if (columns[0] == "CapBnd:") (void)parse_number(columns[1], status.cap_bounding, 16);
    if (columns[0] == "NoNewPrivs:") status.no_new_privs = columns[1] == "1";
    if (columns[0] == "Seccomp:") (void)parse_number(columns[1], status.seccomp);
  }
  return status;
}

std::string read_uid_map(const HostFs& fs, std::int64_t pid) {
  auto text = fs.read(fmt::format("/proc/{}/uid_map", pid));
  if (!text || lines(*text).empty()) return {};
  std::string out;
  for (auto word : words(lines(*text).front())) out += (out.empty() ? "" : " ") + std::string(word);
  return out;
}

std::string read_label(const HostFs& fs, std::int64_t pid) {
  // attr/current belongs to whichever security module comes first; apparmor/current (5.8 and later) to
  // AppArmor alone.
  for (const char* file : {"attr/apparmor/current", "attr/current"}) {
    auto text = fs.read(fmt::format("/proc/{}/{}", pid, file));
    if (!text) continue;
    auto label = trim(std::string_view(*text).substr(0, text->find('\0')));
    if (!label.empty()) return std::string(label);
  }
  return {};
}

Label split_label(std::string_view label) {
  auto open = label.rfind(" (");
  if (open == std::string_view::npos || !label.ends_with(')')) return {label, ""};
  return {label.substr(0, open), label.substr(open + 2, label.size() - open - 3)};
}

Fact<InitProcess> collect_init(const HostFs& fs, std::int64_t pid, std::int64_t daemon_pid) {
  auto status = read_status(fs, pid);
  if (!status) return {.unknown = status.error().text};
  InitProcess init{.pid = pid,
                   .uid = status->uid,
                   .uid_map = read_uid_map(fs, pid),
                   .cap_effective = status->cap_effective,
                   .cap_bounding = status->cap_bounding,
                   .no_new_privs = status->no_new_privs,
                   .seccomp = status->seccomp,
                   .label = read_label(fs, pid)};
  add_namespaces(fs, pid, daemon_pid, init);
  if (auto table = fs.read(fmt::format("/proc/{}/cgroup", pid))) {
    init.memory_max = cgroup_limit(fs, *table, "memory.max", "memory", "memory.limit_in_bytes");
    init.pids_max = cgroup_limit(fs, *table, "pids.max", "pids", "pids.max");
  }
  init.cgroup_mounts = writable_cgroups(fs, pid);
  return {.value = std::move(init)};
}

std::map<std::string, std::vector<Process>> collect_processes(const HostFs& fs,
                                                              const std::vector<std::string>& ids) {
  std::map<std::string, std::vector<Process>> out;
  if (ids.empty()) return out;
  for (auto pid : process_ids(fs)) {
    auto table = fs.read(fmt::format("/proc/{}/cgroup", pid));
    if (!table) continue;
    auto id = container_id(*table);
    if (id.empty() || std::ranges::find(ids, id) == ids.end()) continue;
    Process process{.pid = pid};
    if (auto comm = fs.read(fmt::format("/proc/{}/comm", pid))) process.comm = trim(*comm);
    if (auto exe = fs.readlink(fmt::format("/proc/{}/exe", pid)))
      process.exe = exe->substr(exe->rfind('/') + 1);
    process.label = read_label(fs, pid);
    out[id].push_back(std::move(process));
  }
  return out;
}

Fact<std::vector<Listener>> collect_listeners(const HostFs& fs) {
  std::vector<Listener> out;
  std::string folder = fs.exists("/proc/1/net/tcp") ? "/proc/1/net/" : "/proc/net/";
  for (const char* protocol : {"tcp", "tcp6", "udp", "udp6"}) {
    auto table = fs.read(folder + protocol, 16u << 20);
    if (!table) {
      if (std::string_view(protocol).ends_with('6')) continue;  // a kernel without IPv6
      return {.unknown = table.error().text};
    }
    for (auto line : lines(*table)) {
      auto columns = words(line);
      bool tcp = std::string_view(protocol).starts_with("tcp");
      if (columns.size() < 4 || columns[3] != (tcp ? "0A" : "07")) continue;
      auto colon = columns[1].find(':');
      Listener listener{.protocol = protocol, .address = address_text(columns[1].substr(0, colon))};
      if (colon == std::string_view::npos || !parse_number(columns[1].substr(colon + 1), listener.port, 16))
        continue;
      out.push_back(std::move(listener));
    }
  }
  return {.value = std::move(out)};
}

Fact<std::vector<MountPoint>> collect_mounts(const HostFs& fs) {
  std::string file = fs.exists("/proc/1/mountinfo") ? "/proc/1/mountinfo" : "/proc/self/mountinfo";
  auto table = fs.read(file, 16u << 20);
  if (!table) return {.unknown = table.error().text};
  std::vector<MountPoint> out;
  for (auto line : lines(*table)) {
    auto columns = words(line);
    auto dash = std::ranges::find(columns, "-");
    if (columns.size() < 7 || columns.end() - dash < 3) continue;
    out.push_back({std::string(columns[2]), unescape_octal(columns[3]), unescape_octal(columns[4]),
                   std::string(*(dash + 1)), unescape_octal(*(dash + 2))});
  }
  return {.value = std::move(out)};
}

std::optional<std::pair<Account, std::string>> parse_account_line(std::string_view line) {
  auto parts = split(trim(line), ':');
  Account account;
  if (parts.size() < 6 || !parse_number(parts[2], account.uid) || !parse_number(parts[3], account.gid))
    return std::nullopt;
  account.name = parts[0];
  return std::pair(std::move(account), std::string(parts[5]));
}

Fact<std::vector<Account>> collect_accounts(const HostFs& fs) {
  auto text = fs.read("/etc/passwd", 16u << 20);
  if (!text) return {.unknown = text.error().text};
  std::vector<Account> out;
  for (auto line : lines(*text))
    if (auto account = parse_account_line(line)) out.push_back(std::move(account->first));
  return {.value = std::move(out)};
}

Fact<std::vector<Group>> collect_groups(const HostFs& fs) {
  auto text = fs.read("/etc/group", 16u << 20);
  if (!text) return {.unknown = text.error().text};
  std::vector<Group> out;
  for (auto line : lines(*text)) {
    auto parts = split(trim(line), ':');
    Group group;
    if (parts.size() < 4 || !parse_number(parts[2], group.gid)) continue;
    group.name = parts[0];
    for (auto member : split(parts[3], ','))
      if (!member.empty()) group.members.emplace_back(member);
    out.push_back(std::move(group));
  }
  return {.value = std::move(out)};
}

}  // namespace bh::audit
