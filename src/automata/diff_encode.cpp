#include "automata/diff_encode.h"

#include <array>
#include <limits>
#include <span>

namespace bh::automata {

namespace {

constexpr std::uint32_t unreached = 0xffffffff;

/// Breadth-first tree of an automaton.
struct Tree {
  std::vector<std::uint32_t> order;   // states
  std::vector<std::uint32_t> depth;   // by state
  std::vector<std::uint32_t> parent;  // by state
  std::vector<std::uint16_t> column;  // by state: the class that leads from the parent to it

  explicit Tree(const Dfa& dfa)
      : depth(dfa.states(), unreached), parent(dfa.states(), Dfa::trap), column(dfa.states(), 0) {
    order.push_back(Dfa::start);
    depth[Dfa::start] = 0;
    for (std::size_t at = 0; at < order.size(); ++at) {
      const std::uint32_t state = order[at];
      const std::span<const std::uint32_t> row = dfa.row(state);
      for (std::size_t c = 0; c < row.size(); ++c) {
        if (row[c] == Dfa::trap || depth[row[c]] != unreached) continue;
        depth[row[c]] = depth[state] + 1;
        parent[row[c]] = state;
        column[row[c]] = static_cast<std::uint16_t>(c);
        order.push_back(row[c]);
      }
    }
  }
};

}  // namespace

std::vector<std::uint32_t> choose_relatives(const Dfa& dfa, const std::vector<std::uint16_t>& plain_cost) {
  std::vector<std::uint32_t> relative(dfa.states(), Dfa::trap);
  const Tree tree(dfa);
  std::vector<std::uint32_t> class_size(dfa.class_count, 0);
  for (const std::uint8_t c : dfa.classes) ++class_size[c];

  // The newest states that step to a target, by target: rows with common targets are alike.
  constexpr std::size_t kept = 4;
  std::vector<std::array<std::uint32_t, kept>> sources(dfa.states(), std::array<std::uint32_t, kept>{});
  std::vector<std::uint8_t> turn(dfa.states(), 0);

  std::vector<std::uint32_t> tried(dfa.states(), Dfa::trap);  // candidate -> the state it was tried for
  std::vector<std::uint32_t> targets;
  for (const std::uint32_t state : tree.order) {
    const std::span<const std::uint32_t> row = dfa.row(state);
    targets.clear();  // without the trap; a repeat does no harm
    std::uint32_t living_bytes = 0;
    for (std::size_t c = 0; c < row.size();) {
      const std::uint32_t target = row[c];
      std::uint32_t bytes = class_size[c];
      for (++c; c < row.size() && row[c] == target; ++c) bytes += class_size[c];
      if (target == Dfa::trap) continue;
      targets.push_back(target);
      living_bytes += bytes;
    }
    // A row that steps to the trap but for one byte is as small as rows get, and no help to others.
    if (living_bytes <= 1) continue;

    std::uint32_t best_cost = plain_cost[state];
    const auto consider = [&](std::uint32_t candidate) {
      if (candidate == Dfa::trap || tried[candidate] == state || tree.depth[candidate] >= tree.depth[state])
        return;
      tried[candidate] = state;
      const std::span<const std::uint32_t> other = dfa.row(candidate);
      std::uint32_t cost = 0;
      for (std::size_t c = 0; c < row.size() && cost < best_cost; ++c)
        cost += row[c] == other[c] ? 0 : class_size[c];
      if (cost < best_cost) {
        best_cost = cost;
        relative[state] = candidate;
      }
    };
    const std::uint32_t parent = tree.parent[state];
    if (parent != Dfa::trap && best_cost > 0) {
      if (relative[parent] != Dfa::trap) consider(dfa.row(relative[parent])[tree.column[state]]);
      consider(parent);
      consider(relative[parent]);
      for (const std::uint32_t target : targets) {
        for (const std::uint32_t source : sources[target]) consider(source);
      }
    }
    for (const std::uint32_t target : targets) sources[target][turn[target]++ % kept] = state;
  }
  return relative;
}

}  // namespace bh::automata
