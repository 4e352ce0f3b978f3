// Any bytes as expressions (in postfix order) and a word: every stage must agree with the definition of
// matching.
#include <algorithm>

#include "automata/comb.h"
#include "automata/minimise.h"
#include "automata/relate.h"
#include "automata/testing.h"
#include "base/check.h"

namespace {

using namespace bh::automata;

/// Bytes below 16 are operators on a stack, others symbols. What is on the stack at the end is one pattern
/// each.
std::vector<Pattern> read_patterns(ExprPool& pool, const std::uint8_t* data, std::size_t size) {
  std::vector<ExprId> stack;
  const auto pop = [&] {
    const ExprId top = stack.empty() ? pool.empty() : stack.back();
    if (!stack.empty()) stack.pop_back();
    return top;
  };
  for (std::size_t i = 0; i < size; ++i) {
    switch (data[i]) {
      case 0:
      case 1:
      case 2: {
        const ExprId second = pop(), first = pop();
        stack.push_back(pool.concat(first, second));
        break;
      }
      case 3:
      case 4:
        stack.push_back(pool.either(std::vector{pop(), pop(), pop()}));
        break;
      case 5:
        stack.push_back(pool.star(pop()));
        break;
      case 6:
        stack.push_back(pool.plus(pop()));
        break;
      case 7:
        stack.push_back(pool.optional(pop()));
        break;
      case 8:
        stack.push_back(pool.bytes(ByteSet{}.set().reset('/').reset(0)));
        break;
      case 9:
        stack.push_back(pool.bytes(ByteSet{}.set().reset(0)));
        break;
      case 10:
        stack.push_back(pool.out_of_band());
        break;
      case 11:
        stack.push_back(pool.empty());
        break;
      case 12:
        stack.push_back(pool.nothing());
        break;
      default:
        stack.push_back(pool.byte(data[i]));
    }
  }
  std::vector<Pattern> patterns;
  for (std::size_t i = 0; i < stack.size() && i < 8; ++i) {
    patterns.push_back({stack[i], static_cast<std::uint32_t>(i % 3)});
  }
  return patterns;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 200) return 0;
  const std::size_t word_size = std::min<std::size_t>(data[0] % 16, size - 1);
  testing::Word word(data + 1, data + 1 + word_size);
  for (std::uint16_t& symbol : word) {
    if (symbol == 10) symbol = testing::oob;
  }
  ExprPool pool;
  const std::vector<Pattern> patterns = read_patterns(pool, data + 1 + word_size, size - 1 - word_size);
  const auto made = determinise(pool, patterns, {.max_states = 2000, .max_bytes = 32 << 20});
  if (!made) return 0;

  std::vector<std::uint32_t> expected;
  for (const Pattern& pattern : patterns) {
    if (testing::matches(pool, pattern.expr, word)) expected.push_back(pattern.tag);
  }
  std::ranges::sort(expected);
  expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
  BH_CHECK(std::ranges::equal(made->tag_sets[made->dfa.accept[testing::run(made->dfa, word)]], expected));

  const auto equal = [](std::uint32_t a, std::uint32_t b) { return a == b; };
  const Dfa small = minimise(made->dfa);
  BH_CHECK(!first_difference(made->dfa, small, equal).value());
  for (const bool diff_encode : {false, true}) {
    auto back = unpack(*pack(small, {.diff_encode = diff_encode}));
    BH_CHECK(back);
    back->accept = small.accept;
    BH_CHECK(minimise(merge_classes(*back)) == minimise(merge_classes(small)));
  }
  return 0;
}
