// Which rules of the text made a state's answer: for each bit those of the highest rank that speak of it.
#pragma once

#include <cstdint>
#include <vector>

#include "compile/policydb.h"

namespace bh::query {

/// A rule that decided.
struct Decider {
  std::uint32_t rule = 0;  ///< index in ResolvedProfile::rules; TagMeaning::implied: none of the text
  bool deny = false;
  auto operator<=>(const Decider&) const = default;
};

/// Of `bits` in the set of tags `set`, for the file's owner or for others. Ascending, each once.
[[nodiscard]] std::vector<Decider> deciders(const compile::Trace& trace, std::uint32_t set,
                                            std::uint32_t bits, bool owner);

}  // namespace bh::query
