// One run of the program: the words of its command line -> an exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/terminal.h"

namespace bh::cli {

/// `words`: without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& words, Terminal& terminal);

}  // namespace bh::cli
