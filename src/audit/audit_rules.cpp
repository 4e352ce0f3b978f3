#include "audit/audit_rules.h"

#include <linux/audit.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace bh::audit {
namespace {

struct Letter {
  char letter;
  std::uint32_t bit;
};
constexpr Letter letters[] = {
    {'r', AUDIT_PERM_READ}, {'w', AUDIT_PERM_WRITE}, {'x', AUDIT_PERM_EXEC}, {'a', AUDIT_PERM_ATTR}};

std::string perm_letters(std::uint32_t bits) {
  std::string out;
  for (auto [letter, bit] : letters)
    if ((bits & bit) != 0) out += letter;
  return out;
}

std::string_view list_name(std::uint32_t flags) {
  constexpr std::string_view names[] = {"user", "task",    "entry",      "watch",
                                        "exit", "exclude", "filesystem", "io_uring"};
  flags &= ~static_cast<std::uint32_t>(AUDIT_FILTER_PREPEND);
  return flags < std::size(names) ? names[flags] : "unknown";
}

void write_text(AuditRule& rule) {
  bool watch = !rule.path.empty() && !rule.never && !rule.narrowed && rule.list == "exit";
  if (watch) {
    rule.text = "-w " + rule.path;
    if (!rule.perms.empty()) rule.text += " -p " + rule.perms;
  } else {
    rule.text = fmt::format("-a {},{}", rule.never ? "never" : "always", rule.list);
    if (!rule.path.empty()) rule.text += fmt::format(" -F {}={}", rule.directory ? "dir" : "path", rule.path);
    if (!rule.perms.empty()) rule.text += " -F perm=" + rule.perms;
    if (rule.narrowed) rule.text += " …";
  }
  if (!rule.key.empty()) rule.text += " -k " + rule.key;
}

/// `-F field OP value`, `-a action,list` and the rest of one line.
class RuleParser {
 public:
  explicit RuleParser(std::string_view line) : tokens_(words(line)) {}

  RuleLine parse(std::string_view line, const std::string& where) {
    AuditRule rule{.where = where, .text = std::string(trim(line)), .list = "exit"};
    bool is_rule = false;
    while (at_ < tokens_.size()) {
      auto flag = tokens_[at_++];
      if (flag == "-w")
        rule.path = take(), is_rule = true, watch_ = true;
      else if (flag == "-W")
        out_.control = RuleLine::Control::remove_watch, out_.removed_path = take();
      else if (flag == "-p")
        rule.perms = take();
      else if (flag == "-k")
        rule.key = take();
      else if (flag == "-a" || flag == "-A")
        action(rule, take()), is_rule = true;
      else if (flag == "-F")
        field(rule, take());
      else if (flag == "-C")
        take(), rule.narrowed = true;
      else if (flag == "-S")
        all_syscalls_ = take() == "all";
      else if (flag == "-D")
        out_.control = RuleLine::Control::delete_all;
      else if (flag == "-e")
        out_.disables = take() == "0";
    }
    if (!all_syscalls_) rule.narrowed = true;
    if (is_rule) out_.rules.push_back(std::move(rule));
    return std::move(out_);
  }
  [[nodiscard]] bool watch() const { return watch_; }

 private:
  std::string take() { return at_ < tokens_.size() ? std::string(tokens_[at_++]) : std::string(); }

  static void action(AuditRule& rule, const std::string& value) {
    auto comma = value.find(',');
    if (comma == std::string::npos) return;
    auto first = value.substr(0, comma);
    auto second = value.substr(comma + 1);
    bool action_first = first == "always" || first == "never" || first == "possible";
    rule.never = (action_first ? first : second) == "never";
    rule.list = action_first ? second : first;
  }

