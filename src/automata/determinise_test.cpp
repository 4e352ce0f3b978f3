#include "automata/determinise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>

#include "automata/random_expr.h"

namespace bh::automata {
namespace {

using ::testing::ElementsAre;

std::vector<std::uint32_t> tags_after(const Determinised& made, const testing::Word& word) {
  const auto tags = made.tag_sets[made.dfa.accept[testing::run(made.dfa, word)]];
  return {tags.begin(), tags.end()};
}

TEST(ExprPool, equal_parts_are_one_node) {
  ExprPool pool;
  EXPECT_EQ(pool.concat(pool.byte('a'), pool.literal("bc")),
            pool.concat(pool.literal("a"), pool.literal("bc")));
  EXPECT_EQ(pool.either(std::vector{pool.literal("ab"), pool.literal("cd")}),
            pool.either(std::vector{pool.literal("cd"), pool.literal("ab"), pool.literal("cd")}));
  EXPECT_EQ(pool.either(std::vector{pool.byte('a'), pool.byte('b')}),
            pool.bytes(ByteSet{}.set('a').set('b')));
}

TEST(ExprPool, laws_of_empty_and_nothing) {
  ExprPool pool;
  const ExprId a = pool.literal("aa");
  EXPECT_EQ(pool.concat(pool.empty(), a), a);
  EXPECT_EQ(pool.concat(a, pool.empty()), a);
  EXPECT_EQ(pool.concat(a, pool.nothing()), pool.nothing());
  EXPECT_EQ(pool.either(std::vector{pool.nothing(), a}), a);
  EXPECT_EQ(pool.either({}), pool.nothing());
  EXPECT_EQ(pool.bytes({}), pool.nothing());
  EXPECT_EQ(pool.star(pool.nothing()), pool.empty());
  EXPECT_EQ(pool.star(pool.star(a)), pool.star(a));
  EXPECT_EQ(pool.star(pool.plus(a)), pool.star(a));
  EXPECT_EQ(pool.plus(pool.plus(a)), pool.plus(a));
  const ExprId not_plus = pool.concat(a, pool.star(pool.byte('b')));
  EXPECT_NE(pool.plus(not_plus), not_plus);
  EXPECT_EQ(pool.optional(pool.star(a)), pool.star(a));
  EXPECT_EQ(pool.optional(pool.optional(a)), pool.optional(a));
  EXPECT_EQ(pool.either(std::vector{pool.empty(), pool.star(a)}), pool.star(a));
}

TEST(Determinise, knows_every_tag_that_matches) {
  ExprPool pool;
  const ExprId any = pool.star(pool.bytes(ByteSet{}.set().reset(0)));
  const std::vector<Pattern> patterns{{pool.literal("/etc/passwd"), 7},
                                      {pool.concat(pool.literal("/etc/"), any), 3},
                                      {pool.literal("/etc/passwd"), 5}};
  const auto made = determinise(pool, patterns);
  ASSERT_TRUE(made);
  EXPECT_THAT(tags_after(*made, testing::word("/etc/passwd")), ElementsAre(3, 5, 7));
  EXPECT_THAT(tags_after(*made, testing::word("/etc/passwe")), ElementsAre(3));
  EXPECT_THAT(tags_after(*made, testing::word("/etc")), ElementsAre());
}

TEST(Determinise, of_nothing_is_a_start_beside_the_trap) {
  ExprPool pool;
  const auto made = determinise(pool, {});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->dfa.states(), 2u);
  EXPECT_EQ(made->dfa.run("a"), Dfa::trap);
  const std::vector<Pattern> nothing{{pool.nothing(), 1}};
  EXPECT_EQ(determinise(pool, nothing)->dfa.states(), 2u);
}

TEST(Determinise, equal_tails_with_equal_tags_are_shared) {
  ExprPool pool;
  const ExprId tail = pool.literal("/same/tail");
  const std::vector<Pattern> patterns{{pool.concat(pool.literal("a"), tail), 1},
                                      {pool.concat(pool.literal("b"), tail), 1}};
  // trap, start, and one state after each of the 11 bytes
  EXPECT_EQ(determinise(pool, patterns)->dfa.states(), 13u);
}

TEST(Determinise, does_not_recurse_on_deep_expressions) {
  ExprPool pool;
  const std::string long_text(200'000, 'x');
  ExprId right = pool.literal(long_text), left = pool.empty(), nested = pool.byte('a');
  for (int i = 0; i < 50'000; ++i) {
    left = pool.concat(left, pool.byte('y'));
    nested = pool.either(std::vector{pool.concat(pool.byte('b'), nested), pool.literal("cc")});
  }
  const std::vector<Pattern> patterns{{right, 1}, {left, 2}, {nested, 3}};
  const auto made = determinise(pool, patterns);
  ASSERT_TRUE(made);
  EXPECT_THAT(tags_after(*made, testing::word(long_text)), ElementsAre(1));
  EXPECT_THAT(tags_after(*made, testing::word(std::string(50'000, 'y'))), ElementsAre(2));
  EXPECT_THAT(tags_after(*made, testing::word("bbcc")), ElementsAre(3));
}

/// (a|b)*a(a|b)^n needs 2^n states.
ExprId exponential(ExprPool& pool, int n) {
  const ExprId any = pool.bytes(ByteSet{}.set('a').set('b'));
  std::vector<ExprId> parts{pool.star(any), pool.byte('a')};
  parts.insert(parts.end(), static_cast<std::size_t>(n), any);
  return pool.concat(parts);
}

TEST(Determinise, stops_at_the_limit_of_states_and_names_the_tag) {
  ExprPool pool;
  const std::vector<Pattern> patterns{{pool.literal("/harmless"), 4}, {exponential(pool, 40), 9}};
  const auto made = determinise(pool, patterns, {.max_states = 10'000});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, OverBudget::What::states);
  EXPECT_EQ(made.error().limit, 10'000u);
  EXPECT_EQ(made.error().tag, 9u);
}

TEST(Determinise, stops_at_the_limit_of_bytes) {
  ExprPool pool;
  const std::vector<Pattern> patterns{{exponential(pool, 40), 9}};
  const auto made = determinise(pool, patterns, {.max_bytes = 1'000'000});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, OverBudget::What::bytes);
}

TEST(Determinise, dense_rows_count_against_the_limit_of_bytes) {
  ExprPool pool;
  std::vector<ExprId> all;  // a row of 256 classes for each byte of a text
  for (unsigned byte = 0; byte < 256; ++byte) all.push_back(pool.byte(static_cast<std::uint8_t>(byte)));
  const std::vector<Pattern> patterns{{pool.concat(all), 1}};
  constexpr std::size_t dense = (256 + 2) * 256 * sizeof(std::uint32_t);
  EXPECT_TRUE(determinise(pool, patterns, {.max_bytes = dense}));
  EXPECT_TRUE(determinise_runs(pool, patterns, {.max_bytes = dense - 1}));
  const auto made = determinise(pool, patterns, {.max_bytes = dense - 1});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, OverBudget::What::bytes);
}

TEST(Determinise, stops_at_the_limit_of_time) {
  ExprPool pool;
  const std::vector<Pattern> patterns{{exponential(pool, 60), 9}};
  const auto made =
      determinise(pool, patterns, {.max_states = 1u << 30, .max_time = std::chrono::milliseconds(20)});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, OverBudget::What::time);
  EXPECT_EQ(made.error().limit, 20u);
}

TEST(Determinise, stops_when_an_expression_is_small_but_its_text_is_not) {
  ExprPool pool;
  ExprId expr = pool.either(std::vector{pool.literal("ab"), pool.literal("ba")});
  for (int i = 0; i < 60; ++i) expr = pool.concat(expr, expr);  // 2^60 long
  const std::vector<Pattern> patterns{{expr, 6}};
  const auto made = determinise(pool, patterns, {.max_bytes = 10'000'000});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().what, OverBudget::What::bytes);
  EXPECT_EQ(made.error().tag, 6u);
}

TEST(Determinise, compiles_shared_parts_once) {
  // Written out, both have 2^100 parts, but few different continuations.
  ExprPool pool;
  ExprId loops = pool.byte('a'), options = pool.literal("ab");
  for (int i = 0; i < 100; ++i) {
    loops = pool.plus(pool.concat(pool.byte('b'), loops));
    options = pool.either(std::vector{options, pool.concat(options, pool.byte('c'))});
  }
  const std::vector<Pattern> patterns{{loops, 1}, {options, 2}};
  const auto made = determinise(pool, patterns, {.max_time = std::chrono::seconds(5)});
  ASSERT_TRUE(made);
  EXPECT_THAT(tags_after(*made, testing::word(std::string(100, 'b') + "a")), ElementsAre(1));
  EXPECT_THAT(tags_after(*made, testing::word("ab" + std::string(100, 'c'))), ElementsAre(2));
  EXPECT_THAT(tags_after(*made, testing::word("ab" + std::string(101, 'c'))), ElementsAre());
}

void expect_definition_of_matching(const ExprPool& pool, const std::vector<Pattern>& patterns) {
  const auto made = determinise(pool, patterns);
  RC_ASSERT(made);
  for (const testing::Word& word : testing::all_words(3)) {
    std::set<std::uint32_t> expected;
    for (const Pattern& pattern : patterns) {
      if (testing::matches(pool, pattern.expr, word)) expected.insert(pattern.tag);
    }
    RC_ASSERT(tags_after(*made, word) == std::vector<std::uint32_t>(expected.begin(), expected.end()));
  }
  // No state is there for nothing.
  std::vector<bool> reached(made->dfa.states());
  std::vector<std::uint32_t> pending{Dfa::trap, Dfa::start};
  while (!pending.empty()) {
    const std::uint32_t state = pending.back();
    pending.pop_back();
    if (reached[state]) continue;
    reached[state] = true;
    for (const std::uint32_t target : made->dfa.row(state)) pending.push_back(target);
  }
  RC_ASSERT(std::ranges::count(reached, false) == 0);
}

RC_GTEST_PROP(Determinise, agrees_with_the_definition_of_matching, ()) {
  ExprPool pool;
  expect_definition_of_matching(pool, testing::random_patterns(pool));
}

RC_GTEST_PROP(Determinise, agrees_on_many_globs_too, ()) {
  ExprPool pool;
  expect_definition_of_matching(pool, testing::random_globs(pool));
}

RC_GTEST_PROP(Determinise, is_the_same_every_time, ()) {
  ExprPool pool;
  const std::vector<Pattern> patterns = testing::random_patterns(pool);
  RC_ASSERT(determinise(pool, patterns)->dfa == determinise(pool, patterns)->dfa);
}

TEST(Dfa, prints_itself) {
  ExprPool pool;
  const std::vector<Pattern> patterns{
      {pool.concat(pool.literal("a "), pool.star(pool.bytes(ByteSet{}.set().reset(0).reset('/')))), 1},
      {pool.concat(pool.out_of_band(), pool.bytes(ByteSet{}.set('x').set('y').set('z'))), 1}};
  EXPECT_EQ(to_text(determinise(pool, patterns)->dfa),
            "1 accept 0: a -> 2 oob -> 3\n"
            "2 accept 0: \\  -> 4\n"
            "3 accept 0: x-z -> 5\n"
            "4 accept 1: \\x00/ -> 0 else -> 4\n"
            "5 accept 1:\n");
}

}  // namespace
}  // namespace bh::automata
