#include "query/action.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/socket.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "compile/names.h"
#include "compile/policydb.h"
#include "diag/suggest.h"
#include "query/action_words.h"

namespace bh::query {
namespace {

namespace perm = compile::perm;

class Parser;
using ParseRest = void (Parser::*)();

/// How one verb is written. `bits`: what the kernel asks for, where the verb alone says it.
struct Verb {
  std::string_view word;
  ActionKind kind;
  std::uint32_t bits;
  ParseRest rest;
  std::string_view form;
  std::string_view meaning;
};

template <class Table>
std::vector<std::string_view> words_of(const Table& table) {
  std::vector<std::string_view> all;
  for (const auto& entry : table) all.push_back(entry.word);
  return all;
}

std::vector<std::string_view> words_of(std::span<const compile::NamedNumber> names) {
  std::vector<std::string_view> all;
  for (const auto& entry : names) all.push_back(entry.name);
  return all;
}

/// Reads one action. Every failure is reported once; parsing stops at it.
class Parser {
 public:
  Parser(const diag::SourceMap& sources, diag::Span where, diag::Sink& sink)
      : text_(sources.text(where)), where_(where), sink_(sink) {}

  std::optional<Action> parse();

  void file();
  void pair();
  void capability();
  void network();
  void unix_socket();
  void signal();
  void ptrace();
  void mount();
  void umount();
  void pivot_root();
  void change_profile();
  void userns();
  void io_uring();
  void mqueue();
  void dbus();

 private:
  bool split();
  void fail(diag::Span at, std::string message, std::string help = {});
  [[nodiscard]] bool more() const { return ok_ && next_ < words_.size(); }
  [[nodiscard]] const Word& peek() const { return words_[next_]; }
  const Word& take() { return words_[next_++]; }
  [[nodiscard]] diag::Span end() const { return {where_.source, where_.end, where_.end}; }
  std::string usage() const { return fmt::format("write it as `{}`", verb_->form); }

  /// A path: `/…`. Empty after a failure.
  std::string path(std::string_view what);
  void arrow();
  /// Leading words of `table`, joined; 0: none was there.
  std::uint32_t access(std::span<const NamedBits> table);
  /// `key=value` words for the keys given; another word is left. `peer=(key=value key=value)` gives keys
  /// `peer.key`.
  void keys(std::span<const std::pair<std::string_view, std::optional<std::string>*>> wanted);
  void unknown(const Word& word, std::string_view what, std::span<const std::string_view> candidates);
  void need_peer();
  void finish();

