// For the tests of minimise() only: makes hashes collide, so that the verification behind them is exercised.
#pragma once

#include <cstdint>

#include "automata/run_dfa.h"

namespace bh::automata::detail {

/// minimise(), where the first attempt uses only the bits of the mask in its random weights.
[[nodiscard]] RunDfa minimise_with(const RunDfa& dfa, std::uint64_t first_weight_mask);

}  // namespace bh::automata::detail
