#include "automata/minimise.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "automata/determinise.h"
#include "automata/minimise_detail.h"
#include "automata/random_expr.h"
#include "automata/relate.h"

namespace bh::automata {
namespace {

/// Whether each two states differ in what some string after them is accepted as: the textbook's table, filled
/// until nothing changes.
bool all_states_differ(const Dfa& dfa) {
  const std::size_t n = dfa.states();
  std::vector<std::vector<bool>> differ(n, std::vector<bool>(n));
  for (bool changed = true; changed;) {
    changed = false;
    for (std::uint32_t a = 0; a < n; ++a) {
      for (std::uint32_t b = 0; b < n; ++b) {
        bool now = dfa.accept[a] != dfa.accept[b];
        for (std::size_t c = 0; c < dfa.class_count && !now; ++c) now = differ[dfa.row(a)[c]][dfa.row(b)[c]];
        if (now && !differ[a][b]) changed = differ[a][b] = true;
      }
    }
  }
  for (std::uint32_t a = 0; a < n; ++a) {
    for (std::uint32_t b = a + 1; b < n; ++b) {
      if (!differ[a][b]) return false;
    }
  }
  return true;
}

bool same_accepts(const Dfa& a, const Dfa& b) {
  const auto difference = first_difference(a, b, [](std::uint32_t x, std::uint32_t y) { return x == y; });
  return difference && !*difference;
}

Dfa random_dfa() {
  std::array<std::uint8_t, 256> classes{};
  classes['a'] = 1;
  classes['b'] = 2;
  Dfa dfa = blank_dfa(*rc::gen::inRange<std::size_t>(2, 40), classes, 3, Dfa::no_class);
  for (std::uint32_t state = 1; state < dfa.states(); ++state) {
    dfa.accept[state] = *rc::gen::weightedElement<std::uint32_t>({{8, 0}, {2, 1}, {1, 2}});
    for (std::size_t c = 0; c < 3; ++c) {
      dfa.next[state * 3 + c] = *rc::gen::inRange(0U, static_cast<std::uint32_t>(dfa.states()));
    }
  }
  return dfa;
}

TEST(Minimise, keeps_an_empty_start_apart_from_the_trap) {
  Dfa dfa = blank_dfa(5, {}, 1, Dfa::no_class);
  dfa.next[1] = 2;
  dfa.next[2] = 2;    // 1 and 2 accept nothing ever
  dfa.accept[4] = 1;  // not reachable
  EXPECT_EQ(minimise(dfa), blank_dfa(2, {}, 1, Dfa::no_class));
}

TEST(Minimise, joins_the_tails_of_a_trie) {
  ExprPool pool;
  const std::vector<Pattern> patterns{{pool.literal("/bin/true"), 1}, {pool.literal("/usr/bin/true"), 2}};
  Dfa dfa = determinise(pool, patterns)->dfa;
  for (std::uint32_t& accept : dfa.accept) accept = accept == 0 ? 0 : 1;
  // trap, start, "/", then usr/bin/true with /bin/true as its tail
  EXPECT_EQ(minimise(dfa).states(), 15u);
}

RC_GTEST_PROP(Minimise, keeps_the_language_and_is_minimal, ()) {
  const Dfa dfa = random_dfa();
  const Dfa small = minimise(dfa);
  RC_ASSERT(same_accepts(dfa, small));
  RC_ASSERT(small.states() == 2 || all_states_differ(small));
  RC_ASSERT(minimise(small) == small);
}

RC_GTEST_PROP(Minimise, of_expressions_is_canonical, ()) {
  ExprPool pool;
  const std::vector<Pattern> patterns = testing::random_patterns(pool);
  Dfa dfa = determinise(pool, patterns)->dfa;
  const Dfa small = minimise(dfa);
  RC_ASSERT(same_accepts(dfa, small));
  // The same language by way of other states: an unrolled copy of the start.
  const auto copy = static_cast<std::uint32_t>(dfa.states());
  for (std::size_t c = 0; c < dfa.class_count; ++c) dfa.next.push_back(dfa.row(Dfa::start)[c]);
  dfa.accept.push_back(dfa.accept[Dfa::start]);
  for (std::uint32_t& target : dfa.next) {
    if (target == Dfa::start) target = copy;
  }
  RC_ASSERT(minimise(dfa) == small);
}

RC_GTEST_PROP(Minimise, does_not_rest_on_hashes, ()) {
  const Dfa dfa = random_dfa();
  const Dfa small = minimise(dfa);
  for (const std::uint64_t mask : {0, 1, 2, 3, 5, 9})
    RC_ASSERT(to_dense(detail::minimise_with(to_runs(dfa), mask)) == small);
}

RC_GTEST_PROP(MergeClasses, keeps_every_step_and_leaves_no_two_columns_alike, ()) {
  ExprPool pool;
  const std::vector<Pattern> patterns = testing::random_patterns(pool);
  const Dfa dfa = determinise(pool, patterns)->dfa;
  std::array<std::uint8_t, 256> identity{};
  for (std::size_t byte = 0; byte < 256; ++byte) identity[byte] = static_cast<std::uint8_t>(byte);
  Dfa wide = blank_dfa(dfa.states(), identity, 257, 256);
  wide.accept = dfa.accept;
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    for (std::uint16_t symbol = 0; symbol <= 256; ++symbol)
      wide.next[state * 257 + symbol] = testing::run(dfa, {symbol}, state);
  }
  const Dfa merged = merge_classes(wide);
  RC_ASSERT(merged == merge_classes(dfa));
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    for (std::uint16_t symbol = 0; symbol <= 256; ++symbol) {
      RC_ASSERT(testing::run(merged, {symbol}, state) == testing::run(dfa, {symbol}, state));
    }
  }
  RC_ASSERT(merged.class_count <= dfa.class_count);
}

}  // namespace
}  // namespace bh::automata
