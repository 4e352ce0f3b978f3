// For tests: a second, naive opinion on what an expression matches, random expressions, and the kernel's own
// step function.
#pragma once

#include <rapidcheck.h>

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

/// The symbols of random expressions and words: few, so that they meet.
inline constexpr std::string_view alphabet{"ab/\0\xff", 5};

inline Word random_word(bool with_oob = true) {
  const auto symbol = rc::gen::exec([with_oob] {
    const auto pick = *rc::gen::inRange<std::size_t>(0, alphabet.size() + (with_oob ? 1 : 0));
    return pick == alphabet.size() ? oob
                                   : static_cast<std::uint16_t>(static_cast<std::uint8_t>(alphabet[pick]));
  });
  return *rc::gen::resize(10, rc::gen::container<Word>(symbol));
}

/// An expression of at most `size` operators, from rapidcheck's generators; `with_oob`: may contain the
/// out-of-band symbol.
inline ExprId random_expr(ExprPool& pool, int size, bool with_oob = true) {
  if (size <= 1) {
    switch (*rc::gen::weightedElement<int>({{8, 0}, {3, 1}, {2, 2}, {1, 3}, {1, 4}, {with_oob ? 1 : 0, 5}})) {
      case 0:
        return pool.byte(static_cast<std::uint8_t>(
            *rc::gen::elementOf(std::vector<char>(alphabet.begin(), alphabet.end()))));
      case 1:
        return pool.bytes(ByteSet{}.set().reset('/').reset(0));
      case 2:
        return pool.bytes(ByteSet{}.set().reset(0));
      case 3:
        return pool.empty();
      case 4:
        return pool.nothing();
      default:
        return pool.out_of_band();
    }
  }
  const int left = *rc::gen::inRange(1, size);
  switch (*rc::gen::inRange(0, 8)) {
    case 0:
      return pool.star(random_expr(pool, size - 1, with_oob));
    case 1:
      return pool.plus(random_expr(pool, size - 1, with_oob));
    case 2:
      return pool.optional(random_expr(pool, size - 1, with_oob));
    case 3:
    case 4:
      return pool.either(
          std::vector{random_expr(pool, left, with_oob), random_expr(pool, size - left, with_oob)});
    default:
      return pool.concat(random_expr(pool, left, with_oob), random_expr(pool, size - left, with_oob));
  }
}

/// One to five patterns whose tags are 0 to 2.
inline std::vector<Pattern> random_patterns(ExprPool& pool, bool with_oob = true) {
  std::vector<Pattern> patterns;
  const int count = *rc::gen::inRange(1, 6);
  for (int i = 0; i < count; ++i) {
    const ExprId expr = random_expr(pool, *rc::gen::inRange(1, 12), with_oob);
    patterns.push_back({expr, *rc::gen::inRange(0U, 3U)});
  }
  return patterns;
}

}  // namespace bh::automata::testing
