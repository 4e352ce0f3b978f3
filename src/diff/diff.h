// What one profile allows that another does not, over everything that can be asked, grouped by what it means.
//
// The one idea: both compiled policies are walked together, state by state, so nothing is sampled and nothing
// is missed; what differs is then said in the words of the language (globs, capabilities, families), each
// with a shortest action that can be asked again, and with the rules of both sides that decide about it. A
// loss is a gain of the other direction: the same code finds both.
//
// It compares what is allowed. How a denial is logged is not compared here (query/equal.h does that).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "automata/budget.h"
#include "base/result.h"
#include "compile/policydb.h"
#include "query/ask.h"
#include "query/explain.h"
#include "query/glob_set.h"

namespace bh::diff {

enum class Severity : std::uint8_t { low, medium, high, critical };
/// `low`, …
[[nodiscard]] std::string_view word(Severity severity);

/// One of the two policies. Refers, does not own.
struct Side {
  std::string name;  ///< what the user called it
  const compile::CompiledProfile& profile;
  const query::Origin* origin = nullptr;  ///< null: a binary, whose rules are not known
};

/// An action on which the sides differ, asked of both.
struct Example {
  std::string action;
  query::Verdict verdict_a = query::Verdict::denied, verdict_b = query::Verdict::denied;
  std::vector<query::DecidingLine> lines_a, lines_b;  ///< empty: no rule allows it, or a binary
};

struct Change {
  bool gain = true;  ///< B allows it and A does not; else the reverse
  Severity severity = Severity::low;
  std::string why;                              ///< it is so severe; empty: nothing special
  std::string kind;                             ///< `file`, `capability`, `mount`, …
  std::string what;                             ///< `write and exec`, `signal send kill`
  bool owner_only = false, other_only = false;  ///< of files: only for who owns them, or does not
  query::GlobSet objects;                       ///< one row for each path, label, … empty: `what` says it all
  std::vector<std::string> object_texts;        ///< the rows in words, as many as there are rows
  std::vector<std::string> except_texts;
  std::vector<Example> examples;  ///< the shortest first
};

struct Options {
  std::size_t max_rows = 200;      ///< of one change; beyond which parts become one wider row that says so
  std::vector<std::string> hints;  ///< GlobOptions::hints
  automata::Budget budget;
};

/// Gains, then losses, each from the severest on. Where the names differ, what each allows to itself by its
/// own name is taken for the same. Errors: the two need more than the budget to compare.
[[nodiscard]] Result<std::vector<Change>> compare(const Side& a, const Side& b, const Options& options = {});

}  // namespace bh::diff
