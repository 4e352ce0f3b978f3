// Dfa -> comb tables: a default (or relative) row per state, then first fit of what remains, 64 positions at
// a time.
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>

#include "automata/comb.h"
#include "automata/diff_encode.h"
#include "automata/id_table.h"

namespace bh::automata {

namespace {

/// What has to be stored of each row: offsets (bytes, or -1 for out of band) and targets.
struct Rows {
  std::vector<std::int16_t> offsets;
  std::vector<std::uint32_t> targets;
  std::vector<std::size_t> ends;   // per state
  std::vector<std::uint32_t> def;  // per state
  std::vector<bool> relative;      // per state: def is the state the row is relative to
  std::vector<bool> oob;           // per state: the last offset is -1

  [[nodiscard]] std::size_t begin(std::uint32_t state) const { return state == 0 ? 0 : ends[state - 1]; }
  [[nodiscard]] std::span<const std::int16_t> offsets_of(std::uint32_t state) const {
    return {offsets.data() + begin(state), ends[state] - begin(state)};
  }
};

/// The target that most bytes lead to, and for how many bytes it does not (0 to 255).
struct Default {
  std::uint32_t target;
  std::uint16_t others;
};

class RowBuilder {
 public:
  explicit RowBuilder(const RunDfa& dfa)
      : dfa_(dfa), weight_(dfa.states(), 0), bytes_below_(bytes_below(dfa)) {
    std::vector<std::uint32_t> fill = bytes_below_;
    for (std::size_t byte = 0; byte < 256; ++byte)
      bytes_[fill[dfa.classes[byte]]++] = static_cast<std::int16_t>(byte);
  }

  [[nodiscard]] Rows build(bool diff_encode);

 private:
  Default default_of(std::uint32_t state);
  void add_plain_row(Rows& rows, std::uint32_t state);
  void add_relative_row(Rows& rows, std::uint32_t state, std::uint32_t other);
  void add_entries(Rows& rows, std::uint32_t from, std::uint32_t end, std::uint32_t target) const;
  void end_row(Rows& rows, std::uint32_t state) const;

