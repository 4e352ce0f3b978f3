#include "automata/tag_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "automata/random_expr.h"

namespace bh::automata {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(TagMatch, tells_the_patterns_that_match_the_whole) {
  ExprPool pool;
  const ExprId any = pool.star(pool.bytes(ByteSet{}.set().reset(0)));
  const std::vector<Pattern> patterns{{pool.literal("/etc/passwd"), 7},
                                      {pool.concat(pool.literal("/etc/"), any), 3},
                                      {pool.literal("/etc/passwd"), 5},
                                      {pool.empty(), 9}};
  const auto match = TagMatch::make(pool, patterns);
  ASSERT_TRUE(match);
  EXPECT_THAT(match->tags_of("/etc/passwd"), ElementsAre(3, 5, 7));
  EXPECT_THAT(match->tags_of("/etc/passwe"), ElementsAre(3));
  EXPECT_THAT(match->tags_of("/etc"), IsEmpty());
  EXPECT_THAT(match->tags_of(""), ElementsAre(9));
}

/// The same as an automaton made of the patterns says.
RC_GTEST_PROP(TagMatch, agrees_with_determinise, ()) {
  ExprPool pool;
  const auto patterns = testing::random_patterns(pool, false);
  const auto match = TagMatch::make(pool, patterns);
  const auto made = determinise(pool, patterns);
  RC_ASSERT(match && made);
  for (const testing::Word& word : testing::all_words(4)) {
    if (std::ranges::find(word, testing::oob) != word.end()) continue;
    const std::string text(word.begin(), word.end());
    const auto tags = made->tag_sets[made->dfa.accept[made->dfa.run(text)]];
    RC_ASSERT(match->tags_of(text) == std::vector<std::uint32_t>(tags.begin(), tags.end()));
  }
}

}  // namespace
}  // namespace bh::automata
