#include "automata/relate.h"

#include <algorithm>
#include <array>
#include <span>

#include "automata/budget_clock.h"
#include "automata/id_table.h"
#include "base/check.h"

namespace bh::automata {

namespace {

/// Bytes in the order in which a proof should use them: letters first, bytes nobody can read last.
std::array<std::uint8_t, 256> readable_order() {
  std::array<std::uint8_t, 256> order{};
  for (std::size_t byte = 0; byte < 256; ++byte) order[byte] = static_cast<std::uint8_t>(byte);
  const auto rank = [](std::uint8_t byte) {
    if (byte >= 'a' && byte <= 'z') return 0;
    if (byte >= '0' && byte <= '9') return 1;
    if (byte >= 'A' && byte <= 'Z') return 2;
    if (byte == '/' || byte == '.' || byte == '_' || byte == '-') return 3;
    if (byte > ' ' && byte < 0x7f) return 4;
    if (byte == ' ') return 5;
    return byte == 0 ? 6 : 7;
  };
  std::ranges::stable_sort(order, {}, rank);
  return order;
}

constexpr std::uint16_t oob_symbol = 256;
constexpr std::uint32_t no_node = 0xffffffff;

/// A symbol that stands for all that both automata treat alike.
struct Column {
  std::uint32_t a, b;    // classes of the automata; no_class: leads to the trap
  std::uint16_t symbol;  // the byte, or oob_symbol
};

std::vector<Column> joint_columns(const Dfa& a, const Dfa& b) {
  std::vector<Column> columns;
  std::vector<bool> seen(std::size_t{a.class_count} * b.class_count);
  for (const std::uint8_t byte : readable_order()) {
    const std::size_t both = std::size_t{a.classes[byte]} * b.class_count + b.classes[byte];
    if (seen[both]) continue;
    seen[both] = true;
    columns.push_back({a.classes[byte], b.classes[byte], byte});
  }
  if (a.oob_class != Dfa::no_class || b.oob_class != Dfa::no_class) {
    columns.push_back({a.oob_class, b.oob_class, oob_symbol});
  }
  return columns;
}

std::uint32_t step(const Dfa& dfa, std::uint32_t state, std::uint32_t column) {
  return column == Dfa::no_class ? Dfa::trap : dfa.next[std::size_t{state} * dfa.class_count + column];
}

/// Pairs of states in the order of their shortest strings, each with the step that found it.
class PairWalk {
 public:
  struct Node {
    std::uint32_t a, b;
    std::uint32_t parent;
    std::uint16_t symbol;
  };

  PairWalk(From a, From b, const Budget& budget)
      : a_(*a.dfa), b_(*b.dfa), columns_(joint_columns(a_, b_)), clock_(budget), recent_(a_.states()) {
    (void)find(a.state, b.state, no_node, 0);
  }

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const Node& operator[](std::size_t node) const { return nodes_[node]; }
  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }

  /// Finds the pairs one step after `node`. Must be called for 0, 1, 2, … in turn, while they are < size().
  [[nodiscard]] std::optional<OverBudget> expand(std::uint32_t node) {
    const Node from = nodes_[node];
    for (const Column& column : columns_) {
      const std::uint32_t to_a = step(a_, from.a, column.a);
      const std::uint32_t to_b = step(b_, from.b, column.b);
      // Most columns of a row lead where an earlier one led.
      if (recent_[to_a].node == node && recent_[to_a].b == to_b) continue;
      recent_[to_a] = {node, to_b};
      (void)find(to_a, to_b, node, column.symbol);
    }
    return clock_.check(nodes_.size(), nodes_.size() * sizeof(Node) + table_.bytes());
  }

  /// The number of the pair, which is new if it is the last one.
  std::uint32_t find(std::uint32_t a, std::uint32_t b, std::uint32_t parent, std::uint16_t symbol) {
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    const std::uint32_t id = table_.find_or_insert(
        scramble(std::uint64_t{a} << 32 | b), fresh,
        [&](std::uint32_t other) { return nodes_[other].a == a && nodes_[other].b == b; });
    if (id == fresh) nodes_.push_back({a, b, parent, symbol});
    return id;
  }

