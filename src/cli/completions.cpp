#include "cli/completions.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "cli/arguments.h"
#include "cli/command.h"

namespace bh::cli {
namespace {

/// Loaded profiles, for a shell to run; silent where there are none to see.
constexpr std::string_view list_profiles = "bulkhead status --names 2>/dev/null";

std::string words_of(std::string_view choices) {
  return fmt::format("{}", fmt::join(split_choices(choices), " "));
}

std::string command_names() {
  std::string names;
  for (const Command* command : all_commands())
    names += fmt::format("{}{}", names.empty() ? "" : " ", command->name);
  return names;
}

/// What the last argument (which may repeat) or the first takes; commands with choices first and files later
/// offer both.
struct Wanted {
  std::string words;
  Completes completes = Completes::nothing;
};

Wanted wanted(std::string_view choices, Completes completes) {
  if (!choices.empty()) return {words_of(choices), Completes::nothing};
  if (completes == Completes::command) return {command_names(), Completes::nothing};
  return {"", completes};
}

// --- bash ---

std::string bash_reply(const Wanted& what) {
  if (!what.words.empty()) return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))", what.words);
  switch (what.completes) {
    case Completes::file:
      return "compopt -o filenames; COMPREPLY=($(compgen -f -- \"$cur\"))";
    case Completes::folder:
      return "compopt -o filenames; COMPREPLY=($(compgen -d -- \"$cur\"))";
    case Completes::loaded_profile:
      return fmt::format("COMPREPLY=($(compgen -W \"$({})\" -- \"$cur\"))", list_profiles);
    default:
      return "COMPREPLY=()";
  }
}

std::string bash_command(const Command& command) {
  std::string out = fmt::format("    {})\n", command.name);
  std::string flags = "--help", values;
  for (const Flag& flag : command.flags) {
    flags += fmt::format(" --{}", flag.name);
    if (flag.value.empty()) continue;
    std::string pattern = flag.letter == '\0' ? fmt::format("--{}", flag.name)
                                              : fmt::format("-{}|--{}", flag.letter, flag.name);
    values +=
        fmt::format("        {}) {}; return ;;\n", pattern, bash_reply(wanted(flag.choices, flag.completes)));
  }
  if (!values.empty()) out += "      case $prev in\n" + values + "      esac\n";
  out += fmt::format(
      "      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return; fi\n", flags);
  if (command.arguments.empty()) return out + "      ;;\n";
  const Argument& first = command.arguments.front();
  const Argument& last = command.arguments.back();
  if (command.arguments.size() > 1)
    out += fmt::format("      if [[ $COMP_CWORD -eq 2 ]]; then {}; return; fi\n",
                       bash_reply(wanted(first.choices, first.completes)));
  return out + fmt::format("      {} ;;\n", bash_reply(wanted(last.choices, last.completes)));
}

// --- zsh ---

std::string zsh_quote(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'') out += "'\\'";
    if (c == '[' || c == ']' || c == ':') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Wanted& what) {
  if (!what.words.empty()) return fmt::format("({})", what.words);
  switch (what.completes) {
    case Completes::file:
      return "_files";
    case Completes::folder:
      return "_files -/";
    case Completes::loaded_profile:
      return fmt::format("($({}))", list_profiles);
    default:
      return " ";
  }
}

std::string zsh_command(const Command& command) {
  std::string out = fmt::format("    {})\n      _arguments -s \\\n", command.name);
  auto add = [&](const Flag& flag) {
    std::string names = flag.letter == '\0' ? fmt::format("'--{}", flag.name)
                                            : fmt::format("{{-{},--{}}}'", flag.letter, flag.name);
    out += fmt::format("        {}{}[{}]", flag.many ? "'*'" : "", names, zsh_quote(flag.help));
    if (!flag.value.empty())
      out += fmt::format(":{}:{}", flag.value, zsh_action(wanted(flag.choices, flag.completes)));
    out += "' \\\n";
  };
  for (const Flag& flag : command.flags) add(flag);
  add(help_flag);
  for (const Argument& argument : command.arguments)
    out += fmt::format("        '{}:{}:{}' \\\n", argument.many ? "*" : "", argument.name,
                       zsh_action(wanted(argument.choices, argument.completes)));
  return out + "        && return 0 ;;\n";
}

// --- fish ---

std::string fish_quote(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string fish_values(const Wanted& what) {
  if (!what.words.empty()) return fmt::format(" -f -a '{}'", what.words);
  switch (what.completes) {
    case Completes::file:
      return " -F";
    case Completes::folder:
      return " -f -a '(__fish_complete_directories)'";
    case Completes::loaded_profile:
      return fmt::format(" -f -a '({})'", list_profiles);
    default:
      return " -f";
  }
}

std::string fish_command(const Command& command) {
  std::string seen = fmt::format("complete -c bulkhead -n '__fish_seen_subcommand_from {}'", command.name);
  std::string out;
  auto add = [&](const Flag& flag) {
    out += seen;
    if (flag.letter != '\0') out += fmt::format(" -s {}", flag.letter);
    out += fmt::format(" -l {}", flag.name);
    if (!flag.value.empty()) out += " -r" + fish_values(wanted(flag.choices, flag.completes));
    out += fmt::format(" -d '{}'\n", fish_quote(flag.help));
  };
  for (const Flag& flag : command.flags) add(flag);
  add(help_flag);
  for (const Argument& argument : command.arguments)
    out += seen + fish_values(wanted(argument.choices, argument.completes)) + "\n";
  return out;
}

}  // namespace

std::string bash_completions() {
  std::string out =
      "# bash completion for bulkhead, made by `bulkhead completions bash`\n"
      "_bulkhead() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  COMPREPLY=()\n";
  out += fmt::format(
      "  if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W '{} --help --version' -- \"$cur\")); "
      "return; fi\n",
      command_names());
  out += "  case ${COMP_WORDS[1]} in\n";
  for (const Command* command : all_commands()) out += bash_command(*command);
  return out + "  esac\n}\ncomplete -F _bulkhead bulkhead\n";
}

std::string zsh_completions() {
  std::string out =
      "#compdef bulkhead\n"
      "# zsh completion for bulkhead, made by `bulkhead completions zsh`\n"
      "_bulkhead() {\n"
      "  if (( CURRENT == 2 )); then\n"
      "    local -a commands=(\n";
  for (const Command* command : all_commands())
    out += fmt::format("      '{}:{}'\n", command->name, zsh_quote(command->summary));
  out +=
      "    )\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  (( CURRENT-- ))\n"
      "  case $command in\n";
  for (const Command* command : all_commands()) out += zsh_command(*command);
  return out + "  esac\n}\n_bulkhead \"$@\"\n";
}

std::string fish_completions() {
  std::string out =
      "# fish completion for bulkhead, made by `bulkhead completions fish`\ncomplete -c bulkhead -f\n";
  for (const Command* command : all_commands())
    out += fmt::format("complete -c bulkhead -n __fish_use_subcommand -a {} -d '{}'\n", command->name,
                       fish_quote(command->summary));
  for (const Command* command : all_commands()) out += fish_command(*command);
  return out;
}

}  // namespace bh::cli
