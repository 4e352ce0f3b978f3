// Two automata of permissions as one, in which only what differs is left.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "automata/budget.h"
#include "automata/dfa.h"
#include "automata/relate.h"
#include "base/result.h"
#include "compile/policydb.h"

namespace bh::diff {

/// What a side lets the owner of a file do, and others (the same where ownership does not matter).
struct Allowed {
  std::uint32_t bits = 0;
  std::uint32_t transition = 0;  ///< of an exec: index in Joint::transitions
  bool operator==(const Allowed&) const = default;
};
inline constexpr std::size_t as_owner = 0, as_other = 1;
using Both = std::array<Allowed, 2>;  ///< by as_owner, as_other

struct Pair {
  Both a, b;
};

class Joint {
 public:
  /// A null pdb allows nothing. Bits that one of the two allows after every string are not compared. `start`:
  /// state that the strings start in.
  struct From {
    const compile::Pdb* pdb = nullptr;
    std::uint32_t start = automata::Dfa::start;
  };
  [[nodiscard]] static Result<Joint> make(From a, From b, const automata::Budget& budget);

  /// Of two languages that accept with bit 0 for owners and bit 1 for others, who then have `bits`.
  [[nodiscard]] static Result<Joint> of_languages(const automata::Dfa& a, const automata::Dfa& b,
                                                  std::uint32_t bits, const automata::Budget& budget);

  /// Minimal; its accept numbers are indices of pairs(), 0 where the sides allow the same.
  [[nodiscard]] const automata::Dfa& dfa() const { return dfa_; }
  [[nodiscard]] const std::vector<Pair>& pairs() const { return pairs_; }
  /// `the same profile`, `unconfined`, …
  [[nodiscard]] const std::string& transition(std::uint32_t index) const { return transitions_[index]; }

 private:
  std::uint32_t intern(const std::string& transition);
  /// `of_a`, `of_b`: what the sides allow, by their automata's accept numbers.
  Result<void> join(automata::From a, const std::vector<Both>& of_a, automata::From b,
                    const std::vector<Both>& of_b, const automata::Budget& budget);

  automata::Dfa dfa_;
  std::vector<Pair> pairs_{{}};
  std::vector<std::string> transitions_{""};
};

}  // namespace bh::diff
