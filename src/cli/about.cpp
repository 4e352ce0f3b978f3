// The commands that speak of the others: help, man, completions.
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/completions.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/manual.h"
#include "cli/terminal.h"
#include "diag/suggest.h"

namespace bh::cli {
namespace {

/// The command that argument 0 names; nullptr after a complaint.
const Command* named(const Arguments& arguments, Terminal& terminal) {
  const Command* command = find_command(arguments.argument(0));
  if (command == nullptr) {
    std::vector<std::string_view> names;
    for (const Command* known : all_commands()) names.push_back(known->name);
    auto guess = diag::did_you_mean(arguments.argument(0), names);
    terminal.complain(fmt::format("no such command: {}{}", arguments.argument(0),
                                  guess ? fmt::format(" (did you mean {}?)", *guess) : ""));
  }
  return command;
}

int run_help(const Arguments& arguments, Terminal& terminal) {
  if (arguments.argument(0).empty()) {
    terminal.out(overview());
    return exit_fine;
  }
  const Command* command = named(arguments, terminal);
  if (command == nullptr) return exit_trouble;
  terminal.out(help_of(*command));
  return exit_fine;
}

int run_man(const Arguments& arguments, Terminal& terminal) {
  if (arguments.has("markdown")) {
    terminal.out(markdown());
    return exit_fine;
  }
  if (arguments.argument(0).empty()) {
    terminal.out(man_page());
    return exit_fine;
  }
  const Command* command = named(arguments, terminal);
  if (command == nullptr) return exit_trouble;
  terminal.out(man_page(*command));
  return exit_fine;
}

int run_completions(const Arguments& arguments, Terminal& terminal) {
  const std::string& shell = arguments.argument(0);
  terminal.out(shell == "bash"  ? bash_completions()
               : shell == "zsh" ? zsh_completions()
                                : fish_completions());
  return exit_fine;
}

constexpr Argument command_argument[] = {
    {.name = "COMMAND", .help = "one of the commands", .completes = Completes::command, .optional = true}};
constexpr Argument shell_argument[] = {
    {.name = "SHELL", .help = "whose script", .choices = "bash|zsh|fish", .completes = Completes::nothing}};
constexpr Flag man_flags[] = {
    {.name = "markdown", .help = "all commands as Markdown instead (docs/commands.md)"}};
constexpr Example man_examples[] = {
    {"man > /usr/local/share/man/man1/bulkhead.1", "install the manual page"}};
constexpr Example completion_examples[] = {
    {"completions bash > /etc/bash_completion.d/bulkhead", "for every user's bash"},
    {"completions zsh > ~/.zfunc/_bulkhead", "for your own zsh (a folder of $fpath)"},
    {"completions fish > ~/.config/fish/completions/bulkhead.fish", "for your own fish"}};

}  // namespace

extern const Command help_command, man_command, completions_command;

constexpr Command help_command = {.name = "help",
                                  .summary = "what a command does, its flags and examples",
                                  .description = "Without a command: the list of all.",
                                  .arguments = command_argument,
                                  .flags = {},
                                  .examples = {},
                                  .run = run_help};
constexpr Command man_command = {
    .name = "man",
    .summary = "the manual page, as roff",
    .description = "Prints bulkhead(1), or the page of one command, for man(1) to read.",
    .arguments = command_argument,
    .flags = man_flags,
    .examples = man_examples,
    .run = run_man};
constexpr Command completions_command = {
    .name = "completions",
    .summary = "completion script for a shell",
    .description = "Prints a script that completes commands, flags, values and loaded profiles.",
    .arguments = shell_argument,
    .flags = {},
    .examples = completion_examples,
    .run = run_completions};

}  // namespace bh::cli
