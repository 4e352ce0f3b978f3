#include "automata/minimise.h"

#include <algorithm>
#include <span>

#include "automata/id_table.h"
#include "automata/minimise_detail.h"
#include "base/pass_times.h"

namespace bh::automata {

namespace {

constexpr std::uint32_t no_state = 0xffffffff;
constexpr std::uint32_t no_edge = 0xffffffff;

/// An automaton as a sparse graph: per state one edge per distinct target other than the trap, weighted with
/// the classes that lead there.
struct Graph {
  struct Edge {
    std::uint32_t source, target;
    std::uint64_t weight;
  };
  std::vector<Edge> edges;                    ///< ordered by source
  std::vector<std::uint32_t> incoming;        ///< edges ordered by target
  std::vector<std::uint32_t> incoming_begin;  ///< per state, one more at the end

  Graph(const RunDfa& dfa, std::uint64_t seed, std::uint64_t weight_mask);
  [[nodiscard]] std::span<const std::uint32_t> edges_into(std::uint32_t state) const {
    return {incoming.data() + incoming_begin[state], incoming_begin[state + 1] - incoming_begin[state]};
  }
};

Graph::Graph(const RunDfa& dfa, std::uint64_t seed, std::uint64_t weight_mask)
    : incoming_begin(dfa.states() + 1, 0) {
  std::vector<std::uint64_t> weight_below(dfa.class_count + 1);  // class -> the weights of those below it
  for (std::size_t i = 0; i < dfa.class_count; ++i)
    weight_below[i + 1] = weight_below[i] + (scramble(scramble(seed) + i) & weight_mask);
  std::vector<std::uint32_t> edge_of(dfa.states(), no_edge);  // target -> newest edge to it
  edges.reserve(dfa.runs.size());
  for (std::uint32_t state = Dfa::start; state < dfa.states(); ++state) {
    const std::size_t first_edge = edges.size();
    std::uint32_t from = 0;
    for (const auto [end, target] : dfa.row(state)) {
      const std::uint64_t weight = weight_below[end] - weight_below[from];
      from = end;
      if (target == Dfa::trap) continue;
      std::uint32_t& edge = edge_of[target];
      if (edge != no_edge && edge >= first_edge) {
        edges[edge].weight += weight;
        continue;
      }
      edge = static_cast<std::uint32_t>(edges.size());
      edges.push_back({state, target, weight});
      ++incoming_begin[target];
    }
  }
  std::uint32_t end = 0;  // where each state's list ends, then begins once it is filled from its end
  for (std::uint32_t& begin : incoming_begin) begin = end += begin;
  incoming.resize(edges.size());
  for (std::uint32_t edge = end; edge-- > 0;) incoming[--incoming_begin[edges[edge].target]] = edge;
}

/// The states from which something is accepted.
std::vector<bool> live_states(const Graph& graph, const RunDfa& dfa) {
  std::vector<bool> live(dfa.states());
  std::vector<std::uint32_t> pending;
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    if (dfa.accept[state] == 0) continue;
    live[state] = true;
    pending.push_back(state);
  }
  while (!pending.empty()) {
    const std::uint32_t state = pending.back();
    pending.pop_back();
    for (const std::uint32_t edge : graph.edges_into(state)) {
      const std::uint32_t source = graph.edges[edge].source;
      if (live[source]) continue;
      live[source] = true;
      pending.push_back(source);
    }
  }
  return live;
}

/// The coarsest partition of the live states that their accept numbers and steps permit. Block 0 is for the
/// dead ones, which are not members of anything.
class Refinement {
 public:
  Refinement(const Graph& graph, const RunDfa& dfa);

  void run();
  [[nodiscard]] const std::vector<std::uint32_t>& block_of() const { return block_of_; }
  [[nodiscard]] std::size_t block_count() const { return blocks_.size(); }

 private:
  struct Block {
    std::uint32_t begin, end;  // in members_
    std::uint32_t marked;      // the first so many members are to be looked at again
    [[nodiscard]] std::uint32_t size() const { return end - begin; }
  };
  void mark(std::uint32_t state);
  void swap_members(std::uint32_t a, std::uint32_t b);
  void split(std::uint32_t block);
  void separate(std::uint32_t from, std::uint32_t begin, std::uint32_t end);
  static std::uint64_t number(std::uint32_t block) { return block == 0 ? 0 : scramble(block); }