  const RunDfa& dfa_;
  std::vector<std::uint32_t> weight_;       // target -> bytes that lead to it; all 0 between calls
  std::array<std::int16_t, 256> bytes_{};   // class by class
  std::vector<std::uint32_t> bytes_below_;  // of bytes_below()
};

Default RowBuilder::default_of(std::uint32_t state) {
  const std::span<const Run> row = dfa_.row(state);
  Default best{Dfa::trap, 0};
  std::uint32_t most = 0;
  std::uint32_t from = 0;
  for (const auto [end, target] : row) {
    const std::uint32_t weight = weight_[target] += bytes_below_[end] - bytes_below_[from];
    from = end;
    if (weight > most || (weight == most && target < best.target)) {
      most = weight;
      best.target = target;
    }
  }
  for (const Run& run : row) weight_[run.target] = 0;
  best.others = static_cast<std::uint16_t>(256 - most);
  return best;
}

/// The bytes of the classes from `from` to before `end`.
void RowBuilder::add_entries(Rows& rows, std::uint32_t from, std::uint32_t end, std::uint32_t target) const {
  const std::uint32_t first = bytes_below_[from], last = bytes_below_[end];
  rows.offsets.insert(rows.offsets.end(), bytes_.begin() + first, bytes_.begin() + last);
  rows.targets.insert(rows.targets.end(), last - first, target);
}

void RowBuilder::add_plain_row(Rows& rows, std::uint32_t state) {
  std::uint32_t from = 0;
  for (const auto [end, target] : dfa_.row(state)) {
    if (target != rows.def[state]) add_entries(rows, from, end, target);
    from = end;
  }
  end_row(rows, state);
}

/// What differs from the row of `other`.
void RowBuilder::add_relative_row(Rows& rows, std::uint32_t state, std::uint32_t other) {
  walk_rows(dfa_.row(state), dfa_.row(other),
            [&](std::uint32_t from, std::uint32_t end, std::uint32_t target, std::uint32_t known) {
              if (target != known) add_entries(rows, from, end, target);
              return true;
            });
  end_row(rows, state);
}

void RowBuilder::end_row(Rows& rows, std::uint32_t state) const {
  const std::uint32_t oob =
      dfa_.oob_class == Dfa::no_class ? Dfa::trap : target_of(dfa_.row(state), dfa_.oob_class);
  if (oob != Dfa::trap) {
    rows.offsets.push_back(-1);
    rows.targets.push_back(oob);
  }
  rows.oob.push_back(oob != Dfa::trap);
  rows.ends.push_back(rows.offsets.size());
}

Rows RowBuilder::build(bool diff_encode) {
  Rows rows;
  const auto states = static_cast<std::uint32_t>(dfa_.states());
  std::vector<std::uint16_t> plain_cost;
  rows.def.reserve(states);
  plain_cost.reserve(states);
  for (std::uint32_t state = 0; state < states; ++state) {
    const Default chosen = default_of(state);
    rows.def.push_back(chosen.target);
    plain_cost.push_back(chosen.others);
  }
  rows.relative.assign(states, false);
  std::vector<std::uint32_t> relative;
  if (diff_encode) relative = choose_relatives(dfa_, plain_cost);
  for (std::uint32_t state = 0; state < states; ++state) {
    if (diff_encode && relative[state] != Dfa::trap) {
      rows.def[state] = relative[state];
      rows.relative[state] = true;
      add_relative_row(rows, state, relative[state]);
    } else {
      add_plain_row(rows, state);
    }
  }
  return rows;
}

/// Which slots are taken, and the first place where a row fits.
class Slots {
 public:
  /// The lowest base at or above `from` where all offsets are free. `from` must be above 0 if an offset is
  /// -1.
  std::size_t find(std::span<const std::int16_t> offsets, std::size_t from) {
    for (std::size_t base = from;; base += 64) {
      reserve(base);
      std::uint64_t conflicts = 0;  // bit i: base + i does not fit
      for (const std::int16_t offset : offsets) {
        conflicts |= load(base + static_cast<std::size_t>(offset + 1));
        if (conflicts == ~std::uint64_t{0}) break;
      }
      if (conflicts != ~std::uint64_t{0}) return base + static_cast<std::size_t>(std::countr_one(conflicts));
    }
  }
  void take(std::size_t base, std::span<const std::int16_t> offsets) {
    reserve(base);
    for (const std::int16_t offset : offsets) {
      const std::size_t bit = base + static_cast<std::size_t>(offset + 1);
      taken_[bit / 64] |= std::uint64_t{1} << bit % 64;
    }
  }
  /// The lowest free slot.
  std::size_t first_free() {
    reserve(first_free_word_ * 64);
    while (taken_[first_free_word_] == ~std::uint64_t{0}) reserve(++first_free_word_ * 64);
    const std::size_t bit =
        first_free_word_ * 64 + static_cast<std::size_t>(std::countr_one(taken_[first_free_word_]));
    return bit - 1;
  }

 private:
  void reserve(std::size_t base) {
    const std::size_t words = (base + 64 + 256) / 64 + 3;
    if (taken_.size() < words) taken_.resize(words * 2, 0);
  }
  /// 64 bits from `bit` on.
  [[nodiscard]] std::uint64_t load(std::size_t bit) const {
    const std::size_t shift = bit % 64;
    return taken_[bit / 64] >> shift | (taken_[bit / 64 + 1] << 1) << (63 - shift);
  }

