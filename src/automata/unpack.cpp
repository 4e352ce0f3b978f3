// Comb tables -> Dfa. The tables may come from anybody: everything is checked before it is used as an index.
#include <algorithm>
#include <span>

#include "automata/comb.h"

namespace bh::automata {

namespace {

struct Step {
  std::uint8_t column;  // a byte, or what `ec` makes of bytes
  std::uint32_t target;
};

/// The stored part of every row, gathered in one pass over the slots.
struct StoredRows {
  std::vector<Step> steps;
  std::vector<std::size_t> begins;  // per state, one more at the end

  [[nodiscard]] std::span<const Step> operator[](std::uint32_t state) const {
    return {steps.data() + begins[state], begins[state + 1] - begins[state]};
  }
};

std::size_t base_of(const CombTables& tables, std::uint32_t state) {
  return tables.base[state] & CombTables::base_mask;
}

bool is_relative(const CombTables& tables, std::uint32_t state) {
  return (tables.base[state] & CombTables::diff_bit) != 0;
}

/// verify_table_headers() and verify_dfa() of the kernel, but for the loops.
Result<void> verify(const CombTables& tables) {
  const std::size_t states = tables.base.size();
  const std::size_t slots = tables.next.size();
  if (states < 2) return fail("{} states, there must be at least 2 (trap and start)", states);
  if (states > 0xffffffff || slots > 0xffffffff) return fail("tables too large");
  if (tables.def.size() != states)
    return fail("default table has {} entries for {} states", tables.def.size(), states);
  if (tables.check.size() != slots)
    return fail("check table has {} entries, next table {}", tables.check.size(), slots);
  if (!tables.ec.empty() && tables.ec.size() != 256) {
    return fail("equivalence table has {} entries, not 256", tables.ec.size());
  }
  for (std::uint32_t state = 0; state < states; ++state) {
    const std::uint32_t base = tables.base[state];
    const std::uint32_t known = CombTables::base_mask | CombTables::diff_bit | CombTables::oob_bit;
    if ((base & ~known) != 0) return fail("state {}: unknown flag in base {:#x}", state, base);
    if ((base & CombTables::diff_bit) != 0 && !tables.diff_encoded) {
      return fail("state {}: differential row in tables that are not marked so", state);
    }
    if ((base & CombTables::oob_bit) != 0) {
      if (!tables.has_oob) return fail("state {}: out-of-band step in tables that are not marked so", state);
      if ((base & CombTables::base_mask) == 0)
        return fail("state {}: out-of-band step before the first slot", state);
    }
    if (std::size_t{base & CombTables::base_mask} + 255 >= slots) {
      return fail("state {}: row at {} leaves the {} slots", state, base & CombTables::base_mask, slots);
    }
    if (tables.def[state] >= states) {
      return fail("state {}: default {} is not one of {} states", state, tables.def[state], states);
    }
  }
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (tables.next[slot] >= states) {
      return fail("slot {}: next {} is not one of {} states", slot, tables.next[slot], states);
    }
    if (tables.check[slot] >= states) {
      return fail("slot {}: check {} is not one of {} states", slot, tables.check[slot], states);
    }
  }
  return {};
}

StoredRows gather(const CombTables& tables) {
  const std::size_t states = tables.base.size();
  const auto owned = [&](std::size_t slot) {
    const std::size_t base = base_of(tables, tables.check[slot]);
    return slot >= base && slot - base < 256;
  };
  StoredRows rows;
  rows.begins.assign(states + 1, 0);
  for (std::size_t slot = 0; slot < tables.check.size(); ++slot) {
    if (owned(slot)) ++rows.begins[tables.check[slot] + 1];
  }
  for (std::size_t state = 0; state < states; ++state) rows.begins[state + 1] += rows.begins[state];
  rows.steps.resize(rows.begins[states]);
  std::vector<std::size_t> fill(rows.begins.begin(), rows.begins.end() - 1);
  for (std::size_t slot = 0; slot < tables.check.size(); ++slot) {
    if (!owned(slot)) continue;
    const std::uint32_t state = tables.check[slot];
    const auto column = static_cast<std::uint8_t>(slot - base_of(tables, state));
    rows.steps[fill[state]++] = {column, tables.next[slot]};
  }
  return rows;
}

/// States in an order in which each one comes after the one that its row is relative to.
Result<std::vector<std::uint32_t>> resolution_order(const CombTables& tables) {
  const auto states = static_cast<std::uint32_t>(tables.base.size());
  enum class Mark : std::uint8_t { fresh, on_chain, done };
  std::vector<Mark> marks(states, Mark::fresh);
  std::vector<std::uint32_t> order, chain;
  order.reserve(states);
  for (std::uint32_t first = 0; first < states; ++first) {
    std::uint32_t state = first;
    for (; marks[state] == Mark::fresh; state = tables.def[state]) {
      marks[state] = Mark::on_chain;
      chain.push_back(state);
      if (!is_relative(tables, state)) break;
    }
    if (!chain.empty() && marks[state] == Mark::on_chain && is_relative(tables, state)) {
      return fail("state {}: differential rows lead in a loop", state);
    }
    for (; !chain.empty(); chain.pop_back()) {
      marks[chain.back()] = Mark::done;
      order.push_back(chain.back());
    }
  }
  return order;
}

/// Classes of columns that no stored row tells apart. Column -> class, numbered in the order of the first
/// column.
struct ColumnClasses {
  std::array<std::uint8_t, 256> of{};
  std::uint32_t count = 1;
};

ColumnClasses column_classes(const StoredRows& rows, std::uint32_t states) {
  // Split every class by the rows' targets; a class is split at once into one part per distinct target.
  std::array<std::uint32_t, 256> class_of{};
  std::array<std::uint32_t, 256> size{};
  size[0] = 256;
  std::uint32_t count = 1;
  std::vector<std::pair<std::uint64_t, std::uint8_t>> keys;  // (class, target) of the stored columns
  for (std::uint32_t state = 0; state < states && count < 256; ++state) {
    keys.clear();
    for (const Step& step : rows[state]) {
      if (size[class_of[step.column]] > 1) {
        keys.emplace_back(std::uint64_t{class_of[step.column]} << 32 | step.target, step.column);
      }
    }
    std::ranges::sort(keys);
    for (std::size_t begin = 0, end = 0; begin < keys.size(); begin = end) {
      while (end < keys.size() && keys[end].first == keys[begin].first) ++end;
      const auto old = static_cast<std::uint32_t>(keys[begin].first >> 32);
      if (end - begin == size[old]) continue;  // what is left of the class
      size[old] -= static_cast<std::uint32_t>(end - begin);
      size[count] = static_cast<std::uint32_t>(end - begin);
      for (std::size_t i = begin; i < end; ++i) class_of[keys[i].second] = count;
      ++count;
    }
  }
  ColumnClasses classes;
  std::array<std::uint32_t, 256> renamed;
  renamed.fill(Dfa::no_class);
  classes.count = 0;
  for (std::size_t column = 0; column < 256; ++column) {
    if (renamed[class_of[column]] == Dfa::no_class) renamed[class_of[column]] = classes.count++;
    classes.of[column] = static_cast<std::uint8_t>(renamed[class_of[column]]);
  }
  return classes;
}

}  // namespace