  /// The string that led to a pair.
  template <class Word>
  void spell(std::uint32_t node, Word& word) const {
    std::vector<std::uint16_t> symbols;
    for (; nodes_[node].parent != no_node; node = nodes_[node].parent) symbols.push_back(nodes_[node].symbol);
    for (auto symbol = symbols.rbegin(); symbol != symbols.rend(); ++symbol) {
      if (*symbol == oob_symbol) {
        word.oob_before.push_back(static_cast<std::uint32_t>(word.bytes.size()));
      } else {
        word.bytes += static_cast<char>(*symbol);
      }
    }
  }

 private:
  const Dfa& a_;
  const Dfa& b_;
  std::vector<Column> columns_;
  BudgetClock clock_;
  std::vector<Node> nodes_;
  IdTable table_;
  struct Recent {
    std::uint32_t node = no_node, b = 0;
  };
  std::vector<Recent> recent_;  // state of a -> the newest pair found with it, and from where
};

/// One state besides the trap, which no byte leaves and no string is accepted in: the other side of walks
/// over one automaton.
const Dfa& idle() {
  static const Dfa dfa = [] {
    Dfa one = blank_dfa(2, {}, 1, Dfa::no_class);
    one.next[Dfa::start] = Dfa::start;
    return one;
  }();
  return dfa;
}

/// Walks pairs of states and calls `found(accept_a, accept_b, node)` once per distinct pair of accept
/// numbers, until it says false.
template <class Found>
std::optional<OverBudget> for_each_accept_pair(PairWalk& walk, const Dfa& a, const Dfa& b, Found found) {
  IdTable known;
  std::vector<std::uint64_t> keys;
  for (std::uint32_t node = 0; node < walk.size(); ++node) {
    const std::uint32_t accept_a = a.accept[walk[node].a];
    const std::uint32_t accept_b = b.accept[walk[node].b];
    const std::uint64_t key = std::uint64_t{accept_a} << 32 | accept_b;
    const auto fresh = static_cast<std::uint32_t>(keys.size());
    if (known.find_or_insert(scramble(key), fresh, [&](std::uint32_t other) { return keys[other] == key; }) ==
        fresh) {
      keys.push_back(key);
      if (!found(accept_a, accept_b, node)) return std::nullopt;
    }
    if (auto over = walk.expand(node)) return over;
  }
  return std::nullopt;
}

/// Calls `found(accept, walk, node)` once per accept number that a string from `a` reaches, until it says
/// false.
template <class Found>
void for_each_accept(From a, Found found) {
  // One automaton has at most two pairs per state here, so there is nothing to limit.
  PairWalk walk(
      a, idle(),
      {.max_states = ~std::size_t{0}, .max_bytes = ~std::size_t{0}, .max_time = std::chrono::hours(1000)});
  const auto over = for_each_accept_pair(
      walk, *a.dfa, idle(),
      [&](std::uint32_t accept, std::uint32_t, std::uint32_t node) { return found(accept, walk, node); });
  BH_CHECK(!over);
}

/// The reachable pairs as the states of one automaton. `dead`: nothing is accepted from the pair on.
template <class Accept, class Dead>
tl::expected<Dfa, OverBudget> pairs_as_states(From a, From b, const Budget& budget, Accept accept,
                                              Dead dead) {
  PairWalk walk(a, b, budget);
  BudgetClock clock(budget);
  const std::vector<Column>& columns = walk.columns();  // they become the classes
  std::array<std::uint8_t, 256> classes{};
  std::uint32_t oob_class = Dfa::no_class;
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (columns[column].symbol == oob_symbol) {
      oob_class = static_cast<std::uint32_t>(column);
      continue;
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (a.dfa->classes[byte] == columns[column].a && b.dfa->classes[byte] == columns[column].b)
        classes[byte] = static_cast<std::uint8_t>(column);
    }
  }
  Dfa dfa = blank_dfa(2, classes, static_cast<std::uint32_t>(columns.size()), oob_class);
  dfa.next.resize(columns.size());  // rows are appended
  dfa.accept.resize(1);
  for (std::uint32_t node = 0; node < walk.size(); ++node) {
    const PairWalk::Node pair = walk[node];
    dfa.accept.push_back(accept(a.dfa->accept[pair.a], b.dfa->accept[pair.b]));
    std::uint32_t last_a = Dfa::trap, last_b = Dfa::trap, last = Dfa::trap;
    for (const Column& column : columns) {
      const std::uint32_t to_a = step(*a.dfa, pair.a, column.a);
      const std::uint32_t to_b = step(*b.dfa, pair.b, column.b);
      // Most columns of a row lead where the one before led.
      if (to_a != last_a || to_b != last_b) {
        last = dead(to_a, to_b) ? Dfa::trap : walk.find(to_a, to_b, node, column.symbol) + Dfa::start;
        last_a = to_a;
        last_b = to_b;
      }
      dfa.next.push_back(last);
    }
    if (auto over = clock.check(walk.size(), dfa.next.capacity() * sizeof(std::uint32_t)))
      return tl::unexpected(*over);
  }
  return dfa;
}

