// The adapter to CLI11: it splits words into flags, values and operands; what is wrong is said in our own
// words.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/check.h"
#include "diag/suggest.h"

namespace bh::cli {
namespace {

std::string names_of(const Flag& flag) {
  return flag.letter == '\0' ? fmt::format("--{}", flag.name)
                             : fmt::format("-{},--{}", flag.letter, flag.name);
}

std::string try_help(const Command& command) { return fmt::format("see `bulkhead {} --help`", command.name); }

Error unknown_flag(const Command& command, std::string_view word) {
  std::string_view name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const Flag& flag : command.flags) known.push_back(fmt::format("--{}", flag.name));
  std::vector<std::string_view> views(known.begin(), known.end());
  auto guess = diag::did_you_mean(name, views);
  return {fmt::format("{}: no such flag: {} ({})", command.name, name,
                      guess ? fmt::format("did you mean {}?", *guess) : try_help(command)),
          0};
}

Error not_a_choice(const Command& command, std::string_view what, std::string_view value,
                   std::string_view choices) {
  auto words = split_choices(choices);
  auto guess = diag::did_you_mean(value, words);
  return {fmt::format("{}: {} cannot be `{}`: it is one of {}{}", command.name, what, value,
                      fmt::join(words, ", "), guess ? fmt::format(" (did you mean {}?)", *guess) : ""),
          0};
}

bool is_choice(std::string_view value, std::string_view choices) {
  return choices.empty() || std::ranges::count(split_choices(choices), value) > 0;
}

/// As many operands as the table says, each one of its choices.
std::optional<Error> check_operands(const Command& command, const std::vector<std::string>& operands) {
  std::size_t index = 0;
  for (const Argument& argument : command.arguments) {
    std::size_t end = argument.many ? operands.size() : std::min(index + 1, operands.size());
    if (end == index && !argument.optional)
      return Error{fmt::format("{}: {} is missing ({})", command.name, argument.name, try_help(command)), 0};
    for (; index < end; ++index)
      if (!is_choice(operands[index], argument.choices))
        return not_a_choice(command, argument.name, operands[index], argument.choices);
  }
  if (index < operands.size())
    return Error{fmt::format("{}: `{}` is one argument too many ({})", command.name, operands[index],
                             try_help(command)),
                 0};
  return std::nullopt;
}

/// CLI11 names the option that it stopped at; the rest of its words are not ours.
Error in_our_words(const Command& command, const std::vector<std::string>& words,
                   const CLI::ParseError& error) {
  std::string_view said = error.what();
  for (const Flag& flag : command.flags)
    if (said.find(fmt::format("--{}", flag.name)) != std::string_view::npos) {
      if (flag.value.empty()) return {fmt::format("{}: --{} takes no value", command.name, flag.name), 0};
      return {fmt::format("{}: --{} needs a value: {}", command.name, flag.name, flag.value), 0};
    }
  for (const std::string& word : words)
    if (word.starts_with("-") && word.size() > 1) return unknown_flag(command, word);
  return {fmt::format("{}: {} ({})", command.name, said, try_help(command)), 0};
}

}  // namespace

std::vector<std::string_view> split_choices(std::string_view choices) {
  std::vector<std::string_view> words;
  while (!choices.empty()) {
    std::size_t end = choices.find('|');
    words.push_back(choices.substr(0, end));
    choices = end == std::string_view::npos ? std::string_view() : choices.substr(end + 1);
  }
  return words;
}

Result<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& words) {
  Arguments parsed;
  parsed.command_ = &command;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  auto add = [&](const Flag& flag) {
    auto& values = parsed.flags_[flag.name];
    if (flag.value.empty()) {
      app.add_flag_function(names_of(flag),
                            [&values](std::int64_t times) { values.resize(static_cast<std::size_t>(times)); })
          ->disable_flag_override();
    } else {
      auto* option = app.add_option(names_of(flag), values)->allow_extra_args(false);
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  };
  for (const Flag& flag : command.flags) add(flag);
  add(help_flag);
  app.add_option("operands", parsed.operands_);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(in_our_words(command, words, error));
  }
  for (const std::string& extra : app.remaining())
    if (extra != "--") return tl::unexpected(unknown_flag(command, extra));
  for (const Flag& flag : command.flags) {
    const auto& values = parsed.flags_[flag.name];
    if (!flag.many && !flag.value.empty() && values.size() > 1)
      return fail("{}: --{} was given {} times", command.name, flag.name, values.size());
    for (const std::string& value : values)
      if (!flag.value.empty() && !is_choice(value, flag.choices))
        return tl::unexpected(not_a_choice(command, fmt::format("--{}", flag.name), value, flag.choices));
  }
  if (parsed.has("help")) return parsed;
  if (auto error = check_operands(command, parsed.operands_)) return tl::unexpected(std::move(*error));
  return parsed;
}

const std::vector<std::string>& Arguments::all(std::string_view flag) const {
  auto at = flags_.find(flag);
  BH_CHECK(at != flags_.end());  // a flag that the command's table does not have
  return at->second;
}

std::optional<std::string> Arguments::value(std::string_view flag) const {
  const auto& values = all(flag);
  if (values.empty()) return std::nullopt;
  return values.back();
}

std::string Arguments::value_or(std::string_view flag, std::string_view otherwise) const {
  return value(flag).value_or(std::string(otherwise));
}

const std::string& Arguments::argument(std::size_t index) const {
  static const std::string none;
  BH_CHECK(index < command_->arguments.size());
  return index < operands_.size() ? operands_[index] : none;
}

std::vector<std::string> Arguments::rest(std::size_t index) const {
  if (index >= operands_.size()) return {};
  return {operands_.begin() + static_cast<std::ptrdiff_t>(index), operands_.end()};
}

}  // namespace bh::cli
