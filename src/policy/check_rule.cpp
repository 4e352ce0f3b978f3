#include "policy/check_rule.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/mount.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "diag/suggest.h"
#include "policy/lexer.h"
#include "policy/words.h"

namespace bh::policy {
namespace {

using diag::Code;

/// One condition of one class.
struct ConditionShape {
  RuleClass kind;
  std::string_view key;
  bool local = false;  ///< may stand in the rule itself
  bool peer = false;   ///< may stand in `peer=(…)`
  bool many = false;   ///< several values, and may be given again
  bool in = false;     ///< `key in (…)`
};
constexpr ConditionShape shapes[] = {
    {RuleClass::network, "ip", true, true},
    {RuleClass::network, "port", true, true},
    {RuleClass::network, "interface", true},
    {RuleClass::network, "label", true, true},
    {RuleClass::unix, "type", true},
    {RuleClass::unix, "addr", true, true},
    {RuleClass::unix, "label", false, true},
    {RuleClass::signal, "set", true, false, true},
    {RuleClass::signal, "label", false, true},
    {RuleClass::ptrace, "label", false, true},
    {RuleClass::dbus, "bus", true, true},
    {RuleClass::dbus, "path", true},
    {RuleClass::dbus, "interface", true},
    {RuleClass::dbus, "member", true},
    {RuleClass::dbus, "name", true, true},
    {RuleClass::dbus, "label", false, true},
    {RuleClass::mount, "fstype", true, false, true, true},
    {RuleClass::mount, "vfstype", true, false, true, true},
    {RuleClass::mount, "options", true, false, true, true},
    {RuleClass::mount, "option", true, false, true, true},
    {RuleClass::pivot_root, "oldroot", true, false, false, true},
    {RuleClass::mqueue, "type", true, false, true},
    {RuleClass::mqueue, "label", true},
    {RuleClass::io_uring, "label", true},
};

RuleClass shape_class(RuleClass kind) {
  return kind == RuleClass::remount || kind == RuleClass::umount ? RuleClass::mount : kind;
}

const ConditionShape* find_shape(RuleClass kind, std::string_view key) {
  for (const ConditionShape& shape : shapes)
    if (shape.kind == shape_class(kind) && shape.key == key) return &shape;
  return nullptr;
}

std::string join(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::string_view word : words) out += fmt::format("{}{}", out.empty() ? "" : ", ", word);
  return out;
}

class Check {
 public:
  Check(const ClassRule& rule, diag::Span span, diag::Sink& sink) : rule_(rule), span_(span), sink_(sink) {}

  void mount_shape();
  void run() {
    std::size_t before = sink_.errors();
    conditions(rule_.conditions, false);
    conditions(rule_.peer, true);
    if (sink_.errors() != before) return;
    switch (rule_.kind) {
      case RuleClass::network:
        return network();
      case RuleClass::unix:
        return unix_socket();
      case RuleClass::signal:
        return signal();
      case RuleClass::dbus:
        return dbus();
      case RuleClass::mqueue:
        return mqueue();
      case RuleClass::mount:
      case RuleClass::remount:
      case RuleClass::umount:
        return mount();
      case RuleClass::pivot_root:
        return pivot_root();
      default:
        return;
    }
  }

 private:
  diag::Diagnostic& error(Code code, diag::Span span, std::string message) {
    return sink_.report(code, span, std::move(message));
  }

