// Patterns as an automaton without empty steps: positions, each a symbol and the set of positions that follow
// it.
//
// The one idea: an expression is compiled from its end, with what follows it (its continuation) as the
// argument. Positions with the same symbol and the same continuation are one, so equal tails of different
// patterns merge before anything is determinised. Follows McNaughton and Yamada's positions, with the sharing
// of Raymond and Wood's continuations. Each position leads to one tag only.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "automata/budget.h"
#include "automata/determinise.h"
#include "automata/expr.h"

namespace bh::automata {

struct Nfa : Alphabet {
  static constexpr std::uint32_t accepting = std::numeric_limits<std::uint32_t>::max();

  // Positions. `symbol` is a class (< class_count), class_count + the index of a group of several classes, or
  // `accepting`.
  struct Position {
    std::uint32_t symbol;
    std::uint32_t tag;
    std::uint32_t follow_begin;  ///< into `follow`
    std::uint32_t follow_end;
  };
  std::vector<Position> positions;
  std::vector<std::uint32_t> follow;   ///< positions, without repeats in one set
  std::vector<std::uint32_t> initial;  ///< positions

  // Groups of classes, for symbols of more than one class.
  std::vector<std::uint8_t> group_classes;
  std::vector<std::uint32_t> group_ends;
  [[nodiscard]] std::span<const std::uint8_t> group(std::uint32_t index) const {
    const std::uint32_t begin = index == 0 ? 0 : group_ends[index - 1];
    return {group_classes.data() + begin, group_ends[index] - begin};
  }
  [[nodiscard]] std::size_t group_count() const { return group_ends.size(); }

  [[nodiscard]] std::span<const std::uint32_t> follow_of(const Position& position) const {
    return {follow.data() + position.follow_begin, position.follow_end - position.follow_begin};
  }
};

[[nodiscard]] tl::expected<Nfa, OverBudget> build_nfa(const ExprPool& pool, std::span<const Pattern> patterns,
                                                      const Budget& budget);

}  // namespace bh::automata
