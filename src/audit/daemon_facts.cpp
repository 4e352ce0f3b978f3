#include "audit/daemon_facts.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

#include "audit/proc_facts.h"
#include "audit/secrets.h"
#include "docker/json.h"

namespace bh::audit {
namespace {

/// Arguments whose name is not the key of daemon.json; and lists, which collect.
struct Argument {
  std::string_view flag;
  std::string_view key;
  bool list;
  bool boolean;
};
constexpr Argument known_arguments[] = {
    {"-H", "hosts", true, false},
    {"--host", "hosts", true, false},
    {"-l", "log-level", false, false},
    {"-D", "debug", false, true},
    {"--debug", "debug", false, true},
    {"-g", "data-root", false, false},
    {"--graph", "data-root", false, false},
    {"-s", "storage-driver", false, false},
    {"-G", "group", false, false},
    {"-b", "bridge", false, false},
    {"-p", "pidfile", false, false},
    {"-e", "exec-driver", false, false},
    {"--storage-opt", "storage-opts", true, false},
    {"--exec-opt", "exec-opts", true, false},
    {"--insecure-registry", "insecure-registries", true, false},
    {"--registry-mirror", "registry-mirrors", true, false},
    {"--authorization-plugin", "authorization-plugins", true, false},
    {"--default-ulimit", "default-ulimits", true, false},
    {"--log-opt", "log-opts", true, false},
    {"--label", "labels", true, false},
    {"--dns", "dns", true, false},
    {"--icc", "icc", false, true},
    {"--iptables", "iptables", false, true},
    {"--ip6tables", "ip6tables", false, true},
    {"--ip-forward", "ip-forward", false, true},
    {"--ip-masq", "ip-masq", false, true},
    {"--ipv6", "ipv6", false, true},
    {"--live-restore", "live-restore", false, true},
    {"--userland-proxy", "userland-proxy", false, true},
    {"--no-new-privileges", "no-new-privileges", false, true},
    {"--experimental", "experimental", false, true},
    {"--selinux-enabled", "selinux-enabled", false, true},
    {"--disable-legacy-registry", "disable-legacy-registry", false, true},
    {"--tls", "tls", false, true},
    {"--tlsverify", "tlsverify", false, true},
    {"--raw-logs", "raw-logs", false, true},
    {"--rootless", "rootless", false, true},
    {"--init", "init", false, true},
    {"--validate", "validate", false, true},
};

const Argument* find_argument(std::string_view flag) {
  for (const auto& argument : known_arguments)
    if (argument.flag == flag) return &argument;
  return nullptr;
}

void set(std::map<std::string, Setting>& settings, const std::string& key, bool list, std::string value,
         const std::string& where) {
  auto& setting = settings[key];
  if (!list) setting.values.clear();
  setting.values.push_back(std::move(value));
  setting.where = where;
}

std::string scalar_text(const docker::Json& json) {
  return json.is_string() ? json.get<std::string>() : docker::dump_json(json);
}

/// `Key=value` lines of one section, continuation lines joined.
struct UnitLine {
  std::string key;
  std::string value;
};
std::vector<UnitLine> section_lines(std::string_view text, std::string_view section) {
  std::vector<UnitLine> out;
  std::string pending;
  bool inside = false;
  for (auto raw : lines(text)) {
    auto line = trim(raw);
    if (pending.empty() && (line.empty() || line.front() == '#' || line.front() == ';')) continue;
    bool continued = line.ends_with('\\');
    if (continued) line.remove_suffix(1);
    pending += line;
    if (continued) {
      pending += ' ';
      continue;
    }
    if (pending.starts_with('[')) {
      inside = pending == fmt::format("[{}]", section);
    } else if (auto equals = pending.find('='); inside && equals != std::string::npos) {
      out.push_back({std::string(trim(std::string_view(pending).substr(0, equals))),
                     std::string(trim(std::string_view(pending).substr(equals + 1)))});
    }
    pending.clear();
  }
  return out;
}

void add_assignments(std::map<std::string, std::string>& environment,
                     const std::vector<std::string>& assignments) {
  for (const auto& assignment : assignments)
    if (auto equals = assignment.find('='); equals != std::string::npos)
      environment[assignment.substr(0, equals)] = assignment.substr(equals + 1);
}

/// ExecStart of the unit with its drop-ins: an empty assignment resets, the last one counts.
std::vector<std::string> unit_arguments(const HostFs& fs, const UnitFiles& unit) {
  std::map<std::string, std::string> environment;
  std::string exec;
  auto files = unit.drop_ins;
  files.insert(files.begin(), unit.fragment);
  for (const auto& file : files) {
    auto text = fs.read(file);
    if (!text) continue;
    for (const auto& [key, value] : section_lines(*text, "Service")) {
      if (key == "ExecStart") exec = value;
      if (key == "Environment") add_assignments(environment, split_exec(value, {}));
      if (key == "EnvironmentFile") {
        auto path = value.starts_with('-') ? value.substr(1) : value;
        if (auto content = fs.read(path))
          for (auto line : lines(*content))
            if (auto clean = trim(line); !clean.empty() && clean.front() != '#') {
              auto equals = clean.find('=');
              if (equals == std::string_view::npos) continue;
              auto parts = clean.substr(equals + 1);
              if (parts.size() >= 2 && (parts.front() == '"' || parts.front() == '\'') &&
                  parts.back() == parts.front())
                parts = parts.substr(1, parts.size() - 2);
              environment[std::string(clean.substr(0, equals))] = parts;
            }
      }
    }
  }
  while (!exec.empty() && std::string_view("-@:+!").find(exec.front()) != std::string_view::npos)
    exec.erase(0, 1);
  return split_exec(exec, environment);
}

std::vector<std::string> zero_separated(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    auto end = std::min(text.find('\0'), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

/// The inode of a listening unix socket, from /proc/net/unix.
std::string socket_inode(const HostFs& fs, const std::string& socket) {
  auto table = fs.read("/proc/net/unix", 16u << 20);
  if (!table || socket.empty()) return {};
  auto real = fs.canonical(socket);
  for (auto line : lines(*table)) {
    auto columns = words(line);
    if (columns.size() < 8 || columns[3] != "00010000") continue;
    if (columns[7] == socket || fs.canonical(columns[7]) == real) return std::string(columns[6]);
  }
  return {};
}

bool holds_socket(const HostFs& fs, std::int64_t pid, const std::string& inode) {
  auto folder = fmt::format("/proc/{}/fd", pid);
  auto names = fs.list(folder);
  if (!names) return false;
  auto wanted = fmt::format("socket:[{}]", inode);
  return std::ranges::any_of(*names, [&](const std::string& name) {
    auto target = fs.readlink(folder + "/" + name);
    return target && *target == wanted;
  });
}

/// Whether the process holds a TCP socket that listens on `port`.
bool listens_on(const HostFs& fs, std::int64_t pid, std::uint32_t port) {
  for (const char* table : {"tcp", "tcp6"}) {
    auto text = fs.read(fmt::format("/proc/{}/net/{}", pid, table), 16u << 20);
    if (!text) continue;
    for (auto line : lines(*text)) {
      auto columns = words(line);
      if (columns.size() < 10 || columns[3] != "0A") continue;
      auto colon = columns[1].find(':');
      if (colon != std::string_view::npos && columns[1].substr(colon + 1) == fmt::format("{:04X}", port) &&
          holds_socket(fs, pid, std::string(columns[9])))
        return true;
    }
  }
  return false;
}

/// The process that answers there, or the only engine there is.
std::optional<std::int64_t> find_process(const HostFs& fs, const net::Endpoint& asked) {
  std::vector<std::int64_t> engines;
  for (auto pid : process_ids(fs)) {
    auto comm = fs.read(fmt::format("/proc/{}/comm", pid));
    if (comm && (trim(*comm) == "dockerd" || trim(*comm) == "docker" || trim(*comm) == "podman"))
      engines.push_back(pid);
  }
  for (auto pid : engines)
    if (asked.port != 0 && listens_on(fs, pid, asked.port)) return pid;
  if (auto inode = socket_inode(fs, asked.path); !inode.empty()) {
    for (auto pid : engines)
      if (holds_socket(fs, pid, inode)) return pid;
    return std::nullopt;  // someone else's socket (a forwarded one): none of ours
  }
  if (engines.size() == 1) return engines.front();
  return std::nullopt;
}

void read_config(const HostFs& fs, Daemon& daemon, std::map<std::string, Setting>& settings) {
  auto text = fs.read(daemon.config_path);
  if (!text) {
    if (text.error().sys != ENOENT) daemon.config_error = text.error().text;
    return;
  }
  daemon.config_exists = true;
  auto parsed = settings_of_config(*text, daemon.config_path);
  if (!parsed) {
    daemon.config_error = parsed.error().text;
    return;
  }
  settings = std::move(*parsed);
}

std::string default_config_path(const HostFs& fs, const Daemon& daemon) {
  if (daemon.uid == 0 || daemon.pid == 0) return "/etc/docker/daemon.json";
  auto passwd = fs.read("/etc/passwd");
  if (passwd)
    for (const auto& line : lines(*passwd)) {
      auto account = parse_account_line(line);
      if (account && account->first.uid == daemon.uid) return account->second + "/.config/docker/daemon.json";
    }
  return "/etc/docker/daemon.json";
}

}  // namespace

UnitFiles find_unit(const HostFs& fs, const std::string& unit) {
  constexpr std::array<std::string_view, 5> folders = {"/etc/systemd/system", "/run/systemd/system",
                                                       "/usr/local/lib/systemd/system",
                                                       "/usr/lib/systemd/system", "/lib/systemd/system"};
  UnitFiles out;
  std::map<std::string, std::string>
      drop_ins;  // by name: a drop-in of an earlier folder replaces one of a later
  for (auto folder : folders) {
    auto path = fmt::format("{}/{}", folder, unit);
    if (out.fragment.empty() && fs.exists(path)) out.fragment = path;
    auto names = fs.list(path + ".d");
    if (!names) continue;
    for (const auto& name : *names)
      if (name.ends_with(".conf")) drop_ins.emplace(name, fmt::format("{}.d/{}", path, name));
  }
  for (auto& [name, path] : drop_ins) out.drop_ins.push_back(std::move(path));
  return out;
}

std::map<std::string, Setting> settings_of_arguments(const std::vector<std::string>& argv,
                                                     const std::string& where) {
  std::map<std::string, Setting> settings;
  for (std::size_t i = 1; i < argv.size(); ++i) {
    std::string_view word = argv[i];
    if (!word.starts_with('-') || word == "-" || word == "--") continue;
    auto equals = word.find('=');
    auto flag = word.substr(0, equals);
    const Argument* known = find_argument(flag);
    std::optional<std::string> value;
    if (equals != std::string_view::npos) value = word.substr(equals + 1);
    if (known == nullptr && !value && !flag.starts_with("--") && flag.size() > 2) {  // -lH form: -Hunix:///x
      known = find_argument(flag.substr(0, 2));
      if (known != nullptr) value = word.substr(2);
    }
    bool boolean = known != nullptr && known->boolean;
    if (!value && !boolean && i + 1 < argv.size() && !argv[i + 1].starts_with('-')) value = argv[++i];
    auto key = known != nullptr
                   ? std::string(known->key)
                   : std::string(flag.substr(flag.find_first_not_of('-') == std::string_view::npos
                                                 ? flag.size()
                                                 : flag.find_first_not_of('-')));
    set(settings, key, known != nullptr && known->list, value.value_or("true"), where);
  }
  return settings;
}

Result<std::map<std::string, Setting>> settings_of_config(std::string_view text, const std::string& where) {
  std::map<std::string, Setting> settings;
  if (trim(text).empty()) return settings;  // the daemon takes an empty file for {}
  BH_TRY(auto json, docker::parse_json(text));
  if (!json.is_object()) return fail("not a JSON object");
  for (const auto& [key, value] : json.items()) {
    auto& setting = settings[key];
    setting.where = where;
    if (value.is_null()) continue;
    if (value.is_array()) {
      for (const auto& element : value) setting.values.push_back(scalar_text(element));
    } else if (value.is_object()) {
      for (const auto& [name, element] : value.items())
        setting.values.push_back(fmt::format("{}={}", name, scalar_text(element)));
    } else {
      setting.values.push_back(scalar_text(value));
    }
  }
  return settings;
}

std::vector<std::string> split_exec(std::string_view line,
                                    const std::map<std::string, std::string>& environment) {
  std::vector<std::string> out;
  std::string word;
  bool any = false;
  char quote = 0;
  auto flush = [&] {
    if (!any) return;
    // systemd: a word that is just $VAR is replaced by the variable's words.
    if (word.size() > 1 && word[0] == '$' && word[1] != '{') {
      auto found = environment.find(word.substr(1));
      if (found != environment.end())
        for (auto part : words(found->second)) out.emplace_back(part);
    } else {
      out.push_back(word);
    }
    word.clear();
    any = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != 0) {
      if (c == quote)
        quote = 0;
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      any = true;
    } else if (c == ' ' || c == '\t') {
      flush();
    } else if (c == '$' && i + 1 < line.size() && line[i + 1] == '{') {
      auto close = line.find('}', i);
      if (close == std::string_view::npos) close = line.size();
      auto found = environment.find(std::string(line.substr(i + 2, close - i - 2)));
      if (found != environment.end()) word += found->second;
      any = true;
      i = close;
    } else {
      word += c;
      any = true;
    }
  }
  flush();
  return out;
}

Fact<Daemon> collect_daemon(const HostFs& fs, const net::Endpoint& asked) {
  Daemon daemon;
  auto unit = find_unit(fs, "docker.service");
  daemon.unit_path = unit.fragment;
  daemon.drop_ins = unit.drop_ins;
  if (!unit.fragment.empty()) daemon.unit_argv = unit_arguments(fs, unit);

  auto pid = find_process(fs, asked);
  std::string where;
  std::vector<std::string> argv;
  if (pid) {
    daemon.pid = *pid;
    auto command = fs.read(fmt::format("/proc/{}/cmdline", *pid), 4u << 20);
    if (!command) return {.unknown = command.error().text};
    daemon.argv = zero_separated(*command);
    if (auto exe = fs.readlink(fmt::format("/proc/{}/exe", *pid))) daemon.exe = *exe;
    if (auto status = read_status(fs, *pid)) daemon.uid = status->uid;
    daemon.uid_map = read_uid_map(fs, *pid);
    argv = daemon.argv;
    where = fmt::format("arguments of dockerd (pid {})", *pid);
  } else if (!daemon.unit_argv.empty()) {
    argv = daemon.unit_argv;
    where = fmt::format("ExecStart of {}",
                        daemon.drop_ins.empty() ? daemon.unit_path : daemon.unit_path + " with its drop-ins");
  } else {
    return {.unknown =
                "no dockerd process belongs to this engine's socket, and there is no docker.service unit"};
  }

  daemon.settings = settings_of_arguments(argv, where);
  auto config_flag = daemon.settings.find("config-file");
  daemon.config_path = config_flag != daemon.settings.end() && !config_flag->second.values.empty()
                           ? config_flag->second.values.front()
                           : default_config_path(fs, daemon);
  std::map<std::string, Setting> from_file;
  read_config(fs, daemon, from_file);
  for (auto& [key, setting] : from_file) {
    if (daemon.settings.contains(key)) daemon.conflicts.push_back(key);
    daemon.settings.emplace(key, std::move(setting));
  }
  if (daemon.pid != 0 && daemon.config_exists) {
    auto config = fs.stat(daemon.config_path);
    auto process = fs.stat(fmt::format("/proc/{}", daemon.pid));
    daemon.config_newer = config && process && config->st_mtime > process->st_mtime;
  }
  redact(daemon);
  return {.value = std::move(daemon)};
}

}  // namespace bh::audit
