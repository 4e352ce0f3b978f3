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

Result<void> Joint::join(automata::From a, const std::vector<Both>& of_a, automata::From b,
                         const std::vector<Both>& of_b, const automata::Budget& budget) {
  auto dfa = automata::joined(
      a, b,
      [&](std::uint32_t accept_a, std::uint32_t accept_b) {
        if (of_a[accept_a] == of_b[accept_b]) return 0U;
        pairs_.push_back({of_a[accept_a], of_b[accept_b]});
        return static_cast<std::uint32_t>(pairs_.size() - 1);
      },
      budget);
  if (!dfa) return fail("the two profiles together need more than {} states", budget.max_states);
  dfa_ = automata::minimise(*dfa);
  return {};
}

Result<Joint> Joint::make(From a, From b, const automata::Budget& budget) {
  Joint joint;
  const compile::Pdb& of_a = a.pdb == nullptr ? nothing() : *a.pdb;
  const compile::Pdb& of_b = b.pdb == nullptr ? nothing() : *b.pdb;
  // What a format allows everywhere, whatever the rules (getattr of files; lock, where a profile has no file
  // rules at all and its paths are looked up among the other classes): no rule of the other side is a gain.
  std::uint32_t everywhere = 0;
  for (const compile::Pdb* pdb : {&of_a, &of_b})
    everywhere |= pdb->perms.front().owner.allow | pdb->perms.front().other.allow;
  const auto read = [&](const compile::Pdb& pdb) {
    std::vector<Both> all;
    for (const compile::FilePerms& entry : pdb.perms) {
      const auto one = [&](const compile::Perms& perms) {
        Allowed allowed{perms.allow & ~perms.deny & ~everywhere, 0};
        if ((allowed.bits & perm::exec) != 0 && perms.xindex != 0)
          allowed.transition = joint.intern(compile::transition_words(perms.xindex, pdb.xtable));
        return allowed;
      };
      all.push_back({one(entry.owner), one(entry.other)});
    }
    return all;
  };
  const std::vector<Both> perms_a = read(of_a), perms_b = read(of_b);
  BH_TRY_DO(joint.join({of_a.dfa, a.start}, perms_a, {of_b.dfa, b.start}, perms_b, budget));
  return joint;
}

Result<Joint> Joint::of_languages(const Dfa& a, const Dfa& b, std::uint32_t bits,
                                  const automata::Budget& budget) {
  Joint joint;
  const Allowed none, all{bits, 0};
  const std::vector<Both> allowed{{none, none}, {all, none}, {none, all}, {all, all}};
  BH_TRY_DO(joint.join(a, allowed, b, allowed, budget));
  return joint;
}

}  // namespace bh::diff
