// What single rules, or two of them together, let happen.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>
#include <variant>

#include "check/catalogue.h"
#include "compile/describe.h"
#include "compile/glob.h"
#include "diag/render.h"
#include "query/ask.h"

namespace bh::check {
namespace {

using diag::Code;
using policy::Access;
using policy::ClassRule;
using policy::FileRule;
using policy::RuleClass;
namespace perm = compile::perm;

bool allows(const policy::Rule& rule) { return rule.qualifiers.access == Access::allow; }

/// A path for people, in quotes.
std::string shown(std::string_view path) { return fmt::format("`{}`", compile::escaped(path)); }

/// Every path, by the language of the rule; not by how it is written.
bool is_every_path(const FileRule& rule) {
  if (!rule.path) return true;
  if (rule.path->value.size() < 2 ||
      std::string_view("*{[?").find(rule.path->value[1]) == std::string_view::npos)
    return false;
  static const auto all = language_of("/**");
  const auto language = language_of(rule.path->value);
  return language && is_within(*all, *language).value_or(false);
}

/// What a file rule lets be done, a bare `file,` being all of it.
struct Gives {
  bool writing, running;
};
Gives gives(const FileRule& rule) {
  const bool bare = !rule.path && rule.perms == 0;
  return {bare || (rule.perms & (policy::perm_write | policy::perm_append)) != 0,
          bare || (rule.perms & policy::perm_exec) != 0};
}

/// Where programs that are dropped are dropped: better examples than a shortest path.
constexpr std::string_view likely_places[] = {"/tmp/x", "/var/tmp/x", "/dev/shm/x", "/run/x"};

/// A rule that lets something be run, and what can be written of it.
struct WritableCode {
  std::string path;
  std::vector<std::uint32_t> writers;
};

void add_writable_code(const ProfileView& view, const ProfileView::Meeting& meeting,
                       std::map<std::uint32_t, WritableCode>& by_runner) {
  const compile::FilePerms& perms = view.perms(meeting.set);
  for (const bool owner : {true, false}) {
    const std::uint32_t allow = (owner ? perms.owner : perms.other).allow;
    const std::uint32_t writing = allow & (perm::write | perm::append);
    if ((allow & perm::exec) == 0 || writing == 0) continue;
    const auto writers = view.allowing(meeting.path, writing, owner);
    for (const std::uint32_t runner : view.allowing(meeting.path, perm::exec, owner)) {
      WritableCode& code = by_runner.try_emplace(runner, WritableCode{meeting.path, {}}).first->second;
      for (const std::uint32_t writer : writers)
        if (std::ranges::find(code.writers, writer) == code.writers.end()) code.writers.push_back(writer);
    }
  }
}

/// Told at a rule of the text, if one of them is; what only includes do is other people's, and noted.
void report_writable_code(const ProfileView& view, std::uint32_t runner, const WritableCode& code,
                          Findings& out) {
  const auto own = std::ranges::find_if(code.writers, [&](std::uint32_t rule) { return view.is_own(rule); });
  const bool all_foreign = !view.is_own(runner) && own == code.writers.end();
  const bool at_writer = !view.is_own(runner) && own != code.writers.end();
  const std::uint32_t place = at_writer ? *own : runner;
  Finding& finding = out.report(
      Code::writable_code, view.place_of(place),
      fmt::format("what {} can be {}, {} for one: whoever can write there runs what he likes, inside the "
                  "profile",
                  at_writer ? "this rule lets be written" : "this rule lets run",
                  at_writer ? "run" : "written", shown(code.path)));
  if (all_foreign) finding.diagnostic.severity = diag::Severity::note;
  const auto span_of = [&](std::uint32_t rule) { return view.profile().rules[rule].rule.span; };
  if (all_foreign) finding.label(span_of(runner), "by this rule");
  if (at_writer) finding.label(span_of(runner), "run by this rule");
  const std::uint32_t writer = own != code.writers.end() ? *own : code.writers.front();
  if (!at_writer && writer != runner)
    finding.label(span_of(writer),
                  code.writers.size() == 1
                      ? "written by this rule"
                      : fmt::format("written by this rule, and by {} more", code.writers.size() - 1));
  finding.with_help(
      "let nothing be both: name the programs that may run, or `deny` execution (`mx`) where it is written");
}

}  // namespace

void find_writable_code(const ProfileView& view, Findings& out) {
  static const auto paths = language_of("/{,**}");
  std::map<std::uint32_t, WritableCode> by_runner;
  for (const std::string_view likely : likely_places)
    if (const auto set = view.set_of(likely)) add_writable_code(view, {*set, std::string(likely)}, by_runner);
  for (const ProfileView::Meeting& meeting : view.meetings(*paths))
    add_writable_code(view, meeting, by_runner);
  for (const auto& [runner, code] : by_runner) {
    // A rule that lets everything be written is told of as that (broad_rule).
    const bool broad = std::ranges::any_of(code.writers, [&](std::uint32_t writer) {
      const auto* file = std::get_if<FileRule>(&view.profile().rules[writer].rule.body);
      return view.is_own(writer) && file != nullptr && gives(*file).writing && is_every_path(*file);
    });
    if (!broad && !code.writers.empty()) report_writable_code(view, runner, code, out);
  }
}

namespace {

/// A class of rules that, without a condition, is about everything there is.
struct Broad {
  RuleClass kind;
  bool grave;  ///< a warning; else a note
  std::string_view what;
  std::string_view help;
};
constexpr Broad broad_classes[] = {
    {RuleClass::network, false, "every address family, raw and packet sockets too",
     "name what is needed: `network inet stream,`, `network inet6 dgram,`"},
    {RuleClass::mount, true, "every mount",
     "say what may be mounted where: `mount fstype=tmpfs -> /run/x/,`"},
    {RuleClass::umount, true,
     "every mount point to be taken away, also those that hide or protect something (a container's "
     "/proc/kcore)",
     "say which: `umount /run/x/,`"},
    {RuleClass::ptrace, true, "tracing and reading of every process, whatever profile it has",
     "name the peer: `ptrace (trace, read) peer=@{profile_name},`"},
    {RuleClass::signal, false, "signals to and from every process", "name the peer: `signal (send) peer=x,`"},
    {RuleClass::unix, false, "every unix socket and peer", "name addresses and peers"},
    {RuleClass::dbus, false, "every message on every bus", "name the bus, the peer and the interface"},
    {RuleClass::userns, false, "user namespaces, by which a process meets much more of the kernel",
     "leave it out where the program does not need them"},
    {RuleClass::io_uring, false, "io_uring with polling and foreign credentials", "name the access"},
    {RuleClass::all, true, "everything", "name what is needed"},
};

/// Null: the rule has a condition, or its class is none of these.
const Broad* broad_class_of(const ClassRule& rule) {
  const bool bare = rule.words.empty() && rule.conditions.empty() && rule.peer.empty() && !rule.source &&
                    !rule.target && rule.access.empty();
  const auto* found = std::ranges::find(broad_classes, rule.kind, &Broad::kind);
  return bare && found != std::end(broad_classes) ? found : nullptr;
}

void judge_file_rule(const FileRule& rule, const WrittenRule& written, Findings& out) {
  const auto [writes, runs] = gives(rule);
  if ((writes || runs) && is_every_path(rule)) {
    out.report(Code::broad_rule, written.span,
               fmt::format("this rule lets every file be {}", writes && runs ? "written and run"
                                                              : writes       ? "written"
                                                                             : "run"))
        .with_help("name what is written and what is run; reading is what `/** r,` gives");
    return;
  }
  const bool unconfined = rule.exec.kind == policy::ExecTransition::Kind::unconfined;
  if (runs && unconfined && rule.path && rule.path->value.find_first_of("*?[") != std::string::npos)
    out.report(Code::broad_rule, written.span, "whatever matches this pattern is run without any profile")
        .with_help("name the programs, or let them inherit the profile (`ix`)");
}

}  // namespace

void find_broad_rules(const ProfileView& view, Findings& out) {
  for (const WrittenRule& written : view.own()) {
    const policy::Rule& rule = view.rule(written);
    if (!allows(rule)) continue;
    if (const auto* file = std::get_if<FileRule>(&rule.body)) judge_file_rule(*file, written, out);
    if (const auto* named = std::get_if<policy::CapabilityRule>(&rule.body); named && named->names.empty())
      out.report(Code::broad_rule, written.span,
                 "this rule gives every capability, those that undo all confinement (sys_admin, sys_module, "
                 "mac_admin) too")
          .with_help("name what is needed: `capability chown setuid,`");
    if (const auto* change = std::get_if<policy::ChangeProfileRule>(&rule.body);
        change && (!change->target || change->target->value == "**" || change->target->value == "unconfined"))
      out.report(Code::broad_rule, written.span,
                 "this rule lets a process leave its profile for any other, and for none")
          .with_help("name the profiles: `change_profile -> worker,`");
    const auto* other = std::get_if<ClassRule>(&rule.body);
    if (const Broad* broad = other != nullptr ? broad_class_of(*other) : nullptr) {
      Finding& finding =
          out.report(Code::broad_rule, written.span, fmt::format("this rule gives {}", broad->what));
      finding.with_help(std::string(broad->help));
      if (!broad->grave) finding.diagnostic.severity = diag::Severity::note;
    }
  }
}

void find_quiet_denies(const ProfileView& view, Findings& out) {
  const bool logged = std::ranges::any_of(
      view.profile().flags, [](const policy::Flag& flag) { return flag.name.value == "audit"; });
  std::vector<const WrittenRule*> quiet;
  for (const WrittenRule& written : view.own()) {
    const policy::Qualifiers& qualifiers = view.rule(written).qualifiers;
    if (qualifiers.access == Access::deny && !qualifiers.audit) quiet.push_back(&written);
  }
  if (quiet.empty() || logged) return;
  Finding& finding = out.report(
      Code::quiet_deny, quiet.front()->span,
      fmt::format("{} without `audit`: what {} leaves no line in the log, in complain mode neither, so that "
                  "nobody can see an attack, or why something fails",
                  quiet.size() == 1 ? "a deny rule"
                                    : fmt::format("this and {} more deny rule{}", quiet.size() - 1,
                                                  quiet.size() == 2 ? "" : "s"),
                  quiet.size() == 1 ? "it refuses" : "they refuse"));
  finding.with_help("write `audit deny` where a refusal is news; plain `deny` is for noise that is known");
  for (const WrittenRule* written : quiet)
    if (view.raw(written->span).starts_with("deny") && written->plain)
      finding.edits.push_back({{written->span.source, written->span.begin, written->span.begin}, "audit "});
}

namespace {

/// The question about one peer, as a query answers it.
bool lets_through(const ProfileView& view, std::string_view question) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::SourceId source = sources.add("check", std::string(question));
  const auto action =
      query::parse_action(sources, {source, 0, static_cast<std::uint32_t>(question.size())}, sink);
  return action && query::is_allowed(query::ask(view.compiled(), *action));
}

const policy::Text* peer_of(const ClassRule& rule) {
  if (rule.kind != RuleClass::signal && rule.kind != RuleClass::ptrace) return nullptr;
  for (const auto* conditions : {&rule.peer, &rule.conditions})
    for (const policy::Condition& condition : *conditions)
      if ((condition.key.value == "label" || condition.key.value == "peer") && condition.values.size() == 1)
        return &condition.values.front();
  return nullptr;
}

std::string_view question_about(const ClassRule& rule) {
  const auto has = [&](std::string_view word) {
    return rule.access.empty() ||
           std::ranges::any_of(rule.access, [&](const policy::Text& access) { return access.value == word; });
  };
  if (rule.kind == RuleClass::signal) return has("send") ? "signal send term" : "signal receive term";
  return has("trace") ? "ptrace trace" : has("read") ? "ptrace read" : "ptrace tracedby";
}

}  // namespace

void find_stacked_peers(const ProfileView& view, Findings& out) {
  if (!view.is_given()) return;  // who is put into a profile may be put into two
  for (const WrittenRule& written : view.own()) {
    const policy::Rule& rule = view.rule(written);
    const auto* of_class = std::get_if<ClassRule>(&rule.body);
    const policy::Text* peer = of_class != nullptr && allows(rule) ? peer_of(*of_class) : nullptr;
    if (peer == nullptr || compile::unescape(peer->value) != view.profile().name) continue;
    const std::string question = fmt::format("{} peer=self", question_about(*of_class));
    if (!lets_through(view, question) || lets_through(view, question + "//&unconfined")) continue;
    Finding& finding = out.report(
        Code::stacked_peer, peer->span,
        fmt::format(
            "this peer is `{0}` alone; from Linux 6.17 on `docker exec` starts processes as `{0}//&…`, "
            "and this rule does not cover them",
            diag::printable(view.profile().name)));
    const std::string wider = fmt::format("{{,**//&}}{}{{,//&**}}", view.raw(peer->span));
    finding.with_help(fmt::format("write `peer={}`: stacked before or behind, or alone", wider));
    if (!peer->quoted) finding.edits.push_back({peer->span, wider});
  }
}

}  // namespace bh::check
