#include "app/profile_score.h"

#include <algorithm>

#include "compile/decode.h"
#include "query/score.h"

namespace bh::app {
namespace {

Result<query::Score> score_of(Session& session, const std::string& profile) {
  BH_TRY(std::string bytes, session.kernel.raw_data_of(profile));
  BH_TRY(auto policy, compile::decode(bytes));
  // A load may bring several profiles, and children under their full names.
  auto found = std::ranges::find(policy.profiles, profile, &compile::CompiledProfile::name);
  if (found == policy.profiles.end()) return fail("the load that it came with does not hold it");
  return query::score(*found);
}

}  // namespace

audit::ProfileScore score_loaded(Session& session, const std::string& profile) {
  audit::ProfileScore out{.profile = profile};
  auto score = score_of(session, profile);
  if (!score) {
    out.unknown = std::move(score.error().text);
    return out;
  }
  out.attacks_blocked = static_cast<std::int64_t>(score->attacks_blocked);
  out.attacks = static_cast<std::int64_t>(score->attacks);
  out.functions_kept = static_cast<std::int64_t>(score->functions_kept);
  out.functions = static_cast<std::int64_t>(score->functions);
  for (const auto& row : score->rows)
    if (row.row->kind == query::RowKind::attack &&
        (row.outcome == query::RowOutcome::allowed || row.outcome == query::RowOutcome::partly))
      out.let_through.push_back(fmt::format("{} {}", row.row->id, row.row->title));
  return out;
}

}  // namespace bh::app
