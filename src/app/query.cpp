#include "app/query.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

#include "app/origin.h"
#include "app/verify.h"
#include "query/path_questions.h"

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

Result<Asking> Asking::open(Session& session, Pipeline& pipeline, const std::string& input,
                            const std::string& profile, Purpose purpose) {
  BH_TRY(Profile read, pipeline.read(input));
  BH_TRY(Compiled compiled, pipeline.compile(read, purpose));
  Asking asking(session);
  BH_TRY(asking.index_, pick_profile(compiled, read.input, profile));
  asking.compiled_ = std::make_unique<Compiled>(std::move(compiled));
  asking.name_ = listed_name(asking.profile());
  if (read.input.kind != InputKind::compiled) {
    BH_TRY(ChosenFeatures chosen, pipeline.features());
    asking.features_ = chosen.origin;
  }
  return asking;
}

std::optional<query::Origin> Asking::origin() const { return origin_of(*session_, *compiled_, index_); }

Result<Asked> Asking::ask_any(const query::AnyQuestion& question) const {
  const auto from = origin();
  const auto hints = from ? query::glob_hints(from->profile) : std::vector<std::string>();
  BH_TRY(query::AnyAnswer any, query::ask_any(profile(), question, hints));
  Asked asked{.text = question.text};
  if (any.example) answer(*any.example, from, asked);
  asked.explanation = query::explain(question, any, asked.answer, from ? &*from : nullptr);
  asked.any = std::move(any);
  return asked;
}

void Asking::answer(const query::Action& action, const std::optional<query::Origin>& from,
                    Asked& asked) const {
  asked.answer = query::ask(profile(), action);
  if (from) asked.places = places_of(asked.answer, *from);
  asked.owner = query::finding_lines(asked.answer.owner, from ? &*from : nullptr);
  asked.other = query::finding_lines(asked.answer.other, from ? &*from : nullptr);
}

Result<std::optional<Asked>> Asking::ask(diag::Span where) const {
  const std::string_view text = session_->sources.text(where);
  if (query::is_any(text)) {
    const auto question = query::parse_any(session_->sources, where, profile(), session_->sink);
    if (!question) return std::nullopt;
    BH_TRY(Asked asked, ask_any(*question));
    return std::optional(std::move(asked));
  }
  const auto action = query::parse_action(session_->sources, where, session_->sink);
  if (!action) return std::nullopt;
  const auto from = origin();
  Asked asked{.text = action->text};
  answer(*action, from, asked);
  asked.explanation = query::explain(*action, asked.answer, from ? &*from : nullptr);
  return std::optional(std::move(asked));
}

Result<QueryReport> query_profile(Session& session, Pipeline& pipeline, const std::string& input,
                                  const std::string& profile, const std::vector<std::string>& actions) {
  std::size_t before = session.sink.errors();
  std::vector<diag::Span> questions;
  for (const std::string& action : actions)
    questions.push_back(whole(session, session.sources.add("the action", action)));
  // What cannot be read is said before anything is compiled, as far as that does not depend on the profile.
  for (const diag::Span& where : questions)
    if (!query::is_any(session.sources.text(where)))
      (void)query::parse_action(session.sources, where, session.sink);
  if (session.sink.errors() != before) return wrong_input(session, before);
  BH_TRY(const Asking asking, Asking::open(session, pipeline, input, profile, Purpose::reasons));
  QueryReport report = asking.report();
  for (const diag::Span& where : questions) {
    BH_TRY(auto asked, asking.ask(where));
    if (asked) report.asked.push_back(std::move(*asked));
  }
  if (session.sink.errors() != before) return wrong_input(session, before);
  return report;
}

namespace {

/// Lines of a text, batch by batch, in their order.
class BulkRun {
 public:
  BulkRun(Session& session, const Asking& asking, std::string lines,
          const std::function<void(std::string_view)>& out)
      : asking_(asking),
        source_(session.sources.add("<stdin>", std::move(lines))),
        text_(session.sources.text(source_)),
        out_(out),
        paths_(asking.profile()) {}

  Result<BulkReport> run() {
    constexpr std::size_t chunk = std::size_t{64} << 10, most_unreadable = 20;
    while (at_ < text_.size() && report_.unreadable < most_unreadable) {
      read_batch();
      paths_.answer(std::span(lines_).first(count_), answered_);
      for (std::size_t i = 0; i < count_; ++i) BH_TRY_DO(take(i));
      if (buffer_.size() < chunk) continue;
      out_(buffer_);
      buffer_.clear();
    }
    out_(buffer_);
    return report_;
  }

 private:
  void read_batch() {
    for (count_ = 0; count_ < lines_.size() && at_ < text_.size(); ++count_) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      lines_[count_] = text_.substr(at_, end - at_);
      at_ = end + 1;
    }
  }

  Result<void> take(std::size_t i) {
    const std::string_view line = lines_[i];
    if (const auto& verdicts = answered_[i].verdicts) {
      buffer_ += line;
      buffer_ += answered_[i].text;
      note(query::lets_through(verdicts->owner) && query::lets_through(verdicts->other),
           query::refuses(verdicts->owner) && query::refuses(verdicts->other));
      return {};
    }
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') return {};
    const auto begin = static_cast<std::uint32_t>(line.data() - text_.data());
    BH_TRY(const auto asked, asking_.ask({source_, begin, begin + static_cast<std::uint32_t>(line.size())}));
    if (!asked) {
      ++report_.unreadable;
      return {};
    }
    buffer_ += asked->explanation.substr(0, asked->explanation.find('\n') + 1);
    note(asked->is_allowed(), asked->is_denied());
    return {};
  }

  void note(bool allowed, bool denied) {
    ++report_.asked;
    report_.allowed += allowed ? 1 : 0;
    report_.denied += denied ? 1 : 0;
  }

  const Asking& asking_;
  diag::SourceId source_;
  std::string_view text_;
  const std::function<void(std::string_view)>& out_;
  query::PathQuestions paths_;
  std::size_t at_ = 0, count_ = 0;
  std::array<std::string_view, query::PathQuestions::batch> lines_;
  std::array<query::PathQuestions::Answered, query::PathQuestions::batch> answered_;
  std::string buffer_;
  BulkReport report_;
};

}  // namespace

Result<BulkReport> query_lines(Session& session, const Asking& asking, std::string lines,
                               const std::function<void(std::string_view)>& out) {
  return BulkRun(session, asking, std::move(lines), out).run();
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
      BH_TRY(traced, pipeline.compile(profile, Purpose::reasons));
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
