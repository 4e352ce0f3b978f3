// Patterns -> one deterministic automaton whose states know which patterns they accept.
//
// Subset construction (Rabin and Scott 1959) over the positions of nfa.h: a state is a set of positions, kept
// once in one flat array, found again by an order-independent hash and compared with stamps, never sorted.
// Steps are computed per group of byte classes that the state's positions do not tell apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "automata/budget.h"
#include "automata/dfa.h"
#include "automata/expr.h"
#include "automata/id_table.h"
#include "automata/run_dfa.h"

namespace bh::automata {

/// `tag`: the caller's number for what matching means, usually the index of a rule. Patterns that need not be
/// told apart should share a tag: their equal tails then become one, and the automaton is smaller before it
/// is minimised.
struct Pattern {
  ExprId expr;
  std::uint32_t tag;
};

/// Sets of tags, each kept once. Set 0 is the empty one.
class TagSets {
 public:
  TagSets() : ends_{0} {}
  /// The tags of a set, ascending.
  [[nodiscard]] std::span<const std::uint32_t> operator[](std::uint32_t id) const {
    const std::size_t begin = id == 0 ? 0 : ends_[id - 1];
    return {tags_.data() + begin, ends_[id] - begin};
  }
  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  /// The id of a set; `tags` ascending, without repeats.
  std::uint32_t intern(std::span<const std::uint32_t> tags);

 private:
  std::vector<std::uint32_t> tags_;
  std::vector<std::size_t> ends_;  // ends_[0] = 0: the empty set
  IdTable table_;
};

struct Determinised {
  Dfa dfa;  ///< accept[s] indexes tag_sets; states are numbered in the order of their shortest strings
  TagSets tag_sets;
};

/// The same with rows as runs, for what is minimised and packed.
struct DeterminisedRuns {
  RunDfa dfa;
  TagSets tag_sets;
};

/// Not minimal: give states their final accept numbers first, then minimise().
[[nodiscard]] tl::expected<DeterminisedRuns, OverBudget> determinise_runs(const ExprPool& pool,
                                                                          std::span<const Pattern> patterns,
                                                                          const Budget& budget = {});

/// determinise_runs(), for who asks the automaton byte by byte.
[[nodiscard]] tl::expected<Determinised, OverBudget> determinise(const ExprPool& pool,
                                                                 std::span<const Pattern> patterns,
                                                                 const Budget& budget = {});

}  // namespace bh::automata