Result<Dfa> unpack(const CombTables& tables, const Budget& budget) {
  BH_TRY_DO(verify(tables));
  BH_TRY(const std::vector<std::uint32_t> order, resolution_order(tables));
  const auto states = static_cast<std::uint32_t>(tables.base.size());
  const StoredRows rows = gather(tables);
  const ColumnClasses columns = column_classes(rows, states);
  const std::size_t width = columns.count + (tables.has_oob ? 1 : 0);
  if (states > budget.max_states || states * width * sizeof(std::uint32_t) > budget.max_bytes) {
    return fail("{} states with {} classes of bytes need more memory than the limit of {} bytes", states,
                width, budget.max_bytes);
  }

  std::array<std::uint8_t, 256> classes = columns.of;
  if (!tables.ec.empty()) {
    for (std::size_t byte = 0; byte < 256; ++byte) classes[byte] = columns.of[tables.ec[byte]];
  }
  Dfa dfa = blank_dfa(states, classes, static_cast<std::uint32_t>(width),
                      tables.has_oob ? columns.count : Dfa::no_class);
  for (const std::uint32_t state : order) {
    std::uint32_t* const row = dfa.next.data() + state * width;
    if (is_relative(tables, state)) {
      const std::uint32_t* const other = dfa.next.data() + tables.def[state] * width;
      std::copy(other, other + columns.count, row);
    } else {
      std::fill(row, row + columns.count, tables.def[state]);
    }
    for (const Step& step : rows[state]) row[columns.of[step.column]] = step.target;
    if ((tables.base[state] & CombTables::oob_bit) != 0) {
      const std::size_t slot = base_of(tables, state) - 1;
      row[columns.count] = tables.check[slot] == state ? tables.next[slot] : Dfa::trap;
    }
  }
  for (const std::uint32_t target : dfa.row(Dfa::trap)) {
    if (target != Dfa::trap) return fail("state 0 is not a trap: it steps to {}", target);
  }
  return dfa;
}

}  // namespace bh::automata
