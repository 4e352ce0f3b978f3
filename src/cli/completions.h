// Completion scripts for bash, zsh and fish, made from the table.
#pragma once

#include <string>

namespace bh::cli {

[[nodiscard]] std::string bash_completions();
[[nodiscard]] std::string zsh_completions();
[[nodiscard]] std::string fish_completions();

}  // namespace bh::cli
