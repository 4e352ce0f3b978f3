#include "automata/comb.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/random_expr.h"

namespace bh::automata {
namespace {

using ::testing::HasSubstr;

/// Of odd expressions, of globs, or with rows that have nothing to do with each other.
Dfa random_automaton() {
  ExprPool pool;
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      return minimise(determinise(pool, testing::random_patterns(pool))->dfa);
    case 1:
      return minimise(determinise(pool, testing::random_globs(pool))->dfa);
    default: {
      std::array<std::uint8_t, 256> identity{};
      for (std::size_t byte = 0; byte < 256; ++byte) identity[byte] = static_cast<std::uint8_t>(byte);
      const auto states = *rc::gen::inRange(2U, 80U);
      Dfa dfa = blank_dfa(states, identity, 256, Dfa::no_class);
      for (std::uint32_t state = 1; state < states; ++state) {
        for (auto entries = *rc::gen::inRange(0, 30); entries > 0; --entries) {
          dfa.next[state * 256 + *rc::gen::inRange(0U, 256U)] = *rc::gen::inRange(0U, states);
        }
      }
      return dfa;
    }
  }
}

/// Every step of every state, by the tables as by the automaton.
bool same_steps(const CombTables& tables, const Dfa& dfa) {
  if (tables.base.size() != dfa.states()) return false;
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    for (std::uint16_t symbol = 0; symbol <= testing::oob; ++symbol) {
      if (testing::kernel_step(tables, state, symbol) != testing::run(dfa, {symbol}, state)) return false;
    }
  }
  return true;
}

TEST(Pack, the_smallest_automaton) {
  const auto tables = pack(blank_dfa(2, {}, 1, Dfa::no_class));
  ASSERT_TRUE(tables);
  EXPECT_EQ(tables->base, (std::vector<std::uint32_t>{0, 0}));
  EXPECT_EQ(tables->next.size(), 256u);  // the kernel wants base + 255 inside
  EXPECT_FALSE(tables->wide);
  EXPECT_TRUE(unpack(*tables));
}

TEST(Pack, rows_that_are_mostly_one_target_need_few_slots) {
  ExprPool pool;
  const std::vector<Pattern> patterns{{pool.star(pool.bytes(ByteSet{}.set().reset(0))), 1}};
  const auto tables = pack(minimise(determinise(pool, patterns)->dfa));
  EXPECT_EQ(tables->def[Dfa::start], Dfa::start);
  EXPECT_EQ(std::count(tables->check.begin(), tables->check.end(), Dfa::start), 1);  // byte 0
}

/// A chain of `states` states.
Dfa chain(std::uint32_t states) {
  std::array<std::uint8_t, 256> classes{};
  classes['x'] = 1;
  Dfa dfa = blank_dfa(states, classes, 2, Dfa::no_class);
  for (std::uint32_t state = 1; state + 1 < states; ++state) dfa.next[state * 2 + 1] = state + 1;
  dfa.accept.back() = 1;
  return dfa;
}

TEST(Pack, leaves_no_slot_free_where_any_row_fits) {
  // 998 rows of one entry: 'x' places them from slot 120 on, one after the other.
  EXPECT_EQ(pack(chain(1000))->next.size(), 998u - 1 + 256);
}

