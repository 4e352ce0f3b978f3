// Help on the screen, made from the table.
#pragma once

#include <string>

#include "cli/command.h"

namespace bh::cli {

/// All commands, a line each.
[[nodiscard]] std::string overview();
[[nodiscard]] std::string help_of(const Command& command);
/// `bulkhead apply [FLAGS] INPUT`.
[[nodiscard]] std::string usage_of(const Command& command);
/// `-o, --output FILE`.
[[nodiscard]] std::string flag_title(const Flag& flag);
/// Words filled into lines of at most `width` columns, each after `indent`; empty lines stay.
[[nodiscard]] std::string fill(std::string_view text, std::size_t width, std::string_view indent);
[[nodiscard]] std::string version_line();

}  // namespace bh::cli
