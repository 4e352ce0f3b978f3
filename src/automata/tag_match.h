// Which patterns match this one string? For naming the rules behind an answer: asked for few strings, so no
// automaton is made for it.
//
// The one idea: the positions of nfa.h are walked as they are, a set of them at a time (Thompson 1968).
// Making it costs as much as reading the patterns, where an automaton with a tag for each pattern may be many
// times larger than the one that decides.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "automata/determinise.h"
#include "automata/nfa.h"

namespace bh::automata {

class TagMatch {
 public:
  [[nodiscard]] static tl::expected<TagMatch, OverBudget> make(const ExprPool& pool,
                                                               std::span<const Pattern> patterns,
                                                               const Budget& budget = {});

  /// The tags of the patterns that match all of `text`; ascending, without repeats.
  [[nodiscard]] std::vector<std::uint32_t> tags_of(std::string_view text) const;

 private:
  explicit TagMatch(Nfa nfa) : nfa_(std::move(nfa)) {}

  Nfa nfa_;
};

}  // namespace bh::automata
