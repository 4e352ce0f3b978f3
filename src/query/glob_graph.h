// What the states of a language stand for, so that glob_set.cpp can write them down.
//
// The one idea: strongly connected components (Tarjan 1972) come out targets first; one without a loop is a
// branching of prefixes, one with a loop is either a known wildcard or opaque.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "automata/dfa.h"
#include "query/glob_set.h"

namespace bh::query {

/// Bytes that lead from a state to the same state.
struct GlobEdge {
  automata::ByteSet bytes;
  std::uint32_t to = 0;
};

struct GlobState {
  enum class Kind : std::uint8_t {
    dead,    ///< nothing follows
    branch,  ///< the end of a string, where it accepts, or one of the edges
    star,    ///< any bytes of `loop`, then as a branch by the edges that leave
    closed,  ///< `closed` says all that follows; behind a `/` also nothing, where it accepts
    opaque,  ///< anything may follow, and does in part
  } kind = Kind::dead;
  bool accepts = false;
  bool after_slash = false;      ///< reached by a `/` of a path
  bool deep = false;             ///< of a star: `**`, else `*`
  std::vector<GlobEdge> edges;   ///< to states that are not dead; of a star without its loop
  std::string closed;            ///< a glob
  bool nearly_all = false;       ///< best written as `**` with exceptions
  std::size_t rows = 0;          ///< that its unfolding has, exceptions included; at most many_rows
  std::size_t missing_rows = 0;  ///< that the unfolding of what is not in the set has; many_rows: unknown
  std::uint32_t canon = 0;       ///< where an automaton of all that can be asked stands then
};

class GlobGraph {
 public:
  static constexpr std::size_t many_rows = std::size_t{1} << 40;

  /// `language`: a subset of `canon`, all that can be asked; each of its states stands at one place of
  /// `canon`. Dead states are the trap.
  GlobGraph(const automata::Dfa& language, const automata::Dfa& canon, const GlobOptions& options);

  [[nodiscard]] const GlobState& operator[](std::uint32_t state) const { return states_[state]; }
  /// All strings that can be asked from here on are in the set (known of states in loops).
  [[nodiscard]] bool is_everything(std::uint32_t state) const { return everything_[state]; }
  [[nodiscard]] bool same_as_canon(std::uint32_t state) const;

 private:
  void read_edges();
  void components();
  void settle(const std::vector<std::uint32_t>& component);
  void settle_branch(std::uint32_t state);
  void settle_loop(const std::vector<std::uint32_t>& component);
  bool settle_star(const std::vector<std::uint32_t>& component);
  void close(std::uint32_t state, std::string glob);
  void try_candidates(std::uint32_t state);
  bool fits(std::uint32_t state, const std::string& glob);
  void count_rows(std::uint32_t state);
  void count_missing(std::uint32_t state);
  [[nodiscard]] std::string shortest_from(std::uint32_t state) const;
  [[nodiscard]] std::vector<std::string> candidates(std::uint32_t state) const;

  const automata::Dfa& dfa_;
  const automata::Dfa& canon_;
  const GlobOptions& options_;
  std::vector<GlobState> states_;
  std::vector<bool> everything_;
  std::size_t tests_left_ = 2000;  ///< comparisons with candidates; opaque afterwards
};

}  // namespace bh::query
