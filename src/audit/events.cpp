#include "audit/events.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <optional>
#include <span>

#include "audit/host_fs.h"
#include "base/check.h"
#include "diag/render.h"
#include "docker/json.h"

namespace bh::audit {
namespace {

constexpr std::size_t open_max = 1024;       // events that wait for more records
constexpr std::size_t arguments_max = 4096;  // of one event
constexpr std::size_t paths_max = 1024;
constexpr std::size_t line_max = 256u << 10;

struct TypeName {
  std::uint16_t type;
  std::string_view name;
};
constexpr TypeName type_names[] = {{AUDIT_SYSCALL, "SYSCALL"},
                                   {AUDIT_PATH, "PATH"},
                                   {AUDIT_CWD, "CWD"},
                                   {AUDIT_EXECVE, "EXECVE"},
                                   {AUDIT_PROCTITLE, "PROCTITLE"},
                                   {AUDIT_EOE, "EOE"},
                                   {AUDIT_SOCKADDR, "SOCKADDR"},
                                   {AUDIT_CONFIG_CHANGE, "CONFIG_CHANGE"},
                                   {AUDIT_AVC, "AVC"}};

struct SyscallName {
  long number;
  std::string_view name;
};
/// Those that watches record, by this machine's numbers.
#ifdef __x86_64__
constexpr std::uint32_t own_arch = AUDIT_ARCH_X86_64;
#else
constexpr std::uint32_t own_arch = AUDIT_ARCH_AARCH64;
#endif
constexpr SyscallName syscall_names[] = {
    {SYS_execve, "execve"},       {SYS_execveat, "execveat"},   {SYS_openat, "openat"},
    {SYS_openat2, "openat2"},     {SYS_unlinkat, "unlinkat"},   {SYS_renameat2, "renameat2"},
    {SYS_mkdirat, "mkdirat"},     {SYS_linkat, "linkat"},       {SYS_symlinkat, "symlinkat"},
    {SYS_mknodat, "mknodat"},     {SYS_fchmod, "fchmod"},       {SYS_fchmodat, "fchmodat"},
    {SYS_fchown, "fchown"},       {SYS_fchownat, "fchownat"},   {SYS_setxattr, "setxattr"},
    {SYS_lsetxattr, "lsetxattr"}, {SYS_fsetxattr, "fsetxattr"}, {SYS_removexattr, "removexattr"},
    {SYS_truncate, "truncate"},   {SYS_ftruncate, "ftruncate"}, {SYS_connect, "connect"},
    {SYS_bind, "bind"},           {SYS_fallocate, "fallocate"}, {SYS_utimensat, "utimensat"},
    {SYS_mount, "mount"},
#ifdef __x86_64__
    {SYS_open, "open"},           {SYS_creat, "creat"},         {SYS_unlink, "unlink"},
    {SYS_rename, "rename"},       {SYS_renameat, "renameat"},   {SYS_mkdir, "mkdir"},
    {SYS_rmdir, "rmdir"},         {SYS_link, "link"},           {SYS_symlink, "symlink"},
    {SYS_mknod, "mknod"},         {SYS_chmod, "chmod"},         {SYS_chown, "chown"},
    {SYS_lchown, "lchown"},
#endif
};

/// The same for programs of 32-bit x86, which the same watches record (asm/unistd_32.h).
constexpr SyscallName i386_syscall_names[] = {
    {5, "open"},          {8, "creat"},        {9, "link"},        {10, "unlink"},
    {11, "execve"},       {14, "mknod"},       {15, "chmod"},      {16, "lchown"},
    {21, "mount"},        {38, "rename"},      {39, "mkdir"},      {40, "rmdir"},
    {83, "symlink"},      {92, "truncate"},    {93, "ftruncate"},  {94, "fchmod"},
    {95, "fchown"},       {102, "socketcall"}, {182, "chown"},     {193, "truncate64"},
    {194, "ftruncate64"}, {198, "lchown32"},   {207, "fchown32"},  {212, "chown32"},
    {226, "setxattr"},    {227, "lsetxattr"},  {228, "fsetxattr"}, {235, "removexattr"},
    {295, "openat"},      {296, "mkdirat"},    {297, "mknodat"},   {298, "fchownat"},
    {301, "unlinkat"},    {302, "renameat"},   {303, "linkat"},    {304, "symlinkat"},
    {306, "fchmodat"},    {320, "utimensat"},  {324, "fallocate"}, {353, "renameat2"},
    {358, "execveat"},    {361, "bind"},       {362, "connect"},   {412, "utimensat_time64"},
    {437, "openat2"},
};

template <class T>
bool parse_number(std::string_view text, T& into, int base = 10) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

/// "audit(1364481363.243:24287): …": the id, and what follows it.
struct Stamp {
  std::int64_t milliseconds;
  std::uint64_t serial;
  std::string_view rest;
};
std::optional<Stamp> parse_stamp(std::string_view text) {
  constexpr std::string_view open = "audit(";
  if (!text.starts_with(open)) return std::nullopt;
  text.remove_prefix(open.size());
  auto dot = text.find('.');
  auto colon = text.find(':');
  auto close = text.find(')');
  if (close == std::string_view::npos || dot > colon || colon > close) return std::nullopt;
  std::int64_t seconds = 0;
  std::int64_t milliseconds = 0;
  Stamp stamp{};
  if (!parse_number(text.substr(0, dot), seconds) ||
      !parse_number(text.substr(dot + 1, colon - dot - 1), milliseconds) ||
      !parse_number(text.substr(colon + 1, close - colon - 1), stamp.serial))
    return std::nullopt;
  if (seconds < 0 || seconds > (std::int64_t{1} << 40) || milliseconds < 0 || milliseconds > 999)
    return std::nullopt;
  stamp.milliseconds = seconds * 1000 + milliseconds;
  stamp.rest = text.substr(close + 1);
  if (stamp.rest.starts_with(':')) stamp.rest.remove_prefix(1);
  // auditd's enriched log repeats some fields in words behind a group separator.
  stamp.rest = stamp.rest.substr(0, stamp.rest.find('\x1d'));
  return stamp;
}

struct Field {
  std::string_view name;
  std::string_view value;  ///< quotes kept
};

/// name=value, name="value with blanks"
std::vector<Field> parse_fields(std::string_view text) {
  std::vector<Field> out;
  while (true) {
    auto begin = text.find_first_not_of(' ');
    if (begin == std::string_view::npos) return out;
    text.remove_prefix(begin);
    auto equals = text.find_first_of("= ");
    if (equals == std::string_view::npos) return out;
    if (text[equals] == ' ') {
      text.remove_prefix(equals);
      continue;
    }
    auto name = text.substr(0, equals);
    text.remove_prefix(equals + 1);
    std::size_t end = 0;
    if (text.starts_with('"')) {
      end = text.find('"', 1);
      end = end == std::string_view::npos ? text.size() : end + 1;
    } else {
      end = std::min(text.find(' '), text.size());
    }
    out.push_back({name, text.substr(0, end)});
    text.remove_prefix(end);
  }
}

std::string syscall_name(std::uint32_t arch, std::string_view number) {
  std::span<const SyscallName> names;
  if (arch == own_arch) names = syscall_names;
  if (arch == AUDIT_ARCH_I386) names = i386_syscall_names;
  long n = 0;
  if (parse_number(number, n))
    for (const auto& known : names)
      if (known.number == n) return std::string(known.name);
  return std::string(number);
}

std::vector<std::string> split_at(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at <= text.size()) {
    auto end = std::min(text.find(separator, at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

void add_syscall(Event& event, const std::vector<Field>& fields) {
  std::uint32_t arch = 0;
  std::string_view number;
  for (const auto& [name, value] : fields) {
    if (name == "arch")
      (void)parse_number(value, arch, 16);
    else if (name == "syscall")
      number = value;
    else if (name == "success")
      event.success = value;
    else if (name == "exit")
      (void)parse_number(value, event.exit);
    else if (name == "pid")
      event.pid = value;
    else if (name == "ppid")
      event.ppid = value;
    else if (name == "auid")
      event.auid = value == "4294967295" ? "unset" : std::string(value);
    else if (name == "uid")
      event.uid = value;
    else if (name == "euid")
      event.euid = value;
    else if (name == "tty")
      event.tty = value;
    else if (name == "ses")
      event.session = value;
    else if (name == "comm")
      event.comm = decode_field(value);
    else if (name == "exe")
      event.exe = decode_field(value);
    else if (name == "key")
      event.keys = split_at(decode_field(value), '\x01');  // several keys are one field
  }
  event.syscall = syscall_name(arch, number);
}

/// a0="docker" a1=hex, and long ones in pieces: a2_len=… a2[0]=hex a2[1]=hex.
void add_arguments(Event& event, const std::vector<Field>& fields) {
  for (const auto& [name, value] : fields) {
    if (!name.starts_with('a') || name.ends_with("_len") || name == "argc") continue;
    auto bracket = name.find('[');
    std::size_t index = 0;
    if (!parse_number(name.substr(1, bracket == std::string_view::npos ? bracket : bracket - 1), index))
      continue;
    if (index >= arguments_max) {
      event.truncated = true;
      continue;
    }
    if (event.argv.size() <= index) event.argv.resize(index + 1);
    event.argv[index] += decode_field(value);
  }
}

void add_path(Event& event, const std::vector<Field>& fields) {
  EventPath path;
  for (const auto& [name, value] : fields) {
    if (name == "name") path.name = decode_field(value);
    if (name == "nametype") path.nametype = value;
  }
  if (event.paths.size() >= paths_max)
    event.truncated = true;
  else
    event.paths.push_back(std::move(path));
}

}  // namespace

std::string decode_field(std::string_view value) {
  if (value == "(null)") return {};
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    return std::string(value.substr(1, value.size() - 2));
  if (value.empty() || value.size() % 2 != 0 ||
      value.find_first_not_of("0123456789ABCDEF") != std::string_view::npos)
    return std::string(value);
  std::string out;
  for (std::size_t i = 0; i < value.size(); i += 2) {
    unsigned byte = 0;
    (void)parse_number(value.substr(i, 2), byte, 16);
    out += static_cast<char>(byte);
  }
  return out;
}

std::string record_name(std::uint16_t type) {
  for (const auto& known : type_names)
    if (known.type == type) return std::string(known.name);
  return fmt::format("UNKNOWN[{}]", type);
}

void EventJoiner::line(std::string_view line) {
  auto text = trim(line);
  if (text.empty()) return;
  if (text.starts_with("node=")) text = trim(text.substr(std::min(text.find(' '), text.size())));
  constexpr std::string_view type = "type=";
  auto blank = text.find(' ');
  constexpr std::string_view msg = "msg=";
  if (!text.starts_with(type) || blank == std::string_view::npos ||
      !text.substr(blank + 1).starts_with(msg)) {
    ++passed_over_;
    return;
  }
  record(text.substr(type.size(), blank - type.size()), text.substr(blank + 1 + msg.size()));
}

void EventJoiner::record(std::string_view type, std::string_view text) {
  auto stamp = parse_stamp(text);
  if (!stamp) {
    ++passed_over_;
    return;
  }
  Id id{stamp->milliseconds, stamp->serial};
  if (type == "EOE") {
    if (auto found = open_.find(id); found != open_.end()) finish(found);
    return;
  }
  auto [at, fresh] = open_.try_emplace(id);
  auto& event = at->second;
  event.milliseconds = stamp->milliseconds;
  event.serial = stamp->serial;
  auto fields = parse_fields(stamp->rest);
  if (type == "SYSCALL")
    add_syscall(event, fields);
  else if (type == "EXECVE")
    add_arguments(event, fields);
  else if (type == "PATH")
    add_path(event, fields);
  for (const auto& [name, value] : fields) {
    if (type == "CWD" && name == "cwd") event.cwd = decode_field(value);
    if (type == "PROCTITLE" && name == "proctitle") {
      event.proctitle = decode_field(value);
      std::ranges::replace(event.proctitle, '\0', ' ');
    }
    if (type == "CONFIG_CHANGE" && name == "key") event.keys = split_at(decode_field(value), '\x01');
  }
  if (open_.size() > open_max) finish(open_.begin());
}

void EventJoiner::finish(std::map<Id, Event>::iterator at) {
  finished_.push_back(std::move(at->second));
  open_.erase(at);
}

void EventJoiner::end() {
  while (!open_.empty()) finish(open_.begin());
}

std::vector<Event> EventJoiner::take() {
  std::vector<Event> out(std::make_move_iterator(finished_.begin()),
                         std::make_move_iterator(finished_.end()));
  finished_.clear();
  std::ranges::sort(out, {}, [](const Event& event) { return std::pair(event.milliseconds, event.serial); });
  return out;
}

std::string event_text(const Event& event) {
  std::time_t seconds = static_cast<std::time_t>(event.milliseconds / 1000);
  std::tm parts = {};
  ::gmtime_r(&seconds, &parts);
  char stamp[32];
  std::string time(stamp, std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts));
  std::string out =
      fmt::format("{}.{:03}Z #{}  {}{}  uid {} (login {})  {} [{}]\n", time, event.milliseconds % 1000,
                  event.serial, event.syscall.empty() ? "?" : event.syscall,
                  event.success == "no" ? fmt::format(" failed ({})", event.exit) : "", event.uid, event.auid,
                  event.exe, event.pid);
  auto command = event.argv.empty() ? event.proctitle : fmt::format("{}", fmt::join(event.argv, " "));
  if (!command.empty()) out += fmt::format("    command: {}{}\n", command, event.truncated ? " …" : "");
  if (!event.cwd.empty()) out += fmt::format("    in {}\n", event.cwd);
  for (const auto& path : event.paths)
    out +=
        fmt::format("    path: {}{}\n", path.name, path.nametype.empty() ? "" : " (" + path.nametype + ")");
  std::string clean;
  for (auto line : lines(out)) clean += diag::printable(line) + "\n";
  return clean;
}

std::string event_json(const Event& event) {
  docker::Json json = {{"time_ms", event.milliseconds},
                       {"serial", event.serial},
                       {"keys", event.keys},
                       {"syscall", event.syscall},
                       {"success", event.success},
                       {"exit", event.exit},
                       {"pid", event.pid},
                       {"ppid", event.ppid},
                       {"auid", event.auid},
                       {"uid", event.uid},
                       {"euid", event.euid},
                       {"tty", event.tty},
                       {"session", event.session},
                       {"comm", event.comm},
                       {"exe", event.exe},
                       {"cwd", event.cwd},
                       {"argv", event.argv},
                       {"proctitle", event.proctitle},
                       {"truncated", event.truncated}};
  json["paths"] = docker::Json::array();
  for (const auto& path : event.paths)
    json["paths"].push_back({{"name", path.name}, {"nametype", path.nametype}});
  return docker::dump_json(json) + "\n";
}

Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_seconds) {
  std::int64_t number = 0;
  if (parse_number(text, number) && number >= 0 && number < (std::int64_t{1} << 40)) return number * 1000;
  constexpr std::pair<char, std::int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  for (auto [unit, seconds] : units)
    if (text.ends_with(unit) && parse_number(text.substr(0, text.size() - 1), number) && number >= 0 &&
        number < 1'000'000)
      return (now_seconds - number * seconds) * 1000;
  std::tm parts = {};
  std::string copy(text);
  bool utc = copy.ends_with('Z');
  if (utc) copy.pop_back();
  // Our own text gives milliseconds: what it says can be asked for.
  std::int64_t milliseconds = 0;
  if (auto dot = copy.rfind('.'); dot != std::string::npos && copy.size() == dot + 4 &&
                                  parse_number(std::string_view(copy).substr(dot + 1), milliseconds))
    copy.resize(dot);
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    parts = {};
    parts.tm_isdst = -1;
    const char* end = ::strptime(copy.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    return static_cast<std::int64_t>(utc ? ::timegm(&parts) : std::mktime(&parts)) * 1000 + milliseconds;
  }
  return fail(
      "\"{}\" is not a time; write 2026-01-31T12:00:00, 2026-01-31, seconds since 1970, or 10m, 2h, 3d for "
      "how long ago",
      text);
}

Result<void> read_log(Os& os, const std::string& path, EventJoiner& joiner,
                      const std::function<void()>& after_each_piece) {
  std::vector<std::string> files;
  for (int i = 99; i >= 1; --i)
    if (auto older = fmt::format("{}.{}", path, i); os.stat(older)) files.push_back(older);
  files.push_back(path);
  for (const auto& file : files) {
    BH_TRY(int fd, os.open(file, O_RDONLY));
    std::string rest;
    std::string chunk(256u << 10, '\0');
    Result<std::size_t> got = std::size_t{0};
    while ((got = os.read(fd, chunk)) && *got > 0) {
      rest.append(chunk, 0, *got);
      std::size_t at = 0;
      for (std::size_t end; (end = rest.find('\n', at)) != std::string::npos; at = end + 1)
        joiner.line(std::string_view(rest).substr(at, end - at));
      rest.erase(0, at);
      after_each_piece();
      if (rest.size() > line_max) rest.clear();  // no record is that long
    }
    os.close(fd);
    if (!got) return tl::unexpected(std::move(got.error()));
    joiner.line(rest);
  }
  return {};
}

}  // namespace bh::audit