  const Graph& graph_;
  std::vector<std::uint64_t> hash_;  // per state: sum over its edges of weight x number of the target's block
  std::vector<std::uint32_t> block_of_;
  std::vector<Block> blocks_;
  std::vector<std::uint32_t> members_;         // states, block after block
  std::vector<std::uint32_t> place_of_;        // state -> index in members_
  std::vector<std::uint32_t> pending_;         // blocks with marked members
  std::vector<std::uint32_t> moved_, bounds_;  // working space of split()
};

Refinement::Refinement(const Graph& graph, const RunDfa& dfa)
    : graph_(graph), hash_(dfa.states(), 0), block_of_(dfa.states(), 0), place_of_(dfa.states(), 0) {
  const std::vector<bool> live = live_states(graph, dfa);
  std::vector<std::uint64_t> keys;  // accept number, state
  keys.reserve(dfa.states());
  for (std::uint32_t state = Dfa::start; state < dfa.states(); ++state) {
    if (live[state]) keys.push_back(std::uint64_t{dfa.accept[state]} << 32 | state);
  }
  std::ranges::sort(keys);
  members_.reserve(keys.size());
  blocks_.push_back({0, 0, 0});
  for (std::uint32_t at = 0; at < keys.size(); ++at) {
    if (at == 0 || keys[at] >> 32 != keys[at - 1] >> 32) blocks_.push_back({at, at, 0});
    const auto state = static_cast<std::uint32_t>(keys[at]);
    members_.push_back(state);
    blocks_.back().end = at + 1;
    block_of_[state] = static_cast<std::uint32_t>(blocks_.size() - 1);
    place_of_[state] = at;
  }
  for (const Graph::Edge& edge : graph.edges)
    hash_[edge.source] += edge.weight * number(block_of_[edge.target]);
  for (std::uint32_t block = 1; block < blocks_.size(); ++block) {
    blocks_[block].marked = blocks_[block].size();
    pending_.push_back(block);
  }
}

void Refinement::swap_members(std::uint32_t a, std::uint32_t b) {
  std::swap(members_[a], members_[b]);
  place_of_[members_[a]] = a;
  place_of_[members_[b]] = b;
}

void Refinement::mark(std::uint32_t state) {
  Block& block = blocks_[block_of_[state]];
  if (block.size() < 2 || place_of_[state] < block.begin + block.marked) return;
  if (block.marked == 0) pending_.push_back(block_of_[state]);
  swap_members(place_of_[state], block.begin + block.marked);
  ++block.marked;
}

/// Makes members [begin, end) of block `from` a block of their own. `from` must be shrunk by the caller.
void Refinement::separate(std::uint32_t from, std::uint32_t begin, std::uint32_t end) {
  const auto fresh = static_cast<std::uint32_t>(blocks_.size());
  blocks_.push_back({begin, end, 0});
  const std::uint64_t change = number(fresh) - number(from);
  for (std::uint32_t at = begin; at < end; ++at) {
    block_of_[members_[at]] = fresh;
    moved_.push_back(members_[at]);
    for (const std::uint32_t edge : graph_.edges_into(members_[at])) {
      hash_[graph_.edges[edge].source] += graph_.edges[edge].weight * change;
    }
  }
}

void Refinement::split(std::uint32_t index) {
  Block& block = blocks_[index];
  const std::uint32_t begin = block.begin, end = block.end;
  std::uint32_t marked_end = begin + block.marked;
  block.marked = 0;
  // The unmarked members all have the same hash; marked ones that (still) have it stay with them.
  if (marked_end < end) {
    const std::uint64_t rest = hash_[members_[end - 1]];
    for (std::uint32_t at = marked_end; at > begin; --at) {
      if (hash_[members_[at - 1]] == rest) swap_members(at - 1, --marked_end);
    }
  }
  const auto hash = [&](std::uint32_t state) { return hash_[state]; };
  if (marked_end - begin > 1)
    std::ranges::sort(members_.begin() + begin, members_.begin() + marked_end, {}, hash);
  for (std::uint32_t at = begin; at < marked_end; ++at) place_of_[members_[at]] = at;

  // Runs of equal hashes; the largest part keeps the name.
  std::vector<std::uint32_t>& bounds = bounds_;
  bounds.assign(1, begin);
  for (std::uint32_t at = begin + 1; at < marked_end; ++at) {
    if (hash(members_[at]) != hash(members_[at - 1])) bounds.push_back(at);
  }
  if (bounds.back() != marked_end) bounds.push_back(marked_end);
  if (marked_end < end) bounds.push_back(end);
  std::size_t largest = 0;
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (bounds[i + 1] - bounds[i] > bounds[largest + 1] - bounds[largest]) largest = i;
  }
  block.begin = bounds[largest];
  block.end = bounds[largest + 1];
  moved_.clear();
  for (std::size_t i = 0; i + 1 < bounds.size(); ++i) {
    if (i != largest) separate(index, bounds[i], bounds[i + 1]);
  }
  for (const std::uint32_t state : moved_) {
    for (const std::uint32_t edge : graph_.edges_into(state)) mark(graph_.edges[edge].source);
  }
}

