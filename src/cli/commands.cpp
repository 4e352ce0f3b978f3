#include <array>

#include "cli/command.h"

namespace bh::cli {

extern const Command remove_command, status_command, help_command, man_command, completions_command;

namespace {
constexpr std::array<const Command*, 5> table = {
    &remove_command, &status_command, &help_command, &man_command, &completions_command,
};
}  // namespace

std::span<const Command* const> all_commands() { return table; }

const Command* find_command(std::string_view name) {
  for (const Command* command : table)
    if (command->name == name) return command;
  return nullptr;
}

}  // namespace bh::cli