  static void field(AuditRule& rule, const std::string& value) {
    auto op = value.find_first_of("=!<>&");
    if (op == std::string::npos) {
      rule.narrowed = true;
      return;
    }
    auto name = value.substr(0, op);
    bool equals = value[op] == '=';
    auto rest = value.substr(equals ? op + 1 : std::min(value.size(), op + 2));
    if (equals && (name == "path" || name == "dir"))
      rule.path = rest, rule.directory = name == "dir";
    else if (equals && name == "perm")
      rule.perms = rest;
    else if (equals && name == "key")
      rule.key = rest;
    else if (equals && name == "arch" && (rest == "b64" || rest == "b32"))
      narrow_arch(rule, rest);
    else
      rule.narrowed = true;
  }
  /// A rule for the 64-bit syscalls watches what this machine's programs do; one for the 32-bit ones alone
  /// does not.
  static void narrow_arch(AuditRule& rule, const std::string& arch) {
    if (arch == "b32") rule.narrowed = true;
  }

  std::vector<std::string_view> tokens_;
  std::size_t at_ = 0;
  RuleLine out_;
  bool all_syscalls_ = true;
  bool watch_ = false;
};

/// `path` lies under `folder` without a mount point between them.
bool same_mount(const std::string& folder, const std::string& path, const std::vector<MountPoint>* mounts) {
  if (mounts == nullptr) return true;
  return std::ranges::none_of(*mounts, [&](const MountPoint& mount) {
    return mount.point != folder && is_below(mount.point, folder) && is_below(path, mount.point);
  });
}

bool has_all(std::string_view have, std::string_view want) {
  return have.empty() ||
         std::ranges::all_of(want, [&](char c) { return have.find(c) != std::string_view::npos; });
}

}  // namespace

Result<AuditRule> decode_rule(std::string_view bytes) {
  audit_rule_data raw = {};
  if (bytes.size() < sizeof raw) return fail("an audit rule of {} bytes is too short", bytes.size());
  std::memcpy(&raw, bytes.data(), sizeof raw);
  auto strings = bytes.substr(sizeof raw);
  if (raw.field_count > AUDIT_MAX_FIELDS || raw.buflen > strings.size())
    return fail("an audit rule contradicts its own size");
  AuditRule rule{
      .where = "kernel", .list = std::string(list_name(raw.flags)), .never = raw.action == AUDIT_NEVER};
  for (std::uint32_t i = 0; i < raw.field_count; ++i) {
    auto field = raw.fields[i];
    auto value = raw.values[i];
    bool is_text = field == AUDIT_WATCH || field == AUDIT_DIR || field == AUDIT_FILTERKEY ||
                   field == AUDIT_EXE || (field >= AUDIT_SUBJ_USER && field <= AUDIT_SUBJ_CLR) ||
                   (field >= AUDIT_OBJ_USER && field <= AUDIT_OBJ_LEV_HIGH);
    std::string text;
    if (is_text) {
      if (value > strings.size()) return fail("an audit rule contradicts its own size");
      text = strings.substr(0, value);
      strings.remove_prefix(value);
    }
    bool equal = raw.fieldflags[i] == AUDIT_EQUAL;
    if (field == AUDIT_FILTERKEY)
      rule.key = text;
    else if (equal && (field == AUDIT_WATCH || field == AUDIT_DIR))
      rule.path = text, rule.directory = field == AUDIT_DIR;
    else if (equal && field == AUDIT_PERM)
      rule.perms = perm_letters(value);
    else if (equal && field == AUDIT_ARCH && (value & __AUDIT_ARCH_64BIT) != 0)
      continue;
    else
      rule.narrowed = true;
  }
  // The mask of syscalls counts only on the exit list; auditctl writes all ones for "every syscall".
  bool all = std::ranges::all_of(std::span(raw.mask).first(AUDIT_BITMASK_SIZE - 1),
                                 [](auto word) { return word == 0xffffffffu; });
  if (rule.list == "exit" && !all && rule.perms.empty()) rule.narrowed = true;
  write_text(rule);
  return rule;
}

