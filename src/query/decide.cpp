#include "query/decide.h"

#include <limits>

namespace bh::query {
namespace perm = compile::perm;

Decision Deciding::of(std::uint32_t bit, const std::set<std::uint32_t>& without) const {
  Decision decision;
  std::int64_t top = std::numeric_limits<std::int64_t>::min();
  for (const std::uint32_t tag : tags_) {
    const compile::TagMeaning& its = meaning(tag);
    if ((perms(tag).allow & bit) == 0 || without.contains(its.rule)) continue;
    const std::int64_t rank = bit == perm::exec ? its.exec_rank : its.rank;
    if (rank < top) continue;
    if (rank > top) decision.tags.clear();
    top = rank;
    decision.tags.push_back(tag);
    decision.outcome = its.deny     ? Decision::Outcome::denies
                       : its.prompt ? Decision::Outcome::asks
                                    : Decision::Outcome::allows;
  }
  if (bit != perm::mmap || decision.outcome != Decision::Outcome::nobody) return decision;
  // `ix` implies mapping the file where nothing else is said about that (merge.cpp, merge_exec).
  Decision exec = of(perm::exec, without);
  if (exec.outcome == Decision::Outcome::allows &&
      (perms(exec.tags.front()).xindex & compile::xindex::inherit) != 0)
    return exec;
  return decision;
}

}  // namespace bh::query
