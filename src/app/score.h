// score: how profiles fare against the attack catalogue, several side by side, with the lines that decided.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"
#include "query/score.h"

namespace bh::app {

/// One profile against the whole catalogue.
struct ScoredProfile {
  std::string input;  ///< as the user wrote it
  std::string title;  ///< of its column
  std::string name;   ///< the profile's, as the kernel lists it
  query::Score score;
  /// By row of the score: the rules that decided, `place: text`, each once; empty where none did, and of a
  /// compiled policy.
  std::vector<std::vector<std::string>> deciding;
};

struct ScoreReport {
  std::vector<ScoredProfile> profiles;
  std::string features;  ///< whose; empty: everything came compiled
  ChosenFeatures chosen;
};

/// `profile`: which one of a file that holds several, by full name; empty: the first. Errors: an input that
/// cannot be compiled.
[[nodiscard]] Result<ScoreReport> score_profiles(Session& session, Pipeline& pipeline,
                                                 const std::vector<std::string>& inputs,
                                                 const std::string& profile);

}  // namespace bh::app
