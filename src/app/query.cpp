#include "app/query.h"

#include <algorithm>
#include <cerrno>

#include "app/verify.h"
#include "query/explain.h"

namespace bh::app {
namespace {

std::vector<std::string> places_of(const query::Answer& answer, const query::Origin& origin) {
  std::vector<std::string> places;
  for (const query::Side* side : {&answer.owner, &answer.other})
    for (const query::Finding& finding : side->findings)
      for (const query::DecidingLine& line : query::deciding_lines(finding, origin))
        if (!line.place.empty() && std::ranges::find(places, line.place) == places.end())
          places.push_back(line.place);
  return places;
}

diag::Span whole(const Session& session, diag::SourceId source) {
  return {source, 0, static_cast<std::uint32_t>(session.sources.text(source).size())};
}

/// The place of the text itself, inside its quotes, where it stands in the spec as it is meant (no escapes).
diag::Span action_span(Session& session, const generate::Entry& entry) {
  diag::Span inner = entry.span;
  std::string_view written = session.sources.text(entry.span);
  std::size_t at = written.find(entry.text);
  if (at == std::string_view::npos) return whole(session, session.sources.add("the action", entry.text));
  inner.begin += static_cast<std::uint32_t>(at);
  inner.end = inner.begin + static_cast<std::uint32_t>(entry.text.size());
  return inner;
}

bool holds(const query::Answer& answer, bool allow) {
  return allow ? query::is_allowed(answer) : query::is_denied(answer);
}

std::string verdict_words(const query::Answer& answer) {
  if (!answer.depends_on_owner()) return std::string(query::verdict_text(answer.owner.verdict));
  return fmt::format("{} for the file's owner, {} for others", query::verdict_text(answer.owner.verdict),
                     query::verdict_text(answer.other.verdict));
}

/// What was expected and is not so, with the deciding rules of the generated text as labels.
void report_broken(Session& session, const generate::Expectation& expectation, const query::Action& action,
                   const query::Answer& answer, const Compiled& traced, std::size_t index) {
  auto& report =
      session.sink.report(diag::Code::expectation_failed, expectation.action.span,
                          fmt::format("`{}` is expected to be {}, but it is {}", action.text,
                                      expectation.allow ? "allowed" : "denied", verdict_words(answer)));
  if (!traced.resolved) return;  // a binary knows no rules
  const auto& profile = traced.resolved->profiles[index];
  std::vector<std::uint32_t> shown;
  for (const query::Side* side : {&answer.owner, &answer.other})
    for (const query::Finding& finding : side->findings)
      for (const query::Decider& decider : finding.deciders) {
        if (decider.rule >= profile.rules.size() || std::ranges::find(shown, decider.rule) != shown.end())
          continue;
        shown.push_back(decider.rule);
        report.label(profile.rules[decider.rule].rule.span,
                     decider.deny ? "this rule denies it" : "this rule allows it");
      }
  if (shown.empty())
    report.with_help(
        "no rule speaks of it: what no rule allows is denied, what the kernel does not mediate is allowed");
}

}  // namespace

// The order of both lists is the same (compile.h).
std::optional<query::Origin> origin_of(const Session& session, const Compiled& compiled, std::size_t index) {
  if (!compiled.resolved || compiled.resolved->profiles.size() != compiled.policy.profiles.size())
    return std::nullopt;
  return query::Origin{session.sources, *compiled.resolved, compiled.resolved->profiles[index]};
}

Result<std::size_t> pick_profile(const Compiled& compiled, const Input& input, const std::string& wanted) {
  const std::string& name = wanted.empty() ? input.loaded_name : wanted;
  if (name.empty()) return std::size_t{0};
  const auto& profiles = compiled.policy.profiles;
  auto at = std::ranges::find_if(
      profiles, [&](const auto& one) { return listed_name(one) == name || one.name == name; });
  if (at == profiles.end())
    return tl::unexpected(Error{fmt::format("{} holds no profile named {}", input.name, name), ENOENT});
  return static_cast<std::size_t>(at - profiles.begin());
}

Result<QueryReport> query_profile(Session& session, Pipeline& pipeline, const std::string& input,
                                  const std::string& profile, const std::vector<std::string>& actions) {
  std::size_t before = session.sink.errors();
  std::vector<query::Action> parsed;
  for (const std::string& action : actions) {
    auto source = session.sources.add("the action", action);
    if (auto one = query::parse_action(session.sources, whole(session, source), session.sink))
      parsed.push_back(std::move(*one));
  }
  if (session.sink.errors() != before) return wrong_input(session, before);
  BH_TRY(Profile read, pipeline.read(input));
  BH_TRY(Compiled compiled, pipeline.compile(read, Tags::keep));
  BH_TRY(std::size_t index, pick_profile(compiled, read.input, profile));
  const auto& asked_profile = compiled.policy.profiles[index];
  QueryReport report{.profile = listed_name(asked_profile)};
  if (read.input.kind != InputKind::compiled) {
    BH_TRY(ChosenFeatures chosen, pipeline.features());
    report.features = chosen.origin;
  }
  auto origin = origin_of(session, compiled, index);
  report.has_rules = origin.has_value();
  for (query::Action& action : parsed) {
    query::Answer answer = query::ask(asked_profile, action);
    std::string explanation = query::explain(action, answer, origin ? &*origin : nullptr);
    auto places = origin ? places_of(answer, *origin) : std::vector<std::string>();
    report.asked.push_back({std::move(action), std::move(answer), std::move(explanation), std::move(places)});
  }
  return report;
}

Result<std::vector<ExpectationResult>> check_expectations(Session& session, Pipeline& pipeline,
                                                          const Profile& profile, const Compiled& compiled,
                                                          std::span<const generate::Expectation> expectations,
                                                          std::size_t index) {
  std::vector<ExpectationResult> results;
  std::size_t before = session.sink.errors();
  std::optional<Compiled> traced;  // made for the first that does not hold
  for (const generate::Expectation& expectation : expectations) {
    auto action =
        query::parse_action(session.sources, action_span(session, expectation.action), session.sink);
    if (!action) continue;
    query::Answer answer = query::ask(compiled.policy.profiles[index], *action);
    bool fine = holds(answer, expectation.allow);
    results.push_back({action->text, expectation.allow, fine, verdict_words(answer)});
    if (fine) continue;
    if (!traced) {
      BH_TRY(traced, pipeline.compile(profile, Tags::keep));
    }
    report_broken(session, expectation, *action, query::ask(traced->policy.profiles[index], *action), *traced,
                  index);
  }
  // What cannot be read is an error of the input; what does not hold is an answer.
  if (session.sink.errors() - before >
      static_cast<std::size_t>(std::ranges::count(results, false, &ExpectationResult::holds)))
    return wrong_input(session, before);
  return results;
}

}  // namespace bh::app
