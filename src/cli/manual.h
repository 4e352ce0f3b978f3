// The man page and docs/commands.md, made from the table.
#pragma once

#include <string>

#include "cli/command.h"

namespace bh::cli {

/// bulkhead(1) as roff: all commands on one page.
[[nodiscard]] std::string man_page();
/// bulkhead-COMMAND(1).
[[nodiscard]] std::string man_page(const Command& command);
/// All commands as Markdown.
[[nodiscard]] std::string markdown();

}  // namespace bh::cli