  void conditions(const std::vector<Condition>& list, bool peer) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Condition& condition = list[i];
      const std::string& key = condition.key.value;
      const ConditionShape* shape = find_shape(rule_.kind, key);
      if (!shape || !(peer ? shape->peer : shape->local)) {
        unknown(condition, shape, peer);
        continue;
      }
      if (condition.in && !shape->in)
        error(Code::bad_condition_value, condition.key.span, fmt::format("`{}` takes `=`, not `in`", key));
      if (condition.assign && !(rule_.kind == RuleClass::network && peer && key == "label"))
        error(Code::bad_condition_value, condition.key.span,
              fmt::format("`:=` cannot be used with `{}` here", key))
            .with_help("only `peer=(label:=NAME)` of a network rule assigns");
      const bool address = !peer && rule_.kind == RuleClass::network && (key == "ip" || key == "port");
      if (condition.values.size() > 1 && !shape->many && !address)
        error(Code::bad_condition_value, condition.values[1].span, fmt::format("`{}` has one value", key))
            .with_help("write a rule for each of them");
      if (shape->many || rule_.kind == RuleClass::pivot_root) continue;
      bool single_peer = rule_.kind == RuleClass::signal || rule_.kind == RuleClass::ptrace;
      for (std::size_t j = 0; j < i; ++j)
        if (list[j].key.value == key)
          error(Code::repeated_condition, condition.key.span,
                fmt::format("`{}=` is given twice",
                            single_peer ? std::string_view("peer") : std::string_view(key)))
              .label(list[j].key.span, "the first");
    }
  }

  void unknown(const Condition& condition, const ConditionShape* shape, bool peer) {
    const std::string& key = condition.key.value;
    if (shape) {
      error(Code::unknown_condition, condition.key.span,
            peer
                ? fmt::format("`{}=` cannot stand inside `peer=(…)`", key)
                : fmt::format("`{}=` of a {} rule stands inside `peer=(…)`", key, class_keyword(rule_.kind)));
      return;
    }
    std::vector<std::string_view> known;
    for (const ConditionShape& one : shapes)
      if (one.kind == shape_class(rule_.kind) && (peer ? one.peer : one.local)) known.push_back(one.key);
    auto nearest = diag::did_you_mean(key, known);
    auto& report = error(Code::unknown_condition, condition.key.span,
                         fmt::format("a {} rule has no condition `{}=`", class_keyword(rule_.kind), key));
    if (nearest)
      report.help = fmt::format("did you mean `{}=`?", *nearest);
    else if (!known.empty())
      report.help = fmt::format("its conditions: {}", join(known));
  }

  [[nodiscard]] const Condition* find_condition(const std::vector<Condition>& list,
                                                std::string_view key) const {
    for (const Condition& condition : list)
      if (condition.key.value == key) return &condition;
    return nullptr;
  }

  /// The bits of the accesses that are written out.
  [[nodiscard]] std::uint32_t access_bits(std::span<const std::string_view> of, diag::Span& where) const {
    std::uint32_t bits = 0;
    for (const Text& access : rule_.access) {
      const Word* word = find(access_words(rule_.kind), access.value);
      for (std::string_view name : of)
        if (word && (word->value & find(access_words(rule_.kind), name)->value)) {
          if (bits == 0) where = access.span;
          bits |= word->value;
        }
    }
    return bits;
  }

  void local_access_with_peer() {
    static constexpr std::string_view local[] = {"create", "shutdown", "setattr", "getattr",
                                                 "bind",   "listen",   "setopt",  "getopt"};
    diag::Span where;
    if (rule_.peer.empty() || access_bits(local, where) == 0) return;
    error(Code::condition_conflict, where, "this access is about the socket itself and knows no peer")
        .label(rule_.peer.front().key.span, "the peer")
        .with_help(
            "create, bind, listen, shutdown, getattr, setattr, getopt and setopt go into a rule without "
            "`peer=`");
  }

  void network();
  void network_words();
  void network_value(const Condition& condition);
  void unix_socket();
  void unix_address(const Condition& condition);
  void signal();
  void dbus();
  void mqueue();
  void mount();
  void mount_options(const Condition& condition);
  void pivot_root();

  const ClassRule& rule_;
  diag::Span span_;
  diag::Sink& sink_;
};

