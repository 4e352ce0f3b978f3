// For property tests: random expressions, patterns and words over an alphabet so small that they meet.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "automata/testing.h"

namespace bh::automata::testing {

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
    switch (*rc::gen::weightedElement<int>(
        {{8, 0}, {3, 1}, {2, 2}, {1, 3}, {1, 4}, {3, 6}, {with_oob ? 1 : 0, 5}})) {
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
      case 6:
        return pool.literal(
            *rc::gen::resize(4, rc::gen::container<std::string>(rc::gen::elementOf(std::string(alphabet)))));
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
    const ExprId expr = random_expr(pool, *rc::gen::inRange(1, 25), with_oob);
    patterns.push_back({expr, *rc::gen::inRange(0U, 3U)});
  }
  return patterns;
}

/// All words over the alphabet of the random expressions, shortest first.
inline std::vector<Word> all_words(std::size_t length) {
  std::vector<Word> words{{}};
  for (std::size_t begin = 0, end = 1, i = 0; i < length; ++i, begin = end, end = words.size()) {
    for (std::size_t at = begin; at < end; ++at) {
      for (const char c : alphabet) {
        words.push_back(words[at]);
        words.back().push_back(static_cast<std::uint8_t>(c));
      }
      words.push_back(words[at]);
      words.back().push_back(oob);
    }
  }
  return words;
}

/// Globs with one or two loops each and tags 0 to 4: what rules look like. Sets of positions grow large, rows
/// alike.
inline std::vector<Pattern> random_globs(ExprPool& pool) {
  const ExprId any = pool.star(pool.bytes(ByteSet{}.set().reset(0)));
  const ExprId within = pool.star(pool.bytes(ByteSet{}.set().reset(0).reset('/')));
  const auto text = [] {
    return *rc::gen::resize(3, rc::gen::container<std::string>(rc::gen::element('a', 'b', '/')));
  };
  std::vector<Pattern> patterns;
  for (std::uint32_t i = 0; i < 24; ++i) {
    patterns.push_back(
        {pool.concat(std::vector{pool.literal(text()), i % 4 == 0 ? within : any, pool.literal(text()),
                                 i % 3 == 0 ? any : pool.empty(), pool.literal(text())}),
         i % 5});
  }
  return patterns;
}

}  // namespace bh::automata::testing