std::string encode_watch(const std::string& path, bool directory, std::string_view perms,
                         std::string_view key) {
  BH_CHECK(path.size() < 4096 && key.size() <= AUDIT_MAX_KEY_LEN);
  audit_rule_data raw = {};
  raw.flags = AUDIT_FILTER_EXIT;
  raw.action = AUDIT_ALWAYS;
  std::ranges::fill(raw.mask, 0xffffffffu);
  std::uint32_t bits = 0;
  for (auto [letter, bit] : letters)
    if (perms.find(letter) != std::string_view::npos) bits |= bit;
  auto add = [&rule = raw](std::uint32_t field, std::uint32_t value) {
    rule.fields[rule.field_count] = field;
    rule.values[rule.field_count] = value;
    rule.fieldflags[rule.field_count++] = AUDIT_EQUAL;
  };
  add(directory ? AUDIT_DIR : AUDIT_WATCH, static_cast<std::uint32_t>(path.size()));
  add(AUDIT_PERM, bits);
  add(AUDIT_FILTERKEY, static_cast<std::uint32_t>(key.size()));
  raw.buflen = static_cast<std::uint32_t>(path.size() + key.size());
  return std::string(reinterpret_cast<const char*>(&raw), sizeof raw) + path + std::string(key);
}

RuleLine parse_rule_line(std::string_view line, const std::string& where) {
  auto text = trim(line);
  if (text.empty() || text.front() == '#') return {};
  return RuleParser(text).parse(text, where);
}

Fact<std::vector<AuditRule>> persistent_rules(const HostFs& fs) {
  const std::string folder = "/etc/audit/rules.d";
  std::vector<std::string> files;
  auto names = fs.list(folder);
  if (!names && names.error().sys != ENOENT) return {.unknown = names.error().text};
  if (names)
    for (const auto& name : *names)
      if (name.ends_with(".rules")) files.push_back(folder + "/" + name);
  // augenrules reads them as `ls -v` sorts them.
  std::ranges::sort(files, [](const std::string& a, const std::string& b) {
    return ::strverscmp(a.c_str(), b.c_str()) < 0;
  });
  if (files.empty() && fs.exists("/etc/audit/audit.rules")) files.emplace_back("/etc/audit/audit.rules");

  std::vector<AuditRule> rules;
  for (const auto& file : files) {
    auto text = fs.read(file);
    if (!text) return {.unknown = text.error().text};
    std::size_t number = 0;
    for (auto line : lines(*text)) {
      auto parsed = parse_rule_line(line, fmt::format("{}:{}", file, ++number));
      // augenrules moves -D to the front whatever file it stands in, so it deletes none of these lines.
      if (parsed.control == RuleLine::Control::remove_watch)
        std::erase_if(rules, [&](const AuditRule& rule) { return rule.path == parsed.removed_path; });
      for (auto& rule : parsed.rules) {
        if (auto info = fs.stat(rule.path); rule.text.starts_with("-w") && info && S_ISDIR(info->st_mode))
          rule.directory = true;
        if (!rule.path.empty()) rule.real_path = fs.canonical(rule.path);
        rules.push_back(std::move(rule));
      }
    }
  }
  return {.value = std::move(rules)};
}

Coverage coverage(const std::vector<AuditRule>& rules, const std::string& path, bool directory,
                  std::string_view perms, const std::vector<MountPoint>* mounts) {
  Coverage out;
  const AuditRule* never = nullptr;
  for (const auto& rule : rules) {
    if (rule.never && rule.list == "task" && !rule.narrowed) {  // switches off all that belongs to syscalls
      never = &rule;
      continue;
    }
    if (rule.list != "exit" || rule.real_path.empty()) continue;
    bool same = rule.real_path == path;
    bool below = rule.directory && is_below(path, rule.real_path);
    if (!same && !below) continue;
    if (rule.never) {
      if (out.rule == nullptr && !rule.narrowed) never = &rule;
      continue;
    }
    if (rule.narrowed)
      out.weak = fmt::format("{} ({}) is limited by other conditions", rule.text, rule.where);
    else if (!has_all(rule.perms, perms))
      out.weak = fmt::format("{} ({}) does not record all of {}", rule.text, rule.where, perms);
    else if (directory && !rule.directory)
      out.weak = fmt::format("{} ({}) watches the folder, not what is in it", rule.text, rule.where);
    else if (!same && !same_mount(rule.real_path, path, mounts))
      out.weak = fmt::format("{} ({}) ends at a mount point before {}", rule.text, rule.where, path);
    else if (out.rule == nullptr)
      out.rule = &rule;
  }
  if (never != nullptr) out.never = never;
  return out;
}

}  // namespace bh::audit