void Check::network_words() {
  const auto& words = rule_.words;
  std::vector<std::string_view> known;
  for (Words table : {network_families(), socket_types()})
    for (const Word& word : table) known.push_back(word.name);
  for (std::string_view name : {"tcp", "udp", "icmp"}) known.push_back(name);
  for (const Text& word : words) {
    if (std::ranges::find(known, std::string_view(word.value)) != known.end()) continue;
    auto& report = error(Code::unknown_network_word, word.span,
                         fmt::format("`{}` is not a network family, type or protocol", word.value));
    if (auto nearest = diag::did_you_mean(word.value, known)) {
      report.help = fmt::format("did you mean `{}`?", *nearest);
    } else if (find(access_words(rule_.kind), word.value)) {
      report.help = "an access stands before the family";
    }
    return;
  }
  auto is_type = [](const Text& word) {
    return find(socket_types(), word.value) != nullptr || find_protocol(word.value) != nullptr;
  };
  if (words.size() > 2) {
    error(Code::unknown_network_word, words[2].span,
          "a network rule has a family and a type or protocol, no more");
  } else if (words.size() == 2) {
    bool family = find(network_families(), words[0].value) != nullptr;
    if (!family || !is_type(words[1])) {
      error(Code::unknown_network_word, words[1].span,
            fmt::format("`{}` cannot follow `{}`: a family is followed by a type or a protocol",
                        words[1].value, words[0].value));
    } else if (find_protocol(words[1].value) && words[0].value != "inet" && words[0].value != "inet6") {
      error(Code::unknown_network_word, words[1].span,
            fmt::format("`{}` is a protocol of inet and inet6, not of `{}`", words[1].value, words[0].value));
    }
  }
}

bool good_port(std::string_view text, std::uint32_t& port) {
  if (text.starts_with('+')) text.remove_prefix(1);
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && problem == std::errc() && end == text.data() + text.size() && port <= 65535;
}

bool good_ports(std::string_view text) {
  std::uint32_t from = 0, to = 0;
  std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return good_port(text, from);
  return good_port(text.substr(0, dash), from) && good_port(text.substr(dash + 1), to) && from <= to;
}

bool good_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return text == "none" || inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

void Check::network_value(const Condition& condition) {
  const Text& value = condition.values.front();
  if (condition.key.value == "ip" && !good_address(value.value))
    error(Code::bad_condition_value, value.span, fmt::format("`{}` is not an IP address", value.value))
        .with_help("one IPv4 or IPv6 address, or `none`; ranges and prefixes are not in the language");
  if (condition.key.value == "port" && !good_ports(value.value))
    error(Code::bad_condition_value, value.span, fmt::format("`{}` is not a port", value.value))
        .with_help("a number from 0 to 65535, or a range: 1024-2048");
}

void Check::network() {
  std::size_t before = sink_.errors();
  network_words();
  for (const Condition& condition : rule_.conditions) network_value(condition);
  for (const Condition& condition : rule_.peer) network_value(condition);
  if (sink_.errors() != before) return;
  local_access_with_peer();
  bool inet = rule_.words.empty() || !find(network_families(), rule_.words[0].value) ||
              rule_.words[0].value == "inet" || rule_.words[0].value == "inet6";
  const Condition* condition = rule_.conditions.empty() ? nullptr : &rule_.conditions.front();
  for (const Condition& one : rule_.peer)
    if (!condition && one.key.value != "label") condition = &one;
  if (!inet && condition)
    error(Code::condition_conflict, condition->key.span,
          fmt::format("`{}=` needs the family inet or inet6, not `{}`", condition->key.value,
                      rule_.words[0].value));
}

void Check::unix_address(const Condition& condition) {
  const Text& value = condition.values.front();
  bool good = value.value == "none" || value.value == "auto" || value.value.starts_with('@');
  if (!good)
    error(Code::bad_condition_value, value.span,
          fmt::format("`{}` is not the address of a unix socket", value.value))
        .with_help(value.value.starts_with('/') ? "sockets in the file system are covered by file rules"
                                                : "`@NAME` for an abstract one, `auto`, or `none`");
}

