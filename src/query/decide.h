// Which of the rules that speak about a string decide one bit, and what the bit would be without some of
// them.
//
// The one idea: merge.h's order again, for one bit and with names: the highest rank that speaks about the bit
// decides; take its rules away, and the next rank does.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "compile/policydb.h"

namespace bh::query {

struct Decision {
  enum class Outcome : std::uint8_t { nobody, allows, denies, asks };  ///< asks: an agent in user space
  Outcome outcome = Outcome::nobody;
  std::vector<std::uint32_t> tags;  ///< of Trace::meanings, ascending; all of one rank
};

class Deciding {
 public:
  /// The rules that speak about `text`, to the owner of a file or to others. Refers to `trace`.
  Deciding(const compile::Trace& trace, std::string_view text, bool owner)
      : trace_(&trace), tags_(trace.rules.tags_of(text)), owner_(owner) {}

  /// `without`: rules (indices in ResolvedProfile::rules) that are left out.
  [[nodiscard]] Decision of(std::uint32_t bit, const std::set<std::uint32_t>& without = {}) const;
  [[nodiscard]] const std::vector<std::uint32_t>& tags() const { return tags_; }
  [[nodiscard]] const compile::TagMeaning& meaning(std::uint32_t tag) const { return trace_->meanings[tag]; }

 private:
  [[nodiscard]] const compile::Perms& perms(std::uint32_t tag) const {
    return owner_ ? meaning(tag).perms.owner : meaning(tag).perms.other;
  }

  const compile::Trace* trace_;
  std::vector<std::uint32_t> tags_;
  bool owner_;
};

}  // namespace bh::query