  std::string_view text_;
  diag::Span where_;
  diag::Sink& sink_;
  const Verb* verb_ = nullptr;
  std::vector<Word> words_;
  std::size_t next_ = 0;
  Action action_;
  bool ok_ = true;
};

/// A verb that is not in the table does not compile.
consteval std::uint32_t file_bits(std::string_view verb) {
  return std::ranges::find(file_access, verb, &NamedBits::word)->bits;
}

constexpr Verb verb_table[] = {
    {"read", ActionKind::file, file_bits("read"), &Parser::file, "read PATH",
     "open a file or list a folder (its path ends in /)"},
    {"write", ActionKind::file, file_bits("write"), &Parser::file, "write PATH", "open a file for writing"},
    {"append", ActionKind::file, file_bits("append"), &Parser::file, "append PATH",
     "open a file for appending only"},
    {"exec", ActionKind::file, file_bits("exec"), &Parser::file, "exec PATH", "run a program"},
    {"mmap-exec", ActionKind::file, file_bits("mmap-exec"), &Parser::file, "mmap-exec PATH",
     "map a file as code"},
    {"lock", ActionKind::file, file_bits("lock"), &Parser::file, "lock PATH", "take a lock on a file"},
    {"create", ActionKind::file, file_bits("create"), &Parser::file, "create PATH",
     "make a file, folder (path ends in /), socket or device"},
    {"delete", ActionKind::file, file_bits("delete"), &Parser::file, "delete PATH",
     "remove a file or folder"},
    {"truncate", ActionKind::file, file_bits("truncate"), &Parser::file, "truncate PATH",
     "change a file's size"},
    {"chmod", ActionKind::file, file_bits("chmod"), &Parser::file, "chmod PATH", "change a file's mode"},
    {"chown", ActionKind::file, file_bits("chown"), &Parser::file, "chown PATH", "change a file's owner"},
    {"rename", ActionKind::rename, 0, &Parser::pair, "rename OLD -> NEW", "move a file"},
    {"link", ActionKind::link, perm::link, &Parser::pair, "link NEW -> EXISTING", "make a hard link"},
    {"capability", ActionKind::capability, 0, &Parser::capability, "capability NAME", "use a capability"},
    {"network", ActionKind::network, 0, &Parser::network, "network [ACCESS] FAMILY [TYPE] [PROTOCOL]",
     "make or use a socket"},
    {"unix", ActionKind::unix, 0, &Parser::unix_socket, "unix ACCESS [ADDRESS] [type=TYPE] [peer=LABEL]",
     "use a unix socket: `@name`, /path or none"},
    {"signal", ActionKind::signal, 0, &Parser::signal, "signal send|receive [SIGNAL…] peer=LABEL",
     "send a signal, or be sent one"},
    {"ptrace", ActionKind::ptrace, 0, &Parser::ptrace, "ptrace trace|read|tracedby|readby peer=LABEL",
     "trace a process, or be traced"},
    {"mount", ActionKind::mount, 2, &Parser::mount,
     "mount [-t TYPE] [-o OPTION,…] [data=TEXT] [SOURCE] -> TARGET", "mount a file system"},
    {"umount", ActionKind::umount, 4, &Parser::umount, "umount PATH", "unmount"},
    {"pivot_root", ActionKind::pivot_root, 1, &Parser::pivot_root, "pivot_root NEW_ROOT PUT_OLD",
     "change the root"},
    {"change_profile", ActionKind::change_profile, perm::change_profile, &Parser::change_profile,
     "change_profile [PROGRAM] -> LABEL", "change to another profile, now or when PROGRAM is run"},
    {"userns", ActionKind::userns, 8, &Parser::userns, "userns [create]", "make a user namespace"},
    {"io_uring", ActionKind::io_uring, 0, &Parser::io_uring,
     "io_uring sqpoll | io_uring override_creds [peer=LABEL]",
     "use io_uring with a polling thread, or another's credentials"},
    {"mqueue", ActionKind::mqueue, 0, &Parser::mqueue, "mqueue ACCESS /NAME [peer=LABEL]",
     "use a POSIX message queue"},
    {"dbus", ActionKind::dbus, 0, &Parser::dbus,
     "dbus send|receive|bind|eavesdrop bus=BUS [name= path= interface= member= peer=(name= label=)]",
     "talk on a message bus"},
};

void Parser::fail(diag::Span at, std::string message, std::string help) {
  if (!ok_) return;
  ok_ = false;
  auto& report = sink_.report(diag::Code::bad_action, at, std::move(message));
  if (!help.empty())
    report.with_help(std::move(help));
  else if (verb_ != nullptr)
    report.with_help(usage());
}

bool Parser::split() {
  auto words = split_words(text_, where_);
  if (words) {
    words_ = std::move(*words);
    return true;
  }
  fail(words.error().span, words.error().problem, "close it");
  return false;
}

void Parser::unknown(const Word& word, std::string_view what, std::span<const std::string_view> candidates) {
  const auto nearest = diag::did_you_mean(word.text, candidates);
  fail(word.span, fmt::format("`{}` is not {}", word.text, what),
       nearest ? fmt::format("did you mean `{}`?", *nearest) : std::string());
}

std::string Parser::path(std::string_view what) {
  if (!more()) {
    fail(end(), fmt::format("{} is missing", what));
    return {};
  }
  const Word& word = take();
  std::string value = unquoted(word.text);
  if (!value.starts_with('/'))
    fail(word.span, fmt::format("{} must be an absolute path, not `{}`", what, word.text));
  if (value.find('\0') != std::string::npos) fail(word.span, fmt::format("{} holds a NUL", what));
  return value;
}

void Parser::arrow() {
  if (more() && peek().text == "->") {
    ++next_;
    return;
  }
  fail(more() ? peek().span : end(), "`->` is missing");
}

std::uint32_t Parser::access(std::span<const NamedBits> table) {
  std::uint32_t bits = 0;
  while (more()) {
    std::string_view word = peek().text;
    while (word.starts_with('(') || word.starts_with(',')) word.remove_prefix(1);
    while (word.ends_with(')') || word.ends_with(',')) word.remove_suffix(1);
    const auto found = std::ranges::find(table, word, &NamedBits::word);
    if (found == table.end()) break;
    bits |= found->bits;
    ++next_;
  }
  return bits;
}

void Parser::keys(std::span<const std::pair<std::string_view, std::optional<std::string>*>> wanted) {
  std::vector<std::string_view> known;
  for (const auto& [key, into] : wanted) known.push_back(key);
  const auto set = [&](const Word& word, std::string_view key, std::string_view value) {
    const auto found = std::ranges::find(wanted, key, [](const auto& entry) { return entry.first; });
    if (found == wanted.end()) return unknown({key, word.span}, "a key of this action", known);
    if (found->second->has_value()) return fail(word.span, fmt::format("`{}` is given twice", key));
    *found->second = unquoted(value);
  };
  while (more()) {
    const Word word = peek();
    const std::size_t equals = word.text.find('=');
    if (equals == std::string_view::npos || equals == 0) return;
    ++next_;
    const std::string_view key = word.text.substr(0, equals);
    std::string_view value = word.text.substr(equals + 1);
    if (key != "peer" || !value.starts_with('(')) {
      set(word, key, value);
      continue;
    }
    value.remove_prefix(1);
    value.remove_suffix(value.ends_with(')') ? 1 : 0);
    while (!value.empty() && ok_) {
      const std::size_t stop = std::min(value.find_first_of(" ,\t"), value.size());
      const std::string_view part = value.substr(0, stop);
      value.remove_prefix(std::min(stop + 1, value.size()));
      if (part.empty()) continue;
      const std::size_t inner = part.find('=');
      if (inner == std::string_view::npos) return fail(word.span, fmt::format("`{}` is not KEY=VALUE", part));
      const std::string name =
          part.substr(0, inner) == "label" ? "peer" : fmt::format("peer.{}", part.substr(0, inner));
      set(word, name, part.substr(inner + 1));
    }
  }
}

void Parser::need_peer() {
  if (ok_ && !action_.peer)
    fail(end(), "the other side is missing: `peer=LABEL`",
         "name its profile, or `unconfined`, or `self` for this profile");
}

void Parser::finish() {
  if (more()) fail(peek().span, fmt::format("`{}` does not belong here", peek().text));
}

void Parser::file() { action_.subject = path("the path"); }

void Parser::pair() {
  action_.subject = path("the first path");
  arrow();
  action_.target = path("the second path");
}

void Parser::capability() {
  if (!more()) return fail(end(), "the capability is missing");
  const Word& word = take();
  const auto number = compile::number_of(compile::capability_names(), word.text);
  if (!number) return unknown(word, "a capability", words_of(compile::capability_names()));
  action_.request = *number;
}

void Parser::network() {
  action_.request = access(network_access);
  if (action_.request == 0) action_.request = perm::create;
  if (!more()) return fail(end(), "the address family is missing");
  const Word& family = take();
  const auto number = compile::number_of(compile::family_names(), family.text);
  if (!number) return unknown(family, "an address family", words_of(compile::family_names()));
  action_.family = *number;
  constexpr NamedBits protocols[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}, {"icmp6", 58}, {"sctp", 132}};
  if (more()) {
    const Word& type = take();
    const auto named = compile::number_of(compile::socket_type_names(), type.text);
    if (!named) return unknown(type, "a socket type", words_of(compile::socket_type_names()));
    action_.types = {*named};
  } else {
    for (const auto& type : compile::socket_type_names()) action_.types.push_back(type.number);
  }
  if (!more()) return;
  const Word& protocol = take();
  const auto found = std::ranges::find(protocols, protocol.text, &NamedBits::word);
  if (found == std::end(protocols)) return unknown(protocol, "a protocol", words_of(protocols));
  action_.protocol = found->bits;
}

void Parser::unix_socket() {
  action_.family = AF_UNIX;
  action_.request = access(unix_access);
  if (action_.request == 0)
    return more() ? unknown(peek(), "an access to a unix socket", words_of(unix_access))
                  : fail(end(), "the access is missing");
  std::optional<std::string> type;
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {
      {"type", &type}, {"addr", &action_.subject}, {"peer", &action_.peer}, {"peer.addr", &action_.subject}};
  keys(wanted);
  if (more()) {
    const Word& word = take();
    const std::string address = unquoted(word.text);
    if (!address.starts_with('@') && !address.starts_with('/') && address != "none")
      return fail(word.span, fmt::format("`{}` is not an address of a unix socket", word.text),
                  "write `@name`, `/path` or `none`");
    if (action_.subject) return fail(word.span, "the address is given twice");
    action_.subject = address;
  }
  keys(wanted);
  const std::string word = type.value_or("stream");
  const auto number = compile::number_of(compile::socket_type_names(), word);
  if (!number) return unknown({word, where_}, "a socket type", words_of(compile::socket_type_names()));
  action_.types = {*number};
}

void Parser::signal() {
  action_.request = access(signal_access);
  if (action_.request == 0) return fail(more() ? peek().span : end(), "`send` or `receive` is missing");
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {{"peer", &action_.peer}};
  while (more() && peek().text.find('=') == std::string_view::npos) {
    const Word& word = take();
    const auto number = compile::signal_number(word.text);
    if (!number) return unknown(word, "a signal", words_of(compile::signal_names()));
    action_.signals.push_back(static_cast<std::uint8_t>(*number));
  }
  if (action_.signals.empty()) {
    for (const auto& each : compile::signal_names())
      action_.signals.push_back(static_cast<std::uint8_t>(each.number));
  }
  keys(wanted);
  need_peer();
}

void Parser::ptrace() {
  action_.request = access(ptrace_access);
  if (action_.request == 0)
    return more() ? unknown(peek(), "a ptrace access", words_of(ptrace_access))
                  : fail(end(), "the access is missing");
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {{"peer", &action_.peer}};
  keys(wanted);
  need_peer();
}

void Parser::mount() {
  while (more() && peek().text.starts_with('-') && peek().text != "->") {
    const Word& option = take();
    if (option.text != "-t" && option.text != "-o")
      return fail(option.span, fmt::format("`{}` is not an option of mount here", option.text));
    if (!more()) return fail(end(), fmt::format("`{}` wants a value", option.text));
    const Word& value = take();
    if (option.text == "-t") {
      action_.fstype = unquoted(value.text);
      continue;
    }
    std::string_view rest = value.text;
    while (!rest.empty()) {
      const std::size_t stop = std::min(rest.find(','), rest.size());
      const std::string_view word = rest.substr(0, stop);
      rest.remove_prefix(std::min(stop + 1, rest.size()));
      const auto found = std::ranges::find(mount_options(), word, &NamedBits::word);
      if (found == mount_options().end())
        return unknown({word, value.span}, "a mount flag (an option of the file system goes into data=)",
                       words_of(mount_options()));
      action_.mount_flags |= found->bits;
    }
  }
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {{"data", &action_.data}};
  keys(wanted);
  if (more() && peek().text != "->") action_.subject = unquoted(take().text);
  keys(wanted);
  arrow();
  action_.target = path("the mount point");
}

void Parser::umount() { action_.subject = path("the mount point"); }

void Parser::pivot_root() {
  action_.subject = path("the new root");
  action_.target = path("the place of the old root");
}

void Parser::change_profile() {
  if (more() && peek().text != "->") {
    action_.subject = path("the program");
    action_.request = perm::onexec;
  }
  arrow();
  if (!more()) return fail(end(), "the target profile is missing");
  action_.target = unquoted(take().text);
}

void Parser::userns() { (void)access(userns_access); }

void Parser::io_uring() {
  action_.request = access(io_uring_access);
  if (action_.request == 0)
    return more() ? unknown(peek(), "an io_uring access", words_of(io_uring_access))
                  : fail(end(), "the access is missing");
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {{"peer", &action_.peer}};
  keys(wanted);
}

void Parser::mqueue() {
  action_.request = access(mqueue_access);
  if (action_.request == 0)
    return more() ? unknown(peek(), "an access to a message queue", words_of(mqueue_access))
                  : fail(end(), "the access is missing");
  action_.subject = path("the queue's name");
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {{"peer", &action_.peer}};
  keys(wanted);
}

void Parser::dbus() {
  action_.request = access(dbus_access);
  if (action_.request == 0)
    return more() ? unknown(peek(), "a dbus access", words_of(dbus_access))
                  : fail(end(), "the access is missing");
  const std::pair<std::string_view, std::optional<std::string>*> wanted[] = {
      {"bus", &action_.subject},         {"name", &action_.name},     {"path", &action_.path},
      {"interface", &action_.interface}, {"member", &action_.member}, {"peer", &action_.peer},
      {"peer.name", &action_.peer_name},
  };
  keys(wanted);
  if (ok_ && !action_.subject) fail(end(), "the bus is missing: `bus=system`");
}

std::optional<Action> Parser::parse() {
  if (text_.size() > max_action_bytes) {
    fail(where_, fmt::format("an action of {} bytes is longer than {}", text_.size(), max_action_bytes),
         "ask about one thing");
    return std::nullopt;
  }
  if (!split()) return std::nullopt;
  if (words_.empty()) {
    fail(where_, "an empty action", "write for example `write /etc/passwd`");
    return std::nullopt;
  }
  const Word& word = take();
  const auto verb = std::ranges::find(verb_table, word.text, &Verb::word);
  if (verb == std::end(verb_table)) {
    const auto known = words_of(verb_table);
    const auto nearest = diag::did_you_mean(word.text, known);
    fail(word.span, fmt::format("`{}` is not an action that can be asked", word.text),
         nearest ? fmt::format("did you mean `{}`?", *nearest)
                 : fmt::format("actions are: {}", fmt::join(known, ", ")));
    return std::nullopt;
  }
  verb_ = verb;
  action_.kind = verb->kind;
  action_.request = verb->bits;
  for (const Word& each : words_)
    action_.text += fmt::format("{}{}", action_.text.empty() ? "" : " ", each.text);
  (this->*verb->rest)();
  finish();
  if (!ok_) return std::nullopt;
  return std::move(action_);
}

}  // namespace

std::optional<Action> parse_action(const diag::SourceMap& sources, diag::Span where, diag::Sink& sink) {
  return Parser(sources, where, sink).parse();
}

std::optional<Action> read_action(std::string_view text) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::SourceId source = sources.add("the action", std::string(text));
  return parse_action(sources, {source, 0, static_cast<std::uint32_t>(text.size())}, sink);
}

std::vector<ActionUsage> action_usages() {
  std::vector<ActionUsage> all;
  for (const Verb& verb : verb_table) all.push_back({verb.word, verb.form, verb.meaning});
  return all;
}

}  // namespace bh::query