void Refinement::run() {
  while (!pending_.empty()) {
    const std::uint32_t block = pending_.back();
    pending_.pop_back();
    split(block);
  }
}

/// Turns a partition into an automaton.
class Quotient {
 public:
  Quotient(const RunDfa& dfa, const Refinement& refinement);

  /// Whether the states of each block do have the same row; not so only if hashes were equal by chance.
  [[nodiscard]] bool verified() const;
  [[nodiscard]] RunDfa build() const;

 private:
  [[nodiscard]] bool same_blocks(std::span<const Run> a, std::span<const Run> b) const;

  const RunDfa& dfa_;
  const std::vector<std::uint32_t>& block_of_;
  std::vector<std::uint32_t> representative_;  // block -> state
};

Quotient::Quotient(const RunDfa& dfa, const Refinement& refinement)
    : dfa_(dfa), block_of_(refinement.block_of()), representative_(refinement.block_count(), no_state) {
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    std::uint32_t& representative = representative_[block_of_[state]];
    if (representative == no_state) representative = state;
  }
}

bool Quotient::verified() const {
  for (std::uint32_t state = 0; state < dfa_.states(); ++state) {
    const std::uint32_t other = representative_[block_of_[state]];
    if (other == state || block_of_[state] == 0) continue;
    if (!same_blocks(dfa_.row(state), dfa_.row(other))) return false;
  }
  return true;
}

/// Whether two rows lead to the same block on every class.
bool Quotient::same_blocks(std::span<const Run> a, std::span<const Run> b) const {
  bool same = true;
  walk_rows(a, b, [&](std::uint32_t, std::uint32_t, std::uint32_t target_a, std::uint32_t target_b) {
    return same = block_of_[target_a] == block_of_[target_b];
  });
  return same;
}

RunDfa Quotient::build() const {
  // Breadth first from the start: a block gets its number when it is first seen as a target.
  std::vector<std::uint32_t> number(representative_.size(), no_state);
  std::vector<std::uint32_t> order;
  order.reserve(representative_.size());
  number[0] = Dfa::trap;
  if (block_of_[Dfa::start] != 0) {
    number[block_of_[Dfa::start]] = Dfa::start;
    order.push_back(block_of_[Dfa::start]);
  }
  RunDfa out(dfa_.alphabet());
  out.accept.reserve(representative_.size() + 1);
  out.row_begin.reserve(representative_.size() + 2);
  out.runs.reserve(dfa_.runs.size());
  const auto add_dead_state = [&] {
    out.append(dfa_.class_count, Dfa::trap);
    out.end_row();
    out.accept.push_back(0);
  };
  add_dead_state();  // the trap
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::uint32_t state = representative_[order[at]];
    for (const Run& run : dfa_.row(state)) {
      const std::uint32_t block = block_of_[run.target];
      if (number[block] == no_state) {
        order.push_back(block);
        number[block] = static_cast<std::uint32_t>(order.size());
      }
      out.append(run.end, number[block]);
    }
    out.end_row();
    out.accept.push_back(dfa_.accept[state]);
  }
  if (order.empty()) add_dead_state();  // nothing is accepted: a start that leads nowhere
  return out;
}

}  // namespace

RunDfa detail::minimise_with(const RunDfa& dfa, std::uint64_t first_weight_mask) {
  for (std::uint64_t attempt = 0;; ++attempt) {  // a second attempt has never been seen without a mask
    const PassTimer timer(Pass::minimise);
    const Graph graph(dfa, attempt, attempt == 0 ? first_weight_mask : ~std::uint64_t{0});
    Refinement refinement(graph, dfa);
    refinement.run();
    const Quotient quotient(dfa, refinement);
    if (quotient.verified()) return quotient.build();
  }
}

RunDfa minimise(const RunDfa& dfa) { return detail::minimise_with(dfa, ~std::uint64_t{0}); }

Dfa minimise(const Dfa& dfa) { return to_dense(minimise(to_runs(dfa))); }

}  // namespace bh::automata
