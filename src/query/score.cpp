#include "query/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <tuple>

#include "base/check.h"

namespace bh::query {
namespace {

RowOutcome outcome_of(const std::vector<Answer>& answers) {
  const auto all = [&](auto&& holds) { return std::ranges::all_of(answers, holds); };
  if (answers.empty()) return RowOutcome::elsewhere;
  if (all(is_denied)) return RowOutcome::blocked;
  if (std::ranges::any_of(
          answers, [](const Answer& answer) { return answer.other.verdict == Verdict::not_mediated; })) {
    return all(is_allowed) ? RowOutcome::not_mediated : RowOutcome::partly;
  }
  return all(is_allowed) ? RowOutcome::allowed : RowOutcome::partly;
}

RowScore score_row(const compile::CompiledProfile& profile, const CatalogueRow& row) {
  RowScore result{.row = &row};
  std::string_view rest = row.questions;
  while (!rest.empty()) {
    const std::size_t stop = std::min(rest.find('\n'), rest.size());
    diag::SourceMap sources;
    diag::Sink sink;
    const diag::SourceId source = sources.add(std::string(row.id), std::string(rest.substr(0, stop)));
    const auto action = parse_action(sources, {source, 0, static_cast<std::uint32_t>(stop)}, sink);
    BH_CHECK(action.has_value());
    result.answers.push_back(ask(profile, *action));
    rest.remove_prefix(std::min(stop + 1, rest.size()));
  }
  result.outcome = outcome_of(result.answers);
  result.silent =
      result.outcome == RowOutcome::blocked && std::ranges::all_of(result.answers, [](const Answer& answer) {
        return answer.other.verdict == Verdict::denied_silently;
      });
  return result;
}

}  // namespace

std::string_view outcome_text(RowOutcome outcome) {
  switch (outcome) {
    case RowOutcome::blocked:
      return "blocked";
    case RowOutcome::allowed:
      return "allowed";
    case RowOutcome::partly:
      return "partly";
    case RowOutcome::not_mediated:
      return "not mediated";
    case RowOutcome::elsewhere:
      return "elsewhere";
  }
  return "";
}

bool RowScore::good() const {
  if (row->kind == RowKind::attack) return outcome == RowOutcome::blocked;
  return outcome == RowOutcome::allowed || outcome == RowOutcome::not_mediated;
}

Score score(const compile::CompiledProfile& profile) {
  Score result;
  for (const CatalogueRow& row : catalogue()) {
    result.rows.push_back(score_row(profile, row));
    const RowScore& scored = result.rows.back();
    const bool decided = scored.outcome != RowOutcome::elsewhere &&
                         (row.kind == RowKind::function || scored.outcome != RowOutcome::not_mediated);
    if (!decided) continue;
    const auto [good, all] = row.kind == RowKind::attack ? std::tie(result.attacks_blocked, result.attacks)
                                                         : std::tie(result.functions_kept, result.functions);
    ++all;
    if (scored.good()) ++good;
  }
  return result;
}

std::string to_text(std::span<const NamedScore> scores) {
  std::string out;
  auto into = std::back_inserter(out);
  std::vector<std::size_t> widths;
  for (const NamedScore& named : scores)
    widths.push_back(std::max(named.name.size(), std::string_view("blocked, silent").size()));
  std::size_t title = 0;
  for (const CatalogueRow& row : catalogue()) title = std::max(title, row.title.size());

  const auto line = [&](std::string_view id, std::string_view text, auto&& cell) {
    fmt::format_to(into, "{:<5}{:<{}}", id, text, title);
    for (std::size_t i = 0; i < scores.size(); ++i) fmt::format_to(into, "  {:<{}}", cell(i), widths[i]);
    while (out.ends_with(' ')) out.pop_back();
    out += '\n';
  };
  const auto part = [&](RowKind kind, std::string_view heading) {
    line("", heading, [&](std::size_t i) { return scores[i].name; });
    for (std::size_t r = 0; r < catalogue().size(); ++r) {
      const CatalogueRow& row = catalogue()[r];
      if (row.kind != kind) continue;
      line(row.id, row.title, [&](std::size_t i) {
        const RowScore& scored = scores[i].score.rows[r];
        return fmt::format("{}{}", outcome_text(scored.outcome), scored.silent ? ", silent" : "");
      });
    }
  };
  part(RowKind::attack, "ATTACKS");
  out += '\n';
  part(RowKind::function, "FUNCTIONS");
  out += '\n';
  line("", "attacks blocked", [&](std::size_t i) {
    return fmt::format("{} of {}", scores[i].score.attacks_blocked, scores[i].score.attacks);
  });
  line("", "functions kept", [&](std::size_t i) {
    return fmt::format("{} of {}", scores[i].score.functions_kept, scores[i].score.functions);
  });
  return out;
}

}  // namespace bh::query
