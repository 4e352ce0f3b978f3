// Chooses, for each state, the state whose row its own row is stored relative to.
//
// The one idea is that of Aho and Corasick's failure links: if a state is relative to r, the state one step
// further is most likely like the state one step further from r. So each state has few candidates, and the
// choice costs one row comparison for each.
#pragma once

#include <cstdint>
#include <vector>

#include "automata/run_dfa.h"

namespace bh::automata {

/// Per state: the state its row is best stored relative to, or Dfa::trap for a row of its own.
/// `plain_cost[s]`: the number of bytes for which a row of its own needs a slot; a relative row is chosen
/// only where it needs fewer. Following the result always leads closer to the start (in steps), so no chain
/// loops, and the kernel makes at most one extra step per byte of input on average.
[[nodiscard]] std::vector<std::uint32_t> choose_relatives(const RunDfa& dfa,
                                                          const std::vector<std::uint16_t>& plain_cost);

}  // namespace bh::automata
