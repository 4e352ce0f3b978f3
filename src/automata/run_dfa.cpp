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
  out.next.resize(dfa.states() * dfa.class_count, Dfa::trap);
  std::uint32_t* row = out.next.data();
  for (std::uint32_t state = 0; state < dfa.states(); ++state, row += dfa.class_count) {
    std::uint32_t from = 0;
    for (const auto [end, target] : dfa.row(state)) {
      if (target != Dfa::trap) std::fill(row + from, row + end, target);
      from = end;
    }
  }
  return out;
}

}  // namespace bh::automata
