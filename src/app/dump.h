// compile --dump: what a profile is after each stage of the pipeline, for people who want to see where
// something comes from.
#pragma once

#include <string>

#include "app/pipeline.h"

namespace bh::app {

enum class Stage : std::uint8_t {
  text,      ///< profile text: made from a spec, or as it was read
  resolved,  ///< every rule on a line, includes, variables, conditionals and aliases done, each with its
             ///< place
  policy,    ///< the compiled policy in words, as decode has it
};

/// Errors: as Pipeline's; a compiled policy has neither text nor rules.
[[nodiscard]] Result<std::string> dump(Session& session, Pipeline& pipeline, const std::string& input,
                                       Stage stage);

}  // namespace bh::app
