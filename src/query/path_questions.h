// Questions about paths by the million: `read /etc/passwd`, a line each.
//
// The one idea: what a verb gets from a permission entry is worked out once for each pair of them, so that a
// question costs its walk through the automaton and nothing else; and several walks go side by side, since
// each step waits for memory. The answers are ask()'s, without rules.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "query/ask.h"

namespace bh::query {

class PathQuestions {
 public:
  /// Refers to the profile.
  explicit PathQuestions(const compile::CompiledProfile& profile);

  struct Verdicts {
    Verdict owner, other;
  };
  /// As many lines as are worth asking at once.
  static constexpr std::size_t batch = 16;
  struct Answered {
    std::optional<Verdicts> verdicts;
    std::string_view text;  ///< what headline() puts behind the line: `: allowed` and a newline
  };
  /// None in verdicts: the line is not one verb, one blank and one plain path; parse_action() and ask()
  /// answer it. At most `batch` lines; `into` has room for as many.
  void answer(std::span<const std::string_view> lines, std::span<Answered> into) const;

 private:
  struct Outcome {
    Verdicts verdicts;
    std::string text;  ///< `: allowed` and a newline
  };
  struct Verb {
    std::string_view word;
    std::vector<Outcome> outcomes;  ///< by the automaton's accept number
  };

  /// The verb of a line that can be answered here, or null.
  [[nodiscard]] const Verb* verb_of(std::string_view line, std::string_view& path) const;

  FileTable table_;
  std::vector<Verb> verbs_;
};

}  // namespace bh::query
