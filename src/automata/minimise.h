// The smallest automaton with the same accept number after every string.
//
// Partition refinement in the manner of Hopcroft (1971), with hashed rows: a state's hash is the sum over its
// distinct targets of (weight of the bytes that lead there) x (random number of the target's block).
// Splitting a block changes the hashes of the predecessors of all but its largest part only, so the whole
// costs O(edges log states), also on deep tries. Equal hashes are verified row by row at the end; nothing
// rests on luck.
#pragma once

#include "automata/dfa.h"
#include "automata/run_dfa.h"

namespace bh::automata {

/// By dfa.accept. The trap stays 0 and the start 1 (the start stays apart from the trap even if it accepts
/// nothing). Unreachable states vanish, states from which nothing is accepted become the trap. States are
/// numbered breadth first, so two automata with the same language and the same classes come out equal.
[[nodiscard]] RunDfa minimise(const RunDfa& dfa);
[[nodiscard]] Dfa minimise(const Dfa& dfa);

}  // namespace bh::automata