TEST(Pack, says_when_16_bits_do_not_do) {
  EXPECT_TRUE(pack(chain(65'534)));
  const auto refused = pack(chain(65'535));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, DoesNotFit::What::states);
  EXPECT_EQ(refused.error().count, 65'535u);
  EXPECT_EQ(refused.error().limit, 65'534u);
  const auto wide = pack(chain(65'535), {.allow_32bit = true});
  ASSERT_TRUE(wide);
  EXPECT_TRUE(wide->wide);
  EXPECT_FALSE(pack(chain(65'534), {.allow_32bit = true})->wide);
}

TEST(Pack, says_when_24_bits_of_base_do_not_do) {
  // 70,000 states whose 255 entries each are all different from the default.
  std::array<std::uint8_t, 256> identity{};
  for (std::size_t byte = 0; byte < 256; ++byte) identity[byte] = static_cast<std::uint8_t>(byte);
  Dfa dfa = blank_dfa(70'000, identity, 256, Dfa::no_class);
  for (std::size_t i = 256; i < dfa.next.size(); ++i)
    dfa.next[i] = static_cast<std::uint32_t>(i * 7919 % 70'000);
  const auto refused = pack(dfa, {.allow_32bit = true});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().what, DoesNotFit::What::slots);
}

RC_GTEST_PROP(Pack, the_kernel_steps_as_the_automaton_does, ()) {
  const Dfa dfa = random_automaton();
  const auto tables = pack(dfa);
  RC_ASSERT(tables);
  RC_ASSERT(!tables->diff_encoded);
  RC_ASSERT(same_steps(*tables, dfa));
}

RC_GTEST_PROP(Pack, differential_rows_step_alike_and_never_need_more_slots, ()) {
  const Dfa dfa = random_automaton();
  const auto plain = pack(dfa);
  const auto relative = pack(dfa, {.diff_encode = true});
  RC_ASSERT(relative);
  RC_ASSERT(same_steps(*relative, dfa));
  const auto entries = [](const CombTables& tables) {
    return tables.check.size() - static_cast<std::size_t>(std::ranges::count(tables.check, 0U));
  };
  RC_ASSERT(entries(*relative) <= entries(*plain));
}

RC_GTEST_PROP(Pack, differential_rows_cost_the_kernel_one_more_step_per_byte_at_most, ()) {
  const Dfa dfa = random_automaton();
  const CombTables tables = *pack(dfa, {.diff_encode = true});
  const testing::Word word = testing::random_word(false);
  std::size_t hops = 0;
  std::uint32_t state = Dfa::start;
  for (const std::uint16_t symbol : word) {
    for (std::uint32_t at = state; tables.check[(tables.base[at] & CombTables::base_mask) + symbol] != at;
         ++hops) {
      if ((tables.base[at] & CombTables::diff_bit) == 0) break;
      at = tables.def[at];
    }
    state = dfa.step(state, static_cast<std::uint8_t>(symbol));
  }
  RC_ASSERT(hops <= word.size());
}

RC_GTEST_PROP(Unpack, undoes_pack, (bool diff_encode)) {
  Dfa dfa = random_automaton();
  const auto back = unpack(*pack(dfa, {.diff_encode = diff_encode}));
  RC_ASSERT(back);
  std::ranges::fill(dfa.accept, 0U);
  RC_ASSERT(merge_classes(*back) == merge_classes(dfa));
}

RC_GTEST_PROP(Unpack, reads_equivalence_classes, ()) {
  ExprPool pool;
  const std::vector<Pattern> patterns = testing::random_patterns(pool, false);
  Dfa dfa = minimise(determinise(pool, patterns)->dfa);
  Dfa columns = dfa;  // bytes that are column numbers
  for (std::size_t byte = 0; byte < 256; ++byte)
    columns.classes[byte] = static_cast<std::uint8_t>(std::min<std::size_t>(byte, dfa.class_count - 1));
  auto tables = pack(columns);
  tables->ec.assign(dfa.classes.begin(), dfa.classes.end());
  RC_ASSERT(same_steps(*tables, dfa));
  const auto back = unpack(*tables);
  RC_ASSERT(back);
  std::ranges::fill(dfa.accept, 0U);
  RC_ASSERT(merge_classes(*back) == merge_classes(dfa));
}

/// Tables with one field changed must be refused or still mean what the kernel would make of them.
RC_GTEST_PROP(Unpack, of_damaged_tables_refuses_or_agrees_with_the_kernel, (bool diff_encode)) {
  CombTables tables = *pack(random_automaton(), {.diff_encode = diff_encode});
  const std::vector<std::vector<std::uint32_t>*> fields{&tables.base, &tables.def, &tables.next,
                                                        &tables.check};
  for (int i = 0; i < 3; ++i) {
    std::vector<std::uint32_t>& field = **rc::gen::elementOf(fields);
    std::uint32_t& value = field[*rc::gen::inRange<std::size_t>(0, field.size())];
    value = *rc::gen::oneOf(rc::gen::inRange(0U, static_cast<std::uint32_t>(tables.base.size())),
                            rc::gen::arbitrary<std::uint32_t>(), rc::gen::just(value ^ CombTables::diff_bit),
                            rc::gen::just(value ^ CombTables::oob_bit));
  }
  const auto dfa = unpack(tables);
  if (dfa) RC_ASSERT(same_steps(tables, *dfa));
}

TEST(Unpack, an_out_of_band_slot_that_another_state_owns_is_no_step) {
  CombTables tables = *pack(chain(5));
  tables.has_oob = true;
  tables.next.resize(512);
  tables.check.resize(512);
  ASSERT_EQ(tables.check['x'], 1u);
  tables.base[4] = CombTables::oob_bit | ('x' + 1);
  const auto dfa = unpack(tables);
  ASSERT_TRUE(dfa);
  EXPECT_EQ(dfa->step_oob(4), Dfa::trap);
  EXPECT_TRUE(same_steps(tables, *dfa));
}

std::string refusal(const CombTables& tables) {
  const auto dfa = unpack(tables);
  return dfa ? "accepted" : dfa.error().text;
}

TEST(Unpack, says_what_is_wrong) {
  const CombTables good = *pack(chain(4));
  ASSERT_EQ(refusal(good), "accepted");
  CombTables bad;
  EXPECT_EQ(refusal(bad), "0 states, there must be at least 2 (trap and start)");
  bad = good;
  bad.def.pop_back();
  EXPECT_EQ(refusal(bad), "default table has 3 entries for 4 states");
  bad = good;
  bad.check.pop_back();
  EXPECT_THAT(refusal(bad), HasSubstr("check table has"));
  bad = good;
  bad.ec.resize(255);
  EXPECT_EQ(refusal(bad), "equivalence table has 255 entries, not 256");
  bad = good;
  bad.base[2] |= 1u << 28;
  EXPECT_THAT(refusal(bad), HasSubstr("state 2: unknown flag in base 0x1"));
  bad = good;
  bad.base[2] |= CombTables::diff_bit;
  EXPECT_EQ(refusal(bad), "state 2: differential row in tables that are not marked so");
  bad.diff_encoded = true;
  bad.def[2] = 2;
  EXPECT_EQ(refusal(bad), "state 2: differential rows lead in a loop");
  bad = good;
  bad.base[2] = CombTables::oob_bit | 1;
  EXPECT_EQ(refusal(bad), "state 2: out-of-band step in tables that are not marked so");
  bad.has_oob = true;
  bad.base[2] = CombTables::oob_bit;
  EXPECT_EQ(refusal(bad), "state 2: out-of-band step before the first slot");
  bad = good;
  bad.base[3] = 10;
  EXPECT_THAT(refusal(bad), HasSubstr("state 3: row at 10 leaves the"));
  bad = good;
  bad.def[1] = 4;
  EXPECT_EQ(refusal(bad), "state 1: default 4 is not one of 4 states");
  bad = good;
  bad.next[7] = 9;
  EXPECT_EQ(refusal(bad), "slot 7: next 9 is not one of 4 states");
  bad = good;
  bad.check[7] = 9;
  EXPECT_EQ(refusal(bad), "slot 7: check 9 is not one of 4 states");
  bad = good;
  bad.def[0] = 1;
  EXPECT_EQ(refusal(bad), "state 0 is not a trap: it steps to 1");
  EXPECT_THAT(unpack(good, {.max_bytes = 8}).error().text,
              HasSubstr("need more memory than the limit of 8 bytes"));
}

}  // namespace
}  // namespace bh::automata
