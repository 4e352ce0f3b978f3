#include "cli/run.h"

#include <cerrno>
#include <system_error>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "diag/suggest.h"

namespace bh::cli {
namespace {

int no_such_command(const std::string& word, Terminal& terminal) {
  std::vector<std::string_view> names;
  for (const Command* command : all_commands()) names.push_back(command->name);
  auto guess = diag::did_you_mean(word, names);
  terminal.complain(
      fmt::format("no such command: {} ({})", word,
                  guess ? fmt::format("did you mean {}?", *guess) : "`bulkhead help` lists them"));
  return exit_trouble;
}

int run_command(const std::vector<std::string>& words, Terminal& terminal) {
  if (words.empty()) {
    terminal.err(overview());
    return exit_trouble;
  }
  if (words[0] == "--help" || words[0] == "-h") {
    terminal.out(overview());
    return exit_fine;
  }
  if (words[0] == "--version" || words[0] == "-V") {
    terminal.out(version_line());
    return exit_fine;
  }
  const Command* command = find_command(words[0]);
  if (command == nullptr) return no_such_command(words[0], terminal);
  auto arguments = parse_arguments(*command, {words.begin() + 1, words.end()});
  if (!arguments) {
    terminal.complain(arguments.error().text);
    return exit_trouble;
  }
  if (arguments->has("help")) {
    terminal.out(help_of(*command));
    return exit_fine;
  }
  return command->run(*arguments, terminal);
}

}  // namespace

int run(const std::vector<std::string>& words, Terminal& terminal) {
  int code = run_command(words, terminal);
  if (!terminal.flush() && terminal.out_error() != EPIPE) {
    terminal.complain(fmt::format("cannot write to standard output: {}",
                                  std::generic_category().message(terminal.out_error())));
    return code == exit_fine ? exit_trouble : code;
  }
  return code;
}

}  // namespace bh::cli
