#include "automata/diff_encode.h"

#include <algorithm>
#include <array>
#include <span>

namespace bh::automata {

namespace {

constexpr std::uint32_t unreached = 0xffffffff;

/// Breadth-first tree of an automaton.
struct Tree {
  std::vector<std::uint32_t> order;   // states
  std::vector<std::uint32_t> depth;   // by state
  std::vector<std::uint32_t> parent;  // by state
  std::vector<std::uint16_t> column;  // by state: a class that leads from the parent to it

  explicit Tree(const RunDfa& dfa)
      : depth(dfa.states(), unreached), parent(dfa.states(), Dfa::trap), column(dfa.states(), 0) {
    order.push_back(Dfa::start);
    depth[Dfa::start] = 0;
    for (std::size_t at = 0; at < order.size(); ++at) {
      const std::uint32_t state = order[at];
      for (const Run& run : dfa.row(state)) {
        if (run.target == Dfa::trap || depth[run.target] != unreached) continue;
        depth[run.target] = depth[state] + 1;
        parent[run.target] = state;
        column[run.target] = static_cast<std::uint16_t>(run.end - 1);
        order.push_back(run.target);
      }
    }
  }
};

/// For how many bytes two rows differ; gives up when it is `enough`. `below`: of bytes_below().
std::uint32_t bytes_that_differ(std::span<const Run> a, std::span<const Run> b, const std::uint32_t* below,
                                std::uint32_t enough) {
  std::uint32_t count = 0;
  walk_rows(a, b, [&](std::uint32_t from, std::uint32_t end, std::uint32_t target_a, std::uint32_t target_b) {
    if (target_a != target_b) count += below[end] - below[from];
    return count < enough;
  });
  return count;
}

}  // namespace

std::vector<std::uint32_t> choose_relatives(const RunDfa& dfa, const std::vector<std::uint16_t>& plain_cost) {
  std::vector<std::uint32_t> relative(dfa.states(), Dfa::trap);
  const Tree tree(dfa);
  const std::vector<std::uint32_t> below = bytes_below(dfa);

  // The newest states that step to a target, by target: rows with common targets are alike.
  constexpr std::size_t kept = 4;
  std::vector<std::array<std::uint32_t, kept>> sources(dfa.states(), std::array<std::uint32_t, kept>{});
  std::vector<std::uint8_t> turn(dfa.states(), 0);

  std::vector<std::uint32_t> tried(dfa.states(), Dfa::trap);  // candidate -> the state it was tried for
  std::vector<std::uint32_t> targets;
  for (const std::uint32_t state : tree.order) {
    const std::span<const Run> row = dfa.row(state);
    targets.clear();  // without the trap; a repeat does no harm
    std::uint32_t living_bytes = 0;
    std::uint32_t from = 0;
    for (const Run& run : row) {
      if (run.target != Dfa::trap) {
        targets.push_back(run.target);
        living_bytes += below[run.end] - below[from];
      }
      from = run.end;
    }
    // A row that steps to the trap but for one byte is as small as rows get, and no help to others.
    if (living_bytes <= 1) continue;

    std::uint32_t best_cost = plain_cost[state];
    const auto consider = [&](std::uint32_t candidate) {
      if (candidate == Dfa::trap || tried[candidate] == state || tree.depth[candidate] >= tree.depth[state])
        return;
      tried[candidate] = state;
      const std::uint32_t cost = bytes_that_differ(row, dfa.row(candidate), below.data(), best_cost);
      if (cost < best_cost) {
        best_cost = cost;
        relative[state] = candidate;
      }
    };
    const std::uint32_t parent = tree.parent[state];
    if (parent != Dfa::trap && best_cost > 0) {
      if (relative[parent] != Dfa::trap) consider(target_of(dfa.row(relative[parent]), tree.column[state]));
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
