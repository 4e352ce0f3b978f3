// For tests and fuzzers: a second, naive opinion on what an expression matches, and the kernel's own
// step function.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string_view>
#include <vector>

#include "automata/comb.h"
#include "automata/determinise.h"
#include "automata/expr.h"

namespace bh::automata::testing {

/// Bytes, or 256 for out of band.
using Word = std::vector<std::uint16_t>;
inline constexpr std::uint16_t oob = 256;

inline Word word(std::string_view text) {
  Word symbols;
  for (const char c : text) symbols.push_back(static_cast<std::uint8_t>(c));
  return symbols;
}

/// The positions in `word` (bit i: before symbol i) where a match of `expr` may end if it begins at one of
/// `begins`. By the definition of each operator, word of at most 63 symbols.
inline std::uint64_t match_ends(const ExprPool& pool, ExprId expr, const Word& word, std::uint64_t begins) {
  const ExprPool::Node& node = pool.node(expr);
  switch (node.kind) {
    case ExprPool::Kind::empty:
      return begins;
    case ExprPool::Kind::nothing:
      return 0;
    case ExprPool::Kind::bytes:
    case ExprPool::Kind::out_of_band: {
      std::uint64_t ends = 0;
      for (std::size_t i = 0; i < word.size(); ++i) {
        const bool matches = node.kind == ExprPool::Kind::out_of_band
                                 ? word[i] == oob
                                 : word[i] != oob && pool.byte_set(node.first)[word[i]];
        if (matches && (begins >> i & 1) != 0) ends |= std::uint64_t{2} << i;
      }
      return ends;
    }
    case ExprPool::Kind::literal: {
      std::uint64_t ends = 0;
      const Word text = testing::word(pool.text(node));
      for (std::size_t i = 0; i + text.size() <= word.size(); ++i) {
        if ((begins >> i & 1) != 0 &&
            std::equal(text.begin(), text.end(), word.begin() + static_cast<std::ptrdiff_t>(i)))
          ends |= std::uint64_t{1} << (i + text.size());
      }
      return ends;
    }
    case ExprPool::Kind::concat:
      return match_ends(pool, ExprId{node.second}, word, match_ends(pool, ExprId{node.first}, word, begins));
    case ExprPool::Kind::either: {
      std::uint64_t ends = 0;
      for (const ExprId option : pool.options(node)) ends |= match_ends(pool, option, word, begins);
      return ends;
    }
    case ExprPool::Kind::star: {
      std::uint64_t ends = begins;
      for (std::uint64_t more = begins; more != 0;) {
        more = match_ends(pool, ExprId{node.first}, word, more) & ~ends;
        ends |= more;
      }
      return ends;
    }
  }
  return 0;
}

inline bool matches(const ExprPool& pool, ExprId expr, const Word& word) {
  return (match_ends(pool, expr, word, 1) >> word.size() & 1) != 0;
}

inline std::uint32_t run(const Dfa& dfa, const Word& word, std::uint32_t state = Dfa::start) {
  for (const std::uint16_t symbol : word) {
    state = symbol == oob ? dfa.step_oob(state) : dfa.step(state, static_cast<std::uint8_t>(symbol));
  }
  return state;
}

/// One step as aa_dfa_next() and match_char() of the kernel make it.
inline std::uint32_t kernel_step(const CombTables& tables, std::uint32_t state, std::uint16_t symbol) {
  if (symbol == oob) {
    if ((tables.base[state] & CombTables::oob_bit) == 0) return 0;
    const std::size_t slot = (tables.base[state] & CombTables::base_mask) - 1;
    return tables.check[slot] == state ? tables.next[slot] : 0;
  }
  const std::size_t column = tables.ec.empty() ? symbol : tables.ec[symbol];
  for (;;) {
    const std::size_t slot = (tables.base[state] & CombTables::base_mask) + column;
    if (tables.check[slot] == state) return tables.next[slot];
    const bool relative = (tables.base[state] & CombTables::diff_bit) != 0;
    state = tables.def[state];
    if (!relative) return state;
  }
}

}  // namespace bh::automata::testing
