#include "diff/joint.h"

#include <algorithm>

#include "automata/minimise.h"
#include "compile/describe.h"

namespace bh::diff {
namespace {

using automata::Dfa;
namespace perm = compile::perm;

/// Allows nothing, whatever follows.
const compile::Pdb& nothing() {
  static const compile::Pdb pdb = [] {
    compile::Pdb none;
    none.dfa = automata::blank_dfa(2, {}, 1, Dfa::no_class);
    none.perms.emplace_back();
    return none;
  }();
  return pdb;
}

}  // namespace

std::uint32_t Joint::intern(const std::string& transition) {
  const auto at = std::ranges::find(transitions_, transition);
  if (at != transitions_.end()) return static_cast<std::uint32_t>(at - transitions_.begin());
  transitions_.push_back(transition);
  return static_cast<std::uint32_t>(transitions_.size() - 1);
}

Result<Joint> Joint::make(From a, From b, const automata::Budget& budget) {
  Joint joint;
  const auto read = [&](const compile::Pdb& pdb) {
    std::vector<Both> all;
    for (const compile::FilePerms& entry : pdb.perms) {
      const auto one = [&](const compile::Perms& perms) {
        Allowed allowed{perms.allow & ~perms.deny, 0};
        if ((allowed.bits & perm::exec) != 0 && perms.xindex != 0)
          allowed.transition = joint.intern(compile::transition_words(perms.xindex, pdb.xtable));
        return allowed;
      };
      all.push_back({one(entry.owner), one(entry.other)});
    }
    return all;
  };
  const compile::Pdb& of_a = a.pdb == nullptr ? nothing() : *a.pdb;
  const compile::Pdb& of_b = b.pdb == nullptr ? nothing() : *b.pdb;
  const std::vector<Both> perms_a = read(of_a), perms_b = read(of_b);
  auto dfa = automata::joined(
      {of_a.dfa, a.start}, {of_b.dfa, b.start},
      [&](std::uint32_t accept_a, std::uint32_t accept_b) {
        // What both traps allow (some bits always are) is nothing to compare.
        if ((accept_a == 0 && accept_b == 0) || perms_a[accept_a] == perms_b[accept_b]) return 0U;
        joint.pairs_.push_back({perms_a[accept_a], perms_b[accept_b]});
        return static_cast<std::uint32_t>(joint.pairs_.size() - 1);
      },
      budget);
  if (!dfa) return fail("the two profiles together need more than {} states", budget.max_states);
  joint.dfa_ = automata::minimise(*dfa);
  return joint;
}

}  // namespace bh::diff