  std::vector<std::uint64_t> taken_{
      1};  // bit i + 1 stands for slot i, so that offset -1 needs no care; bit 0 is no slot
  std::size_t first_free_word_ = 0;
};

/// Base of every state, until one is beyond what a base can say: rows with more entries first (they are
/// hardest to place), then wider ones.
std::vector<std::uint32_t> place(const Rows& rows) {
  std::vector<std::uint64_t> items;  // sort key and state in one number
  const auto states = static_cast<std::uint32_t>(rows.ends.size());
  for (std::uint32_t state = 0; state < states; ++state) {
    const std::span<const std::int16_t> offsets = rows.offsets_of(state);
    if (offsets.empty()) continue;
    const auto [low, high] = std::ranges::minmax(offsets);
    const std::uint64_t fewer = 0xffff - offsets.size(),
                        narrower = 0xffff - static_cast<std::uint64_t>(high - low);
    items.push_back(fewer << 48 | narrower << 32 | state);
  }
  std::ranges::sort(items);

  // Slots are never given back, so a row with the same offsets as an earlier one fits nowhere below it.
  IdTable shapes;
  std::vector<std::uint32_t> shape_example;  // a state with that shape
  std::vector<std::size_t> shape_from;       // where the next one may be
  Slots slots;
  std::vector<std::uint32_t> base(states, 0);
  for (const std::uint64_t item : items) {
    const auto state = static_cast<std::uint32_t>(item);
    const std::span<const std::int16_t> offsets = rows.offsets_of(state);
    const auto fresh = static_cast<std::uint32_t>(shape_from.size());
    const std::uint32_t shape = shapes.find_or_insert(
        XXH3_64bits(offsets.data(), offsets.size_bytes()), fresh, [&](std::uint32_t other) {
          return std::ranges::equal(rows.offsets_of(shape_example[other]), offsets);
        });
    if (shape == fresh) {
      shape_example.push_back(state);
      const auto free = static_cast<std::int64_t>(slots.first_free());
      shape_from.push_back(
          static_cast<std::size_t>(std::max<std::int64_t>(0, free - std::ranges::min(offsets))));
    }
    const std::size_t at = slots.find(offsets, shape_from[shape]);
    slots.take(at, offsets);
    shape_from[shape] = at + 1;
    base[state] = static_cast<std::uint32_t>(at);
    if (at + 256 > DoesNotFit::max_slots) break;
  }
  return base;
}

}  // namespace

tl::expected<CombTables, DoesNotFit> pack(const RunDfa& dfa, const PackOptions& options) {
  const auto states = static_cast<std::uint32_t>(dfa.states());
  CombTables tables;
  tables.wide = states > DoesNotFit::max_states_16bit;
  if (tables.wide && !options.allow_32bit) {
    return tl::unexpected(DoesNotFit{DoesNotFit::What::states, states, DoesNotFit::max_states_16bit});
  }
  Rows rows = RowBuilder(dfa).build(options.diff_encode);
  if (rows.offsets.size() > DoesNotFit::max_slots) {
    return tl::unexpected(DoesNotFit{DoesNotFit::What::slots, rows.offsets.size(), DoesNotFit::max_slots});
  }
  tables.base = place(rows);
  const std::size_t slots = std::size_t{std::ranges::max(tables.base)} + 256;
  if (slots > DoesNotFit::max_slots) {
    return tl::unexpected(DoesNotFit{DoesNotFit::What::slots, slots, DoesNotFit::max_slots});
  }
  tables.next.assign(slots, 0);
  tables.check.assign(slots, 0);
  for (std::uint32_t state = 0; state < states; ++state) {
    for (std::size_t entry = rows.begin(state); entry < rows.ends[state]; ++entry) {
      const std::size_t slot = tables.base[state] + static_cast<std::size_t>(rows.offsets[entry] + 1) - 1;
      tables.next[slot] = rows.targets[entry];
      tables.check[slot] = state;
    }
    if (rows.relative[state]) {
      tables.base[state] |= CombTables::diff_bit;
      tables.diff_encoded = true;
    }
    if (rows.oob[state]) {
      tables.base[state] |= CombTables::oob_bit;
      tables.has_oob = true;
    }
  }
  tables.def = std::move(rows.def);
  return tables;
}

tl::expected<CombTables, DoesNotFit> pack(const Dfa& dfa, const PackOptions& options) {
  return pack(to_runs(dfa), options);
}

}  // namespace bh::automata
