#include "automata/minimise.h"

#include <algorithm>
#include <span>

#include "automata/id_table.h"
#include "automata/minimise_detail.h"
#include "base/pass_times.h"

namespace bh::automata {

namespace {

constexpr std::uint32_t no_state = 0xffffffff;

/// The reachable part of an automaton as a sparse graph: per state one edge per distinct target other than
/// the trap, weighted with the classes that lead there. States have local numbers, breadth first.
struct Graph {
  std::vector<std::uint32_t> original;        ///< local -> state of the automaton
  std::vector<std::uint32_t> local;           ///< state of the automaton -> local, or no_state
  std::vector<std::uint32_t> source, target;  ///< per edge, ordered by source
  std::vector<std::uint64_t> weight;          ///< per edge
  std::vector<std::uint32_t> incoming;        ///< edges ordered by target
  std::vector<std::uint32_t> incoming_begin;  ///< per local state, one more at the end

  Graph(const Dfa& dfa, std::uint64_t seed, std::uint64_t weight_mask);
  [[nodiscard]] std::size_t size() const { return original.size(); }
  [[nodiscard]] std::span<const std::uint32_t> edges_into(std::uint32_t state) const {
    return {incoming.data() + incoming_begin[state], incoming_begin[state + 1] - incoming_begin[state]};
  }
};

Graph::Graph(const Dfa& dfa, std::uint64_t seed, std::uint64_t weight_mask) : local(dfa.states(), no_state) {
  std::vector<std::uint64_t> class_weight(dfa.class_count);
  for (std::size_t i = 0; i < class_weight.size(); ++i)
    class_weight[i] = scramble(scramble(seed) + i) & weight_mask;
  std::vector<std::uint32_t> edge_of;  // local target -> newest edge to it
  edge_of.reserve(dfa.states());
  const auto visit = [&](std::uint32_t state) {
    local[state] = static_cast<std::uint32_t>(original.size());
    original.push_back(state);
    edge_of.push_back(no_state);
  };
  visit(Dfa::start);
  for (std::uint32_t at = 0; at < original.size(); ++at) {
    const auto first_edge = static_cast<std::uint32_t>(source.size());
    const std::span<const std::uint32_t> row = dfa.row(original[at]);
    for (std::size_t column = 0; column < row.size();) {
      const std::uint32_t state = row[column];
      std::uint64_t sum = class_weight[column];
      for (++column; column < row.size() && row[column] == state; ++column) sum += class_weight[column];
      if (state == Dfa::trap) continue;
      if (local[state] == no_state) visit(state);
      const std::uint32_t to = local[state];
      if (edge_of[to] == no_state || edge_of[to] < first_edge) {
        edge_of[to] = static_cast<std::uint32_t>(source.size());
        source.push_back(at);
        target.push_back(to);
        weight.push_back(0);
      }
      weight[edge_of[to]] += sum;
    }
  }
  incoming_begin.assign(size() + 1, 0);
  for (const std::uint32_t to : target) ++incoming_begin[to + 1];
  for (std::size_t i = 0; i < size(); ++i) incoming_begin[i + 1] += incoming_begin[i];
  incoming.resize(target.size());
  std::vector<std::uint32_t> fill(incoming_begin.begin(), incoming_begin.end() - 1);
  for (std::uint32_t edge = 0; edge < target.size(); ++edge) incoming[fill[target[edge]]++] = edge;
}

/// The states from which something is accepted.
std::vector<bool> live_states(const Graph& graph, const Dfa& dfa) {
  std::vector<bool> live(graph.size());
  std::vector<std::uint32_t> pending;
  for (std::uint32_t state = 0; state < graph.size(); ++state) {
    if (dfa.accept[graph.original[state]] == 0) continue;
    live[state] = true;
    pending.push_back(state);
  }
  while (!pending.empty()) {
    const std::uint32_t state = pending.back();
    pending.pop_back();
    for (const std::uint32_t edge : graph.edges_into(state)) {
      if (live[graph.source[edge]]) continue;
      live[graph.source[edge]] = true;
      pending.push_back(graph.source[edge]);
    }
  }
  return live;
}

/// The coarsest partition of the live states that their accept numbers and steps permit. Block 0 is for the
/// dead ones, which are not members of anything.
class Refinement {
 public:
  Refinement(const Graph& graph, const Dfa& dfa);

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
  std::vector<std::uint32_t> members_;   // states, block after block
  std::vector<std::uint32_t> place_of_;  // state -> index in members_
  std::vector<std::uint32_t> pending_;   // blocks with marked members
  std::vector<std::uint32_t> moved_;
};

Refinement::Refinement(const Graph& graph, const Dfa& dfa)
    : graph_(graph), hash_(graph.size(), 0), block_of_(graph.size(), 0), place_of_(graph.size(), 0) {
  const std::vector<bool> live = live_states(graph, dfa);
  std::vector<std::uint64_t> keys;  // accept number, state
  for (std::uint32_t state = 0; state < graph.size(); ++state) {
    if (live[state]) keys.push_back(std::uint64_t{dfa.accept[graph.original[state]]} << 32 | state);
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
  for (std::size_t edge = 0; edge < graph.source.size(); ++edge) {
    hash_[graph.source[edge]] += graph.weight[edge] * number(block_of_[graph.target[edge]]);
  }
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
      hash_[graph_.source[edge]] += graph_.weight[edge] * change;
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
  std::ranges::sort(members_.begin() + begin, members_.begin() + marked_end, {}, hash);
  for (std::uint32_t at = begin; at < marked_end; ++at) place_of_[members_[at]] = at;

  // Runs of equal hashes; the largest part keeps the name.
  std::vector<std::uint32_t> bounds{begin};
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
    for (const std::uint32_t edge : graph_.edges_into(state)) mark(graph_.source[edge]);
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
  Quotient(const Dfa& dfa, const Graph& graph, const Refinement& refinement);

  /// Whether the states of each block do have the same row; not so only if hashes were equal by chance.
  [[nodiscard]] bool verified() const;
  [[nodiscard]] Dfa build() const;

 private:
  const Dfa& dfa_;
  const Graph& graph_;
  std::vector<std::uint32_t> block_of_;        // state of the automaton -> block
  std::vector<std::uint32_t> representative_;  // block -> state of the automaton
};

Quotient::Quotient(const Dfa& dfa, const Graph& graph, const Refinement& refinement)
    : dfa_(dfa),
      graph_(graph),
      block_of_(dfa.states(), 0),
      representative_(refinement.block_count(), no_state) {
  for (std::uint32_t at = 0; at < graph.size(); ++at) {
    const std::uint32_t state = graph.original[at];
    const std::uint32_t block = refinement.block_of()[at];
    block_of_[state] = block;
    if (representative_[block] == no_state) representative_[block] = state;
  }
}

bool Quotient::verified() const {
  for (const std::uint32_t state : graph_.original) {
    const std::uint32_t other = representative_[block_of_[state]];
    if (other == state || block_of_[state] == 0) continue;
    const std::span<const std::uint32_t> row = dfa_.row(state);
    const std::span<const std::uint32_t> other_row = dfa_.row(other);
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (row[column] != other_row[column] && block_of_[row[column]] != block_of_[other_row[column]])
        return false;
    }
  }
  return true;
}

Dfa Quotient::build() const {
  // Breadth first from the start: a block gets its number when it is first seen as a target.
  std::vector<std::uint32_t> number(representative_.size(), no_state);
  std::vector<std::uint32_t> order;
  order.reserve(representative_.size());
  number[0] = Dfa::trap;
  if (block_of_[Dfa::start] != 0) {
    number[block_of_[Dfa::start]] = Dfa::start;
    order.push_back(block_of_[Dfa::start]);
  }
  Dfa out = blank_dfa(std::max<std::size_t>(representative_.size(), 2), dfa_.classes, dfa_.class_count,
                      dfa_.oob_class);
  for (std::size_t at = 0; at < order.size(); ++at) {
    const std::uint32_t state = representative_[order[at]];
    const std::span<const std::uint32_t> row = dfa_.row(state);
    std::uint32_t* const out_row = out.next.data() + (at + 1) * dfa_.class_count;
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (row[column] == Dfa::trap) continue;
      const std::uint32_t block = block_of_[row[column]];
      if (number[block] == no_state) {
        order.push_back(block);
        number[block] = static_cast<std::uint32_t>(order.size());
      }
      out_row[column] = number[block];
    }
    out.accept[at + 1] = dfa_.accept[state];
  }
  return out;
}

}  // namespace

Dfa detail::minimise_with(const Dfa& dfa, std::uint64_t first_weight_mask) {
  for (std::uint64_t attempt = 0;; ++attempt) {  // a second attempt has never been seen without a mask
    const PassTimer timer(Pass::minimise);
    const Graph graph(dfa, attempt, attempt == 0 ? first_weight_mask : ~std::uint64_t{0});
    Refinement refinement(graph, dfa);
    refinement.run();
    const Quotient quotient(dfa, graph, refinement);
    if (quotient.verified()) return quotient.build();
  }
}

Dfa minimise(const Dfa& dfa) { return detail::minimise_with(dfa, ~std::uint64_t{0}); }

}  // namespace bh::automata
