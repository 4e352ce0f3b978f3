#include "automata/relate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/random_expr.h"

namespace bh::automata {
namespace {

class RelateTest : public ::testing::Test {
 protected:
  Dfa dfa(std::vector<Pattern> patterns) { return minimise(determinise(pool_, patterns)->dfa); }
  ExprId any() { return pool_.star(pool_.bytes(ByteSet{}.set().reset(0))); }
  ExprPool pool_;
};

bool equal(std::uint32_t a, std::uint32_t b) { return a == b; }

TEST_F(RelateTest, a_difference_comes_with_its_shortest_string) {
  const Dfa a = dfa({{pool_.concat(pool_.literal("/etc/"), any()), 0}});
  const Dfa b = dfa({{pool_.concat(pool_.literal("/etc/"), any()), 0}, {pool_.literal("/tmp/x"), 0}});
  const auto difference = first_difference(a, b, equal);
  ASSERT_TRUE(difference && *difference);
  EXPECT_EQ((*difference)->bytes, "/tmp/x");
  EXPECT_EQ((*difference)->accept_a, 0u);
  EXPECT_EQ((*difference)->accept_b, 1u);
  EXPECT_FALSE(first_difference(a, a, equal).value());
  // a is within b
  EXPECT_FALSE(
      first_difference(a, b, [](std::uint32_t x, std::uint32_t y) { return x == 0 || y != 0; }).value());
}

TEST_F(RelateTest, strings_are_readable_where_they_can_be) {
  const Dfa a = dfa(
      {{pool_.concat(pool_.literal("/run/"), pool_.plus(pool_.bytes(ByteSet{}.set().reset(0).reset('/')))),
        0}});
  EXPECT_EQ(shortest(a, [](std::uint32_t accept) { return accept != 0; })->bytes, "/run/a");
}

TEST_F(RelateTest, walks_may_begin_anywhere) {
  const Dfa a = dfa({{pool_.literal("\x02/a"), 0}});
  EXPECT_EQ(shortest({a, a.run("\x02")}, [](std::uint32_t accept) { return accept != 0; })->bytes, "/a");
  EXPECT_TRUE(is_empty({a, Dfa::trap}));
  EXPECT_FALSE(is_empty(a));
}

TEST_F(RelateTest, out_of_band_steps_are_part_of_the_string) {
  const Dfa a =
      dfa({{pool_.concat(std::vector{pool_.literal("ab"), pool_.out_of_band(), pool_.literal("c")}), 0}});
  const auto example = shortest(a, [](std::uint32_t accept) { return accept != 0; });
  EXPECT_EQ(example->bytes, "abc");
  EXPECT_THAT(example->oob_before, ::testing::ElementsAre(2));
  const Dfa b = dfa({{pool_.literal("abc"), 0}});
  EXPECT_EQ((*first_difference(a, b, equal))->accept_b, 1u);
}

TEST_F(RelateTest, accept_numbers_may_be_any) {
  Dfa a = dfa({{pool_.literal("a"), 0}});
  a.accept[a.run("a")] = 0xfffffffe;
  const auto found = examples(a);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].accept, 0xfffffffe);
}

TEST_F(RelateTest, stops_at_the_limit) {
  const Dfa a = dfa({{pool_.literal("aaaaaaaaaaaaaaaaaaaa"), 0}});
  const auto pairs = accept_pairs(a, a, {.max_states = 10});
  ASSERT_FALSE(pairs);
  EXPECT_EQ(pairs.error().what, OverBudget::What::states);
  EXPECT_FALSE(restrict_to(a, a, {.max_states = 10}));
}

testing::Word spelled(const std::string& bytes, const std::vector<std::uint32_t>& oob_before) {
  testing::Word word;
  auto oob = oob_before.begin();
  for (std::uint32_t i = 0; i <= bytes.size(); ++i) {
    for (; oob != oob_before.end() && *oob == i; ++oob) word.push_back(testing::oob);
    if (i < bytes.size()) word.push_back(static_cast<std::uint8_t>(bytes[i]));
  }
  return word;
}

RC_GTEST_PROP(Relate, pairs_are_those_of_all_short_words_and_proofs_are_shortest, ()) {
  ExprPool pool;
  const Dfa a = determinise(pool, testing::random_patterns(pool))->dfa;
  const Dfa b = determinise(pool, testing::random_patterns(pool))->dfa;
  const auto pairs = accept_pairs(a, b);
  RC_ASSERT(pairs);
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> lengths;
  for (const Witness& witness : *pairs) {
    const testing::Word word = spelled(witness.bytes, witness.oob_before);
    RC_ASSERT(a.accept[testing::run(a, word)] == witness.accept_a);
    RC_ASSERT(b.accept[testing::run(b, word)] == witness.accept_b);
    RC_ASSERT(lengths.emplace(std::pair(witness.accept_a, witness.accept_b), word.size()).second);
  }
  const bool knows_oob = a.oob_class != Dfa::no_class || b.oob_class != Dfa::no_class;
  for (const testing::Word& word : testing::all_words(4)) {
    if (!knows_oob && std::ranges::count(word, testing::oob) > 0) continue;
    const auto found = lengths.find({a.accept[testing::run(a, word)], b.accept[testing::run(b, word)]});
    RC_ASSERT(found != lengths.end());
    RC_ASSERT(found->second <= word.size());
  }
}

RC_GTEST_PROP(Relate, restricting_keeps_what_is_within, ()) {
  ExprPool pool;
  const Dfa a = determinise(pool, testing::random_patterns(pool))->dfa;
  const Dfa within = determinise(pool, testing::random_patterns(pool))->dfa;
  const auto both = restrict_to(a, within);
  RC_ASSERT(both);
  for (const testing::Word& word : testing::all_words(4)) {
    const std::uint32_t expected =
        within.accept[testing::run(within, word)] != 0 ? a.accept[testing::run(a, word)] : 0;
    RC_ASSERT(both->accept[testing::run(*both, word)] == expected);
  }
}

}  // namespace
}  // namespace bh::automata
