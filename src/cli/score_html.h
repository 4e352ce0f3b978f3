// Scores as one HTML page that needs nothing else: no script, no font, no network. Dark and light as the
// reader's system has it; what a cell says is said in words, colour only helps.
#pragma once

#include <string>

#include "app/score.h"

namespace bh::cli {

[[nodiscard]] std::string to_html(const app::ScoreReport& report);

}  // namespace bh::cli
