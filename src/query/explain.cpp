#include "query/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <variant>

#include "compile/describe.h"
#include "compile/names.h"

namespace bh::query {
namespace {

constexpr std::size_t most_findings = 8;  // of one answer; signals and socket types make dozens

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\t' || c == ' ' || c == '\r';
    if (blank && (out.empty() || out.back() == ' ')) continue;
    out += blank ? ' ' : c;
  }
  return out;
}

DecidingLine line_of(const Decider& decider, const Origin& origin) {
  DecidingLine line;
  line.deny = decider.deny;
  if (decider.rule >= origin.profile.rules.size()) {
    line.rule = "implied by the profile's kind";
    return line;
  }
  const policy::ResolvedRule& rule = origin.profile.rules[decider.rule];
  line.place = origin.sources.describe(rule.rule.span);
  line.rule = one_line(origin.sources.text(rule.rule.span));
  for (policy::ChainId chain = rule.chain; chain.valid(); chain = origin.policy.chains[chain.index()].outer) {
    line.included.push_back(fmt::format(
        "included from {}", origin.sources.describe(origin.policy.chains[chain.index()].include)));
  }
  return line;
}

/// Capabilities are sets, not strings: a deny rule wins, else those that allow it.
struct CapabilityRules {
  std::vector<Decider> allow, deny;
  [[nodiscard]] const std::vector<Decider>& deciding() const { return deny.empty() ? allow : deny; }
};

CapabilityRules capability_rules(std::uint32_t capability, const policy::ResolvedProfile& profile) {
  const std::string_view name = compile::name_of(compile::capability_names(), capability);
  const auto names_it = [&](const policy::Rule& rule) {
    if (const auto* named = std::get_if<policy::CapabilityRule>(&rule.body)) {
      return named->names.empty() ||
             std::ranges::any_of(named->names, [&](const policy::Text& text) { return text.value == name; });
    }
    const auto* other = std::get_if<policy::ClassRule>(&rule.body);
    return other != nullptr && other->kind == policy::RuleClass::all;
  };
  CapabilityRules rules;
  for (std::uint32_t i = 0; i < profile.rules.size(); ++i) {
    const policy::Rule& rule = profile.rules[i].rule;
    if (!names_it(rule)) continue;
    const bool denies = rule.qualifiers.access == policy::Access::deny;
    (denies ? rules.deny : rules.allow).push_back({i, denies});
  }
  return rules;
}

std::vector<DecidingLine> lines_of(const std::vector<Decider>& deciders, const Origin& origin) {
  std::vector<DecidingLine> lines;
  for (const Decider& decider : deciders) lines.push_back(line_of(decider, origin));
  return lines;
}

std::string_view then_words(bool denied_now, bool lets_through) {
  if (lets_through) return "allowed";
  return denied_now ? "still denied, as no rule allows it" : "denied";
}

void explain_turn(std::string& out, const Finding& finding, const std::vector<DecidingLine>& deciding,
                  const Origin& origin) {
  const auto turn = turn_lines(finding, origin);
  if (!turn) return;
  const std::string_view then = then_words(!lets_through(finding.verdict), turn->lets_through);
  const auto same = [](const DecidingLine& a, const DecidingLine& b) {
    return a.place == b.place && a.included == b.included;
  };
  auto into = std::back_inserter(out);
  if (std::ranges::equal(turn->without, deciding, same)) {
    fmt::format_to(into, "    without {}: {}\n",
                   deciding.size() == 1 ? "this rule" : fmt::format("these {} rules", deciding.size()), then);
    return;
  }
  std::vector<std::string_view> places;
  for (const DecidingLine& line : turn->without) places.push_back(line.place);
  fmt::format_to(into, "    without {}: {}\n", fmt::join(places, " and "), then);
}

