// Rules that change nothing: said twice, covered by others, or taken back by deny rules.
#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <variant>

#include "check/catalogue.h"
#include "check/edit.h"
#include "check/effects.h"

namespace bh::check {
namespace {

using diag::Code;

constexpr std::size_t most_labels = 3;

/// Whose compiled form says more than its own permissions: change_profile brings access to its interface with
/// it, a limit is the last one of its kind.
bool is_judged(const policy::Rule& rule) {
  return !std::holds_alternative<policy::ChangeProfileRule>(rule.body) &&
         !std::holds_alternative<policy::RlimitRule>(rule.body);
}

std::string message(Code code, const Effects::Cause& cause, bool deny) {
  const std::size_t others = cause.rules.size();
  const std::string_view verb = deny ? "denies" : "allows";
  switch (code) {
    case Code::rule_repeated:
      return "this rule stands here twice";
    case Code::rule_dead:
      return fmt::format(
          "this rule does nothing: {} everything that it allows, and deny wins",
          others == 1 ? "a deny rule takes back" : fmt::format("{} deny rules take back", others));
    case Code::rule_in_include:
      return fmt::format("this rule does nothing here: the profile includes a file that {} all that it {}",
                         verb, verb);
    default:
      return fmt::format("this rule does nothing: {} all that it {}",
                         others == 1
                             ? fmt::format("another rule {}", verb)
                             : fmt::format("{} other rules together {}", others, deny ? "deny" : "allow"),
                         verb);
  }
}

std::string help(Code code, bool fixable, bool plain) {
  std::string text = fixable  ? "take it away: `check --fix` does"
                     : !plain ? "take it away, if that holds whatever the `if` or the block around it says"
                              : "take it away";
  if (code == Code::rule_dead)
    text += "; or leave what shall be allowed out of the deny, which no allow rule undoes";
  if (code == Code::rule_in_include)
    text = "it can go where the includes are the same everywhere; another release's may not have it";
  return text;
}

void add_labels(const ProfileView& view, const Effects::Cause& cause, Code code, Finding& finding) {
  const auto shown = std::min(cause.rules.size(), most_labels);
  for (const std::uint32_t rule : cause.rules | std::views::take(shown)) {
    const bool deny = view.profile().rules[rule].rule.qualifiers.access == policy::Access::deny;
    std::string text = code == Code::rule_repeated ? "and here" : deny ? "denied here" : "allowed here";
    if (rule == cause.rules[shown - 1] && cause.rules.size() > shown)
      text += fmt::format(", and by {} more", cause.rules.size() - shown);
    finding.label(view.profile().rules[rule].rule.span, std::move(text));
    if (!view.is_own(rule)) finding.label(view.place_of(rule), "included here");
  }
}

void report(const ProfileView& view, const WrittenRule& written, const Effects::Cause& cause, Findings& out) {
  const bool deny = view.rule(written).qualifiers.access == policy::Access::deny;
  const bool all_own =
      std::ranges::all_of(cause.rules, [&](std::uint32_t rule) { return view.is_own(rule); });
  const Code code = cause.only_denied ? Code::rule_dead
                    : !all_own        ? Code::rule_in_include
                    : cause.same      ? Code::rule_repeated
                                      : Code::rule_shadowed;
  Finding& finding = out.report(code, written.span, message(code, cause, deny));
  add_labels(view, cause, code, finding);
  // A comment inside the rule would go with it; and what an include says here it may not say elsewhere.
  const bool commented = view.raw(written.span).find('#') != std::string_view::npos;
  const bool fixable = written.plain && all_own && !commented;
  finding.with_help(help(code, fixable, written.plain));
  // Denied once more than needed is no mistake.
  if (deny && code == Code::rule_shadowed) finding.diagnostic.severity = diag::Severity::note;
  if (!fixable) return;
  finding.edits.push_back(removal(view.subject().sources.text(view.subject().source), written.span));
  finding.keeps_policy = true;
}

}  // namespace

void find_idle_rules(const ProfileView& view, Findings& out) {
  Effects effects(view);
  // Of two that say the same the later one is told of.
  for (const WrittenRule& written : view.own() | std::views::reverse) {
    if (!is_judged(view.rule(written)) || !effects.changes_nothing(written)) continue;
    report(view, written, effects.cause(written), out);
    effects.leave_out(written);
  }
}

}  // namespace bh::check
