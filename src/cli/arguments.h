// A command line, read by the command's table: its flags and arguments by name.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/command.h"

namespace bh::cli {

class Arguments {
 public:
  [[nodiscard]] bool has(std::string_view flag) const { return !all(flag).empty(); }
  /// The last value given.
  [[nodiscard]] std::optional<std::string> value(std::string_view flag) const;
  [[nodiscard]] std::string value_or(std::string_view flag, std::string_view otherwise) const;
  /// Every value given, in order (of a switch: one empty string per time).
  [[nodiscard]] const std::vector<std::string>& all(std::string_view flag) const;
  /// The value of an argument that is not `many`; empty: optional and not given.
  [[nodiscard]] const std::string& argument(std::size_t index) const;
  /// The arguments from `index` on.
  [[nodiscard]] std::vector<std::string> rest(std::size_t index) const;

 private:
  friend Result<Arguments> parse_arguments(const Command&, const std::vector<std::string>&);
  const Command* command_ = nullptr;
  std::map<std::string_view, std::vector<std::string>> flags_;
  std::vector<std::string> operands_;
};

/// `words`: what follows the command's name. Errors are in the user's terms, with "did you mean". `--help`
/// anywhere before `--` is a flag like others; arguments are then not asked for.
[[nodiscard]] Result<Arguments> parse_arguments(const Command& command,
                                                const std::vector<std::string>& words);

/// The words of `a|b|c`.
[[nodiscard]] std::vector<std::string_view> split_choices(std::string_view choices);

}  // namespace bh::cli
