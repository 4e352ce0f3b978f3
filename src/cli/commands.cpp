#include "cli/command.h"

namespace bh::cli {

extern const Command apply_command, generate_command, show_command, compile_command, load_command,
    remove_command, mode_command, status_command, restore_command, query_command, decode_command, lab_command,
    lab_guest_command, spec_command, help_command, man_command, completions_command;
extern const Command run_args_command, audit_command, snapshot_command, audit_rules_command, events_command;

namespace {
constexpr const Command* table[] = {
    &apply_command,       &generate_command, &show_command,   &compile_command, &load_command,
    &remove_command,      &mode_command,     &status_command, &restore_command, &query_command,
    &run_args_command,    &decode_command,   &lab_command,    &audit_command,   &snapshot_command,
    &audit_rules_command, &events_command,   &spec_command,   &help_command,    &man_command,
    &completions_command,
};
}  // namespace

std::span<const Command* const> all_commands() { return table; }

const Command* find_command(std::string_view name) {
  for (const Command* command : table)
    if (command->name == name) return command;
  return name == lab_guest_command.name ? &lab_guest_command : nullptr;
}

}  // namespace bh::cli
