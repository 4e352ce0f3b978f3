// What a command is, as data: name, words, arguments, flags, examples, and the function that runs it.
//
// The one idea: each is written once, in the file of its command; parser, help, man page, completions and
// docs/commands.md are made from it. Everything here is constexpr: a run pays only for the command that it
// runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bh::cli {

class Arguments;
class Terminal;

/// What a shell may offer for a value.
enum class Completes : std::uint8_t { nothing, file, folder, loaded_profile, command };

struct Flag {
  std::string_view name;     ///< without dashes
  char letter = '\0';        ///< the short form, if any
  std::string_view value{};  ///< what the help calls its value; empty: a switch
  std::string_view help{};
  std::string_view choices{};  ///< `a|b|c`: the only values
  Completes completes = Completes::nothing;
  bool many = false;  ///< may be given again and again
};

/// Several lists of flags as one, in their order: those of a command and those that it shares with others.
template <std::size_t... N>
[[nodiscard]] constexpr auto joined(const Flag (&... lists)[N]) {
  std::array<Flag, (N + ...)> all{};
  std::size_t at = 0;
  const auto append = [&](const auto& list) {
    for (const Flag& flag : list) all[at++] = flag;
  };
  (append(lists), ...);
  return all;
}

struct Argument {
  std::string_view name;
  std::string_view help{};
  std::string_view choices{};
  Completes completes = Completes::file;
  bool optional = false;
  bool many = false;  ///< the last one only
};

struct Example {
  std::string_view line;  ///< without `bulkhead `
  std::string_view what;
};

struct Command {
  std::string_view name;
  std::string_view summary;      ///< one line, lower case, without full stop
  std::string_view description;  ///< paragraphs, an empty line between them
  std::span<const Argument> arguments;
  std::span<const Flag> flags;
  std::span<const Example> examples;
  /// Returns the exit code (exit_codes.h).
  int (*run)(const Arguments& arguments, Terminal& terminal);
};

/// Every command, in the order of the help.
[[nodiscard]] std::span<const Command* const> all_commands();
[[nodiscard]] const Command* find_command(std::string_view name);

/// What every command has.
inline constexpr Flag help_flag = {.name = "help", .letter = 'h', .help = "show this help"};

}  // namespace bh::cli