void Check::unix_socket() {
  std::size_t before = sink_.errors();
  for (const auto* list : {&rule_.conditions, &rule_.peer})
    for (const Condition& condition : *list)
      if (condition.key.value == "addr") unix_address(condition);
  if (const Condition* type = find_condition(rule_.conditions, "type")) {
    const Text& value = type->values.front();
    if (!find(socket_types(), value.value)) {
      std::string help = suggest(socket_types(), value.value);
      error(Code::bad_condition_value, value.span, fmt::format("`{}` is not a type of sockets", value.value))
          .with_help(help.empty() ? fmt::format("types: {}", list(socket_types())) : help);
    }
  }
  if (sink_.errors() == before) local_access_with_peer();
}

void Check::signal() {
  for (const Condition& condition : rule_.conditions)
    for (const Text& value : condition.values)
      if (!signal_number(value.value)) {
        std::string lower = value.value;
        std::ranges::transform(lower, lower.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        if (lower.starts_with("sig")) lower.erase(0, 3);
        std::string help =
            find(signals(), lower) ? fmt::format("write `{}`", lower) : suggest(signals(), value.value);
        error(Code::unknown_signal, value.span, fmt::format("`{}` is not a signal", value.value))
            .with_help(
                help.empty()
                    ? "names as in signal(7) in lower case without SIG, `exists`, or rtmin+0 … rtmin+32"
                    : help);
      }
}

void Check::dbus() {
  static constexpr std::string_view message_keys[] = {"path", "interface", "member"};
  static constexpr std::string_view bind[] = {"bind"}, eavesdrop[] = {"eavesdrop"},
                                    message[] = {"send", "receive"};
  const Condition* name = find_condition(rule_.conditions, "name");
  const Condition* message_condition = nullptr;
  for (std::string_view key : message_keys)
    if (!message_condition) message_condition = find_condition(rule_.conditions, key);
  for (std::string_view key : {"name", "label"})
    if (!message_condition) message_condition = find_condition(rule_.peer, key);
  diag::Span where;
  if (name && message_condition) {
    error(Code::condition_conflict, message_condition->key.span,
          fmt::format("`{}=` is about messages, `name=` about owning a name", message_condition->key.value))
        .label(name->key.span, "the name")
        .with_help("write two rules; the receiver of a message is `peer=(name=…)`");
    return;
  }
  const Condition* any = name ? name : message_condition;
  if (any && access_bits(eavesdrop, where) != 0)
    error(Code::condition_conflict, where, "eavesdropping knows no condition but `bus=`")
        .label(any->key.span, "the condition");
  else if (message_condition && access_bits(bind, where) != 0)
    error(Code::condition_conflict, where, "`bind` owns a name; it knows no conditions of messages")
        .label(message_condition->key.span, "the condition");
  else if (name && access_bits(message, where) != 0)
    error(Code::condition_conflict, where, "messages are not sent to one's own `name=`")
        .label(name->key.span, "the name")
        .with_help("the other side's name is written `peer=(name=…)`");
}

void Check::mqueue() {
  std::string_view type;
  if (const Condition* condition = find_condition(rule_.conditions, "type")) {
    type = condition->values.front().value;
    if (type != "posix" && type != "sysv") {
      error(Code::bad_condition_value, condition->values.front().span,
            fmt::format("`{}` is not a type of message queues", type))
          .with_help("`posix` or `sysv`");
      return;
    }
  }
  if (rule_.words.empty()) return;
  const Text& name = rule_.words.front();
  bool path = name.value.starts_with('/');
  bool number = !name.value.empty() && std::ranges::all_of(name.value, is_digit);
  if (!path && !number) {
    auto& report = error(Code::bad_condition_value, name.span,
                         fmt::format("`{}` is not the name of a message queue", name.value));
    std::string help = suggest(access_words(RuleClass::mqueue), name.value);
    report.help = help.empty() ? "a path for a posix queue, a number for a sysv queue" : help;
  } else if ((type == "sysv" && path) || (type == "posix" && number)) {
    error(Code::bad_condition_value, name.span,
          type == "sysv" ? "a sysv queue is named by a number" : "a posix queue is named by a path");
  }
}

constexpr std::uint32_t propagation = MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED;

void Check::mount_options(const Condition& condition) {
  std::uint32_t set = rule_.kind == RuleClass::remount ? MS_REMOUNT : 0, clear = 0;
  for (const Text& value : condition.values) {
    const MountOption* option = find_mount_option(value.value);
    if (!option) {
      std::string help = suggest_mount_option(value.value);
      if (value.value.find(',') != std::string::npos)
        help = "several options stand in parentheses: `options=(ro, nosuid)`";
      error(Code::unknown_mount_option, value.span, fmt::format("`{}` is not a mount option", value.value))
          .with_help(help);
      return;
    }
    std::uint32_t both = (set | option->set) & (clear | option->clear);
    set |= option->set;
    clear |= option->clear;
    if (both == 0 || condition.in) continue;
    error(Code::mount_conflict, value.span, fmt::format("`{}` contradicts an option before it", value.value))
        .with_help("`options=(…)` asks for all of them at once; `options in (…)` for any of them");
    return;
  }
}

void Check::mount() {
  for (const Condition& condition : rule_.conditions)
    if (condition.key.value.starts_with("option")) mount_options(condition);
}

// Which kinds of mount(2) a rule can mean. The kernel has five, each with arguments of its own
// (policy-binary.md §6.3).
void Check::mount_shape() {
  std::uint32_t exact = 0;
  const Condition* fstype = nullptr;
  const Condition* options = nullptr;
  for (const Condition& condition : rule_.conditions) {
    if (!condition.key.value.starts_with("option")) {
      fstype = &condition;
      continue;
    }
    if (condition.in) return;  // any of them: some kind always fits
    options = &condition;
    for (const Text& value : condition.values) {
      const MountOption* option = find_mount_option(value.value);
      if (option == nullptr) return;  // has been reported
      exact |= option->set;
    }
  }
  if (!options) return;
  // With an option of its own, such a rule is read as one about a new mount.
  constexpr std::uint32_t kinds = MS_REMOUNT | MS_BIND | MS_MOVE | propagation;
  if (exact == 0 || (exact & ~(kinds | MS_REC)) != 0) return;
  bool source_and_target = rule_.source && rule_.target;
  if (!fstype && (exact & (MS_BIND | MS_MOVE))) return;
  if ((exact & MS_REMOUNT) && rule_.source && !((exact & propagation) && !rule_.target))
    error(Code::mount_conflict, rule_.source->span, "a remount has no source")
        .label(options->key.span, "the options")
        .with_help("write `mount options=(remount, …) -> MOUNTPOINT,` or `remount MOUNTPOINT,`");
  else if ((exact & propagation) && source_and_target)
    error(Code::mount_conflict, rule_.source->span, "a change of propagation has no source")
        .label(options->key.span, "the options")
        .with_help("write only the mount point after `->`");
  else if (fstype)
    error(Code::mount_conflict, fstype->key.span, "this kind of mount has no file system type")
        .label(options->key.span, "the options");
}

void Check::pivot_root() {
  if (rule_.words.empty()) return;
  const Text& root = rule_.words.front();
  if (!root.value.starts_with('/') && variable_reference(root.value) == 0)
    error(Code::bad_condition_value, root.span,
          fmt::format("`{}` is not the path of the new root", root.value))
        .with_help("a profile to change to is written after `->`");
}

}  // namespace

bool knows_condition(RuleClass kind, std::string_view key) {
  const ConditionShape* shape = find_shape(kind, key);
  return shape != nullptr && shape->local;
}

void check_rule(const ClassRule& rule, diag::Span span, diag::Sink& sink) { Check(rule, span, sink).run(); }

void check_mount(const ClassRule& rule, diag::Span span, diag::Sink& sink) {
  if (rule.kind == RuleClass::mount) Check(rule, span, sink).mount_shape();
}

}  // namespace bh::policy