/// `accept` of each pair, asked once.
class PairAccepts {
 public:
  explicit PairAccepts(const std::function<std::uint32_t(std::uint32_t, std::uint32_t)>& accept)
      : accept_(accept) {}

  std::uint32_t operator()(std::uint32_t a, std::uint32_t b) {
    const std::uint64_t key = std::uint64_t{a} << 32 | b;
    const auto fresh = static_cast<std::uint32_t>(keys_.size());
    const std::uint32_t id =
        table_.find_or_insert(scramble(key), fresh, [&](std::uint32_t other) { return keys_[other] == key; });
    if (id == fresh) {
      keys_.push_back(key);
      values_.push_back(accept_(a, b));
    }
    return values_[id];
  }

 private:
  const std::function<std::uint32_t(std::uint32_t, std::uint32_t)>& accept_;
  IdTable table_;
  std::vector<std::uint64_t> keys_;
  std::vector<std::uint32_t> values_;
};

}  // namespace

std::vector<Example> examples(From a) {
  std::vector<Example> all;
  for_each_accept(a, [&](std::uint32_t accept, const PairWalk& walk, std::uint32_t node) {
    all.push_back({.accept = accept});
    walk.spell(node, all.back());
    return true;
  });
  return all;
}

std::optional<Example> shortest(From a, const std::function<bool(std::uint32_t)>& wanted) {
  std::optional<Example> example;
  for_each_accept(a, [&](std::uint32_t accept, const PairWalk& walk, std::uint32_t node) {
    if (!wanted(accept)) return true;
    example = Example{.accept = accept};
    walk.spell(node, *example);
    return false;
  });
  return example;
}

bool is_empty(From a) {
  return !shortest(a, [](std::uint32_t accept) { return accept != 0; });
}

tl::expected<std::vector<Witness>, OverBudget> accept_pairs(From a, From b, const Budget& budget) {
  PairWalk walk(a, b, budget);
  std::vector<Witness> all;
  const auto over = for_each_accept_pair(
      walk, *a.dfa, *b.dfa, [&](std::uint32_t accept_a, std::uint32_t accept_b, std::uint32_t node) {
        all.push_back({.accept_a = accept_a, .accept_b = accept_b});
        walk.spell(node, all.back());
        return true;
      });
  if (over) return tl::unexpected(*over);
  return all;
}

tl::expected<std::optional<Witness>, OverBudget> first_difference(
    From a, From b, const std::function<bool(std::uint32_t, std::uint32_t)>& same, const Budget& budget) {
  PairWalk walk(a, b, budget);
  std::optional<Witness> witness;
  const auto over = for_each_accept_pair(
      walk, *a.dfa, *b.dfa, [&](std::uint32_t accept_a, std::uint32_t accept_b, std::uint32_t node) {
        if (same(accept_a, accept_b)) return true;
        witness = Witness{.accept_a = accept_a, .accept_b = accept_b};
        walk.spell(node, *witness);
        return false;
      });
  if (over) return tl::unexpected(*over);
  return witness;
}

tl::expected<Dfa, OverBudget> joined(From a, From b,
                                     const std::function<std::uint32_t(std::uint32_t, std::uint32_t)>& accept,
                                     const Budget& budget) {
  PairAccepts accepts(accept);
  return pairs_as_states(
      a, b, budget, [&](std::uint32_t of_a, std::uint32_t of_b) { return accepts(of_a, of_b); },
      [](std::uint32_t to_a, std::uint32_t to_b) { return to_a == Dfa::trap && to_b == Dfa::trap; });
}

tl::expected<Dfa, OverBudget> restrict_to(From a, From within, const Budget& budget) {
  // A pair with a trap on either side accepts nothing ever again.
  return pairs_as_states(
      a, within, budget,
      [](std::uint32_t of_a, std::uint32_t of_within) { return of_within != 0 ? of_a : 0; },
      [](std::uint32_t to_a, std::uint32_t to_within) {
        return to_a == Dfa::trap || to_within == Dfa::trap;
      });
}

}  // namespace bh::automata
