#include "cli/command.h"

namespace bh::cli {

// One line for each command: names here, in the order of the help.
// clang-format off
#define BH_COMMANDS(X) \
  X(apply)             \
  X(generate)          \
  X(show)              \
  X(compile)           \
  X(load)              \
  X(remove)            \
  X(mode)              \
  X(status)            \
  X(restore)           \
  X(query)             \
  X(diff)              \
  X(check)             \
  X(score)             \
  X(run_args)          \
  X(decode)            \
  X(lab)               \
  X(audit)             \
  X(snapshot)          \
  X(audit_rules)       \
  X(events)            \
  X(spec)              \
  X(help)              \
  X(man)               \
  X(completions)
// clang-format on

#define BH_DECLARE(name) extern const Command name##_command;
BH_COMMANDS(BH_DECLARE)
BH_DECLARE(lab_guest)

namespace {
#define BH_ENTRY(name) &name##_command,
constexpr const Command* table[] = {BH_COMMANDS(BH_ENTRY)};
}  // namespace

std::span<const Command* const> all_commands() { return table; }

const Command* find_command(std::string_view name) {
  for (const Command* command : table)
    if (command->name == name) return command;
  return name == lab_guest_command.name ? &lab_guest_command : nullptr;
}

}  // namespace bh::cli