void explain_finding(std::string& out, const Finding& finding, const Origin* origin) {
  auto into = std::back_inserter(out);
  if (!finding.transition.empty()) fmt::format_to(into, "    it then runs as: {}\n", finding.transition);
  if (!finding.note.empty()) fmt::format_to(into, "    {}\n", finding.note);
  if (origin == nullptr || finding.verdict == Verdict::not_mediated) return;
  const auto show = [&](const DecidingLine& line) {
    if (line.place.empty())
      fmt::format_to(into, "    {}\n", line.rule);
    else
      fmt::format_to(into, "    {}: {}\n", line.place, line.rule);
    for (const std::string& step : line.included) fmt::format_to(into, "        {}\n", step);
  };
  const std::vector<DecidingLine> lines = deciding_lines(finding, *origin);
  for (const DecidingLine& line : lines) show(line);
  explain_turn(out, finding, lines, *origin);
  if (!lines.empty() || !(finding.traced || finding.capability)) return;
  out += "    no rule allows it\n";
  const std::vector<DecidingLine> near = near_lines(finding, *origin);
  if (!near.empty()) out += "    rules about the same object, with other permissions:\n";
  for (const DecidingLine& line : near) show(line);
}

std::string verdict_words(Verdict verdict, std::uint32_t mode) {
  std::string text(verdict_text(verdict));
  if (verdict == Verdict::denied) text += " (logged)";
  if (mode != static_cast<std::uint32_t>(compile::Mode::complain)) return text;
  if (verdict == Verdict::denied)
    text += ", but the profile is in complain mode: it is let through and logged";
  if (verdict == Verdict::denied_silently) text += ", in complain mode too";
  return text;
}

void explain_side(std::string& out, const Side& side, const Origin* origin) {
  // Of many, those that say most: where they differ, the ones that are refused.
  std::vector<const Finding*> shown;
  for (const Finding& finding : side.findings) {
    const bool counts = lets_through(side.verdict) || !lets_through(finding.verdict);
    if (counts) shown.push_back(&finding);
  }
  const bool several = side.findings.size() > 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    if (i == most_findings) {
      fmt::format_to(std::back_inserter(out), "  and {} more\n", shown.size() - i);
      return;
    }
    if (several)
      fmt::format_to(std::back_inserter(out), "  {}: {}\n", compile::escaped(shown[i]->what),
                     verdict_text(shown[i]->verdict));
    explain_finding(out, *shown[i], origin);
  }
}

}  // namespace

std::vector<DecidingLine> deciding_lines(const Finding& finding, const Origin& origin) {
  if (finding.capability)
    return lines_of(capability_rules(*finding.capability, origin.profile).deciding(), origin);
  return lines_of(finding.deciders, origin);
}

std::optional<TurnLines> turn_lines(const Finding& finding, const Origin& origin) {
  if (finding.capability) {
    const CapabilityRules rules = capability_rules(*finding.capability, origin.profile);
    if (rules.deciding().empty()) return std::nullopt;
    return TurnLines{lines_of(rules.deciding(), origin), !rules.deny.empty() && !rules.allow.empty()};
  }
  if (!finding.turn) return std::nullopt;
  TurnLines turn{{}, finding.turn->lets_through};
  for (const std::uint32_t rule : finding.turn->without) turn.without.push_back(line_of({rule}, origin));
  return turn;
}

std::vector<DecidingLine> near_lines(const Finding& finding, const Origin& origin) {
  return lines_of(finding.near, origin);
}

std::vector<FindingLines> finding_lines(const Side& side, const Origin* origin) {
  std::vector<FindingLines> all;
  for (const Finding& finding : side.findings) {
    FindingLines& lines = all.emplace_back();
    lines.what = finding.what;
    lines.verdict = finding.verdict;
    lines.transition = finding.transition;
    lines.note = finding.note;
    if (origin == nullptr) continue;
    lines.rules = deciding_lines(finding, *origin);
    lines.near = near_lines(finding, *origin);
    lines.turn = turn_lines(finding, *origin);
  }
  return all;
}

std::string headline(std::string_view action, Verdict as_owner, Verdict as_other, std::uint32_t mode) {
  if (as_owner == as_other)
    return fmt::format("{}: {}\n", compile::escaped(action), verdict_words(as_other, mode));
  return fmt::format("{}: {} as the file's owner, {} otherwise\n", compile::escaped(action),
                     verdict_words(as_owner, mode), verdict_words(as_other, mode));
}

std::string explain(const Action& action, const Answer& answer, const Origin* origin) {
  std::string out = headline(action.text, answer.owner.verdict, answer.other.verdict, answer.mode);
  if (!answer.depends_on_owner()) {
    explain_side(out, answer.other, origin);
    return out;
  }
  out += "  as the owner:\n";
  explain_side(out, answer.owner, origin);
  out += "  otherwise:\n";
  explain_side(out, answer.other, origin);
  return out;
}

}  // namespace bh::query
