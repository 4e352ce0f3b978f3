#include "app/score.h"

#include <algorithm>

#include "app/origin.h"
#include "app/query.h"
#include "app/verify.h"
#include "query/explain.h"

namespace bh::app {
namespace {

/// The rules that decided a row, as far as rules did.
std::vector<std::string> deciding_lines(const query::RowScore& row, const query::Origin& origin) {
  std::vector<std::string> lines;
  for (const query::Answer& answer : row.answers)
    for (const query::Side* side : {&answer.owner, &answer.other})
      for (const query::Finding& finding : side->findings)
        for (const query::DecidingLine& line : query::deciding_lines(finding, origin)) {
          std::string text = line.place.empty() ? line.rule : fmt::format("{}: {}", line.place, line.rule);
          if (std::ranges::find(lines, text) == lines.end()) lines.push_back(std::move(text));
        }
  return lines;
}

}  // namespace

Result<ScoreReport> score_profiles(Session& session, Pipeline& pipeline,
                                   const std::vector<std::string>& inputs, const std::string& profile) {
  ScoreReport report;
  for (const std::string& input : inputs) {
    BH_TRY(Profile read, pipeline.read(input));
    BH_TRY(Compiled compiled, pipeline.compile(read, Purpose::reasons));
    BH_TRY(const std::size_t index, pick_profile(compiled, read.input, profile));
    const auto& scored = compiled.policy.profiles[index];
    ScoredProfile column{
        .input = input, .title = title_of(input), .name = listed_name(scored), .score = query::score(scored)};
    const auto origin = origin_of(session, compiled, index);
    for (const query::RowScore& row : column.score.rows)
      column.deciding.push_back(origin ? deciding_lines(row, *origin) : std::vector<std::string>());
    report.profiles.push_back(std::move(column));
    if (read.input.kind == InputKind::compiled) continue;
    BH_TRY(report.chosen, pipeline.features());
    report.features = report.chosen.origin;
  }
  return report;
}

}  // namespace bh::app
