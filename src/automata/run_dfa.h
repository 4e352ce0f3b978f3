// A deterministic automaton as it is built: the same as Dfa, with rows written as runs.
//
// The one idea: the rows of policies are a default with few exceptions, so a row of fifty classes is five
// runs. All that compiles an automaton (determinise, minimise, pack) works on runs; who asks an automaton
// something, byte by byte, wants the dense Dfa.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "automata/dfa.h"

namespace bh::automata {

/// The classes from the end of the row's run before (or 0) to before `end` lead to `target`.
struct Run {
  std::uint32_t end;
  std::uint32_t target;
  bool operator==(const Run&) const = default;
};

struct RunDfa : Alphabet {
  RunDfa() = default;
  explicit RunDfa(const Alphabet& alphabet) : Alphabet(alphabet) {}

  std::vector<Run> runs;                    ///< row after row; neighbours in a row differ in their targets
  std::vector<std::uint32_t> row_begin{0};  ///< per state, one more at the end
  std::vector<std::uint32_t> accept;        ///< per state

  [[nodiscard]] std::size_t states() const { return accept.size(); }
  /// At least one run; the last ends at class_count.
  [[nodiscard]] std::span<const Run> row(std::uint32_t state) const {
    return {runs.data() + row_begin[state], row_begin[state + 1] - row_begin[state]};
  }

  // Writing a row: its runs in order, then end_row().
  void append(std::uint32_t end, std::uint32_t target) {
    if (runs.size() > row_begin.back() && runs.back().target == target) {
      runs.back().end = end;
    } else {
      runs.push_back({end, target});
    }
  }
  void end_row() { row_begin.push_back(static_cast<std::uint32_t>(runs.size())); }
};

/// The target of a class in a row.
[[nodiscard]] inline std::uint32_t target_of(std::span<const Run> row, std::uint32_t column) {
  const Run* run = row.data();
  while (run->end <= column) ++run;
  return run->target;
}

/// Calls visit(from, end, target_a, target_b) for the stretches of classes on which neither row changes, in
/// order, until it returns false.
template <class Visit>
void walk_rows(std::span<const Run> a, std::span<const Run> b, Visit visit) {
  const Run* in_a = a.data();
  const Run* in_b = b.data();
  const std::uint32_t last = a.back().end;
  for (std::uint32_t from = 0;;) {
    const std::uint32_t end = in_a->end < in_b->end ? in_a->end : in_b->end;
    if (!visit(from, end, in_a->target, in_b->target) || end == last) return;
    in_a += in_a->end == end ? 1 : 0;
    in_b += in_b->end == end ? 1 : 0;
    from = end;
  }
}

[[nodiscard]] RunDfa to_runs(const Dfa& dfa);
[[nodiscard]] Dfa to_dense(const RunDfa& dfa);
/// What the rows of to_dense(dfa) take.
[[nodiscard]] inline std::size_t dense_bytes(const RunDfa& dfa) {
  return dfa.states() * dfa.class_count * sizeof(std::uint32_t);
}

/// By class, and one more at the end: how many bytes are in the classes below it. Out of band is no byte.
[[nodiscard]] std::vector<std::uint32_t> bytes_below(const Alphabet& alphabet);

}  // namespace bh::automata
