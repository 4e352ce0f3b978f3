#include "automata/run_dfa.h"

#include <algorithm>

namespace bh::automata {

RunDfa to_runs(const Dfa& dfa) {
  RunDfa out;
  out.classes = dfa.classes;
  out.class_count = dfa.class_count;
  out.oob_class = dfa.oob_class;
  out.accept = dfa.accept;
  out.row_begin.reserve(dfa.states() + 1);
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    const std::span<const std::uint32_t> row = dfa.row(state);
    for (std::uint32_t column = 0; column < row.size(); ++column) out.append(column + 1, row[column]);
    out.end_row();
  }
  return out;
}

Dfa to_dense(const RunDfa& dfa) {
  Dfa out;
  out.classes = dfa.classes;
  out.class_count = dfa.class_count;
  out.oob_class = dfa.oob_class;
  out.accept = dfa.accept;
  out.next.reserve(dfa.states() * dfa.class_count);
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    for (const Run& run : dfa.row(state)) out.next.resize(std::size_t{state} * dfa.class_count + run.end, run.target);
  }
  return out;
}

}  // namespace bh::automata
