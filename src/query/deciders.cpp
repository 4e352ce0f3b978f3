#include "query/deciders.h"

#include <algorithm>
#include <limits>

namespace bh::query {

std::vector<Decider> deciders(const compile::Trace& trace, std::uint32_t set, std::uint32_t bits,
                              bool owner) {
  const auto tags = trace.states.tag_sets[set];
  const auto speaks = [&](std::uint32_t tag) {
    const compile::FilePerms& perms = trace.meanings[tag].perms;
    return (owner ? perms.owner : perms.other).allow;
  };
  std::vector<Decider> found;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bits & bit) == 0) continue;
    const auto rank = [&](std::uint32_t tag) {
      return bit == compile::perm::exec ? trace.meanings[tag].exec_rank : trace.meanings[tag].rank;
    };
    std::int64_t top = std::numeric_limits<std::int64_t>::min();
    for (const std::uint32_t tag : tags) {
      if ((speaks(tag) & bit) != 0) top = std::max(top, rank(tag));
    }
    for (const std::uint32_t tag : tags) {
      const compile::TagMeaning& meaning = trace.meanings[tag];
      if ((speaks(tag) & bit) != 0 && rank(tag) == top) found.push_back({meaning.rule, meaning.deny});
    }
  }
  std::ranges::sort(found);
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

}  // namespace bh::query
