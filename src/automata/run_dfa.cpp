#include "automata/run_dfa.h"

#include <algorithm>
#include <numeric>

namespace bh::automata {

RunDfa to_runs(const Dfa& dfa) {
  RunDfa out(dfa.alphabet());
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
  Dfa out(dfa.alphabet());
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

std::vector<std::uint32_t> bytes_below(const Alphabet& alphabet) {
  std::vector<std::uint32_t> below(alphabet.class_count + 1, 0);
  for (const std::uint8_t column : alphabet.classes) ++below[column + 1];
  std::partial_sum(below.begin(), below.end(), below.begin());
  return below;
}

}  // namespace bh::automata
