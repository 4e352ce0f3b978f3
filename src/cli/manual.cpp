#include "cli/manual.h"

#include <fmt/format.h>

#include <string_view>

#include "app/version.h"
#include "cli/arguments.h"
#include "cli/help.h"

namespace bh::cli {
namespace {

constexpr std::string_view exit_status[][2] = {
    {"0", "fine"},
    {"1", "the answer is no: a finding, or an expectation that does not hold"},
    {"2", "wrong input or usage, or the system does not play along (no permission, no AppArmor)"},
    {"70", "a bug in bulkhead"},
};

/// Text for roff: backslashes and hyphens escaped, no line that starts like a request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.find("\n\n");
    out += roff(text.substr(0, end)) + "\n";
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 2);
    if (!text.empty()) out += ".PP\n";
  }
  return out;
}

std::string choices_text(std::string_view choices) {
  return choices.empty() ? "" : fmt::format(": {}", fmt::join(split_choices(choices), ", "));
}

std::string item(std::string_view title, std::string_view text) {
  return fmt::format(".TP\n.B {}\n{}\n", roff(title), roff(text));
}

std::string roff_body(const Command& command, std::string_view part) {
  std::string out = fmt::format("{} \"SYNOPSIS\"\n.B {}\n{} \"DESCRIPTION\"\n{}", part,
                                roff(usage_of(command)), part, paragraphs(command.description));
  if (!command.arguments.empty()) out += fmt::format("{} \"ARGUMENTS\"\n", part);
  for (const Argument& argument : command.arguments)
    out += item(argument.name, fmt::format("{}{}", argument.help, choices_text(argument.choices)));
  out += fmt::format("{} \"FLAGS\"\n", part);
  for (const Flag& flag : command.flags)
    out += item(flag_title(flag), fmt::format("{}{}", flag.help, choices_text(flag.choices)));
  out += item(flag_title(help_flag), help_flag.help);
  if (!command.examples.empty()) out += fmt::format("{} \"EXAMPLES\"\n", part);
  for (const Example& example : command.examples)
    out += item(fmt::format("bulkhead {}", example.line), example.what);
  return out;
}

std::string roff_end() {
  std::string out = ".SH \"EXIT STATUS\"\n";
  for (auto [code, meaning] : exit_status) out += item(code, meaning);
  return out + ".SH \"SEE ALSO\"\napparmor.d(5), apparmor(7), docker\\-run(1)\n";
}

std::string title_line(std::string_view name) {
  return fmt::format(".TH {} 1 \"\" \"bulkhead {}\" \"bulkhead\"\n", roff(name), app::version());
}

std::string markdown_rows(const Command& command) {
  std::string out;
  auto row = [&](std::string_view title, std::string_view text) {
    std::string escaped;
    for (char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    out += fmt::format("| `{}` | {} |\n", title, escaped);
  };
  for (const Argument& argument : command.arguments)
    row(argument.name, fmt::format("{}{}", argument.help, choices_text(argument.choices)));
  for (const Flag& flag : command.flags)
    row(flag_title(flag), fmt::format("{}{}", flag.help, choices_text(flag.choices)));
  return out.empty() ? "" : "| | |\n| --- | --- |\n" + out + "\n";
}

}  // namespace

std::string man_page(const Command& command) {
  std::string name = fmt::format("bulkhead-{}", command.name);
  return title_line(name) + fmt::format(".SH \"NAME\"\n{} \\- {}\n", roff(name), roff(command.summary)) +
         roff_body(command, ".SH") + roff_end();
}

std::string man_page() {
  std::string out = title_line("bulkhead");
  out += ".SH \"NAME\"\nbulkhead \\- AppArmor profiles for containers: write, compile, load, prove\n";
  out += ".SH \"SYNOPSIS\"\n.B bulkhead COMMAND [FLAGS] ...\n.SH \"DESCRIPTION\"\n";
  out += paragraphs(
      "bulkhead turns a small TOML file into an AppArmor profile, compiles it with its own compiler, loads "
      "it into the kernel, and "
      "proves what it allows.\n\nWhere a profile is asked for, any of these will do: a spec (TOML), profile "
      "text, a compiled "
      "policy, loaded:NAME for one in the kernel; - reads standard input.");
  for (const Command* command : all_commands())
    out += fmt::format(".SH \"{}\"\n{}\n", roff(command->name), roff(command->summary)) +
           roff_body(*command, ".SS");
  return out + roff_end();
}

std::string markdown() {
  std::string out =
      "# Commands\n\nMade from the program's own table (`bulkhead man --markdown`); a test holds this file "
      "to it.\n\n"
      "Exit codes: ";
  for (auto [code, meaning] : exit_status)
    out += fmt::format("{}**{}** {}", code == "0" ? "" : " · ", code, meaning);
  out += ".\n\nData goes to stdout, talk to stderr; colour only on a terminal and without `NO_COLOR`.\n";
  for (const Command* command : all_commands()) {
    out += fmt::format("\n## {}\n\n`{}`: {}\n\n{}\n\n", command->name, usage_of(*command), command->summary,
                       command->description);
    out += markdown_rows(*command);
    if (command->examples.empty()) continue;
    out += "```\n";
    for (const Example& example : command->examples)
      out += fmt::format("bulkhead {:<50} # {}\n", example.line, example.what);
    out += "```\n";
  }
  return out;
}

}  // namespace bh::cli
