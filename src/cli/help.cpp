#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "app/version.h"
#include "cli/arguments.h"

namespace bh::cli {
namespace {

constexpr std::size_t screen = 80;

struct Row {
  std::string left;
  std::string right;
};

std::string table(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, row.left.size());
  width = std::min<std::size_t>(width, 26);
  std::string indent(width + 4, ' ');
  std::string out;
  for (const Row& row : rows) {
    std::string body = fill(row.right, screen, indent);
    if (row.left.size() <= width) {
      out += fmt::format("  {:<{}}  {}", row.left, width,
                         std::string_view(body).substr(std::min(indent.size(), body.size())));
    } else {
      out += fmt::format("  {}\n{}", row.left, body);
    }
  }
  return out;
}

std::string with_choices(std::string_view help, std::string_view choices) {
  if (choices.empty()) return std::string(help);
  return fmt::format("{}: {}", help, fmt::join(split_choices(choices), ", "));
}

}  // namespace

std::string fill(std::string_view text, std::size_t width, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view paragraph = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    std::string line(indent);
    bool begun = false;
    while (!paragraph.empty()) {
      std::size_t blank = paragraph.find(' ');
      std::string_view word = paragraph.substr(0, blank);
      paragraph = blank == std::string_view::npos ? std::string_view() : paragraph.substr(blank + 1);
      if (begun && line.size() + 1 + word.size() > width) {
        out += line + "\n";
        line = indent;
        begun = false;
      }
      if (begun) line += ' ';
      line += word;
      begun = true;
    }
    out += begun ? line + "\n" : "\n";
  }
  return out;
}

std::string version_line() { return fmt::format("bulkhead {}\n", app::version()); }

std::string flag_title(const Flag& flag) {
  std::string title = flag.letter == '\0' ? "" : fmt::format("-{}, ", flag.letter);
  title += fmt::format("--{}", flag.name);
  if (!flag.value.empty()) title += fmt::format(" {}", flag.value);
  return title;
}

std::string usage_of(const Command& command) {
  std::string usage = fmt::format("bulkhead {}", command.name);
  if (!command.flags.empty()) usage += " [FLAGS]";
  for (const Argument& argument : command.arguments) {
    std::string name = fmt::format("{}{}", argument.name, argument.many ? "..." : "");
    usage += argument.optional ? fmt::format(" [{}]", name) : fmt::format(" {}", name);
  }
  return usage;
}

std::string overview() {
  std::string out = "bulkhead writes AppArmor profiles for containers, compiles, loads and proves them.\n\n";
  out += "usage: bulkhead COMMAND [FLAGS] ...\n\ncommands:\n";
  std::vector<Row> rows;
  for (const Command* command : all_commands())
    rows.push_back({std::string(command->name), std::string(command->summary)});
  out += table(rows);
  out +=
      "\nWhere a profile is asked for, any of these will do: a spec (TOML), profile text, a\n"
      "compiled policy, loaded:NAME for one in the kernel; `-` reads stdin.\n\n"
      "`bulkhead help COMMAND` says more, with examples.\n";
  return out;
}

std::string help_of(const Command& command) {
  std::string out =
      fmt::format("bulkhead {}: {}\n\nusage: {}\n\n", command.name, command.summary, usage_of(command));
  out += fill(command.description, screen, "");
  if (!command.arguments.empty()) {
    std::vector<Row> rows;
    for (const Argument& argument : command.arguments)
      rows.push_back({std::string(argument.name), with_choices(argument.help, argument.choices)});
    out += "\narguments:\n" + table(rows);
  }
  std::vector<Row> rows;
  for (const Flag& flag : command.flags)
    rows.push_back({flag_title(flag), with_choices(flag.help, flag.choices)});
  rows.push_back({flag_title(help_flag), std::string(help_flag.help)});
  out += "\nflags:\n" + table(rows);
  if (!command.examples.empty()) {
    out += "\nexamples:\n";
    for (const Example& example : command.examples)
      out += fmt::format("  bulkhead {}\n{}", example.line, fill(example.what, screen, "      "));
  }
  return out;
}

}  // namespace bh::cli
