// Questions about one automaton or two: is anything accepted, where do they differ, which combinations occur;
// always with a shortest string as the proof.
//
// The one idea: a breadth-first walk over pairs of states that remembers how it came to each. Bytes are tried
// in an order that prefers what people can read, so the proof is shortest first and most readable second, and
// the same every time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "automata/budget.h"
#include "automata/dfa.h"

namespace bh::automata {

/// An automaton entered at a state (for example the one after a class byte). Refers, does not own.
struct From {
  const Dfa* dfa;
  std::uint32_t state;
  From(const Dfa& automaton, std::uint32_t at = Dfa::start)
      : dfa(&automaton), state(at) {}  // NOLINT: wanted implicit
};

/// A shortest string with the accept number it ends with.
struct Example {
  std::string bytes;
  std::vector<std::uint32_t>
      oob_before;  ///< positions in `bytes` before which the out-of-band symbol stands; ascending
  std::uint32_t accept = 0;
};

/// A shortest string with the accept numbers it ends with in both automata.
struct Witness {
  std::string bytes;
  std::vector<std::uint32_t> oob_before;
  std::uint32_t accept_a = 0;
  std::uint32_t accept_b = 0;
};

/// Every accept number that some string reaches, 0 included, each with a shortest string; in the order of
/// their lengths.
[[nodiscard]] std::vector<Example> examples(From a);

/// A shortest string whose accept number satisfies the predicate; none: no string does.
[[nodiscard]] std::optional<Example> shortest(From a, const std::function<bool(std::uint32_t)>& wanted);

/// No string is accepted (has an accept number other than 0).
[[nodiscard]] bool is_empty(From a);

/// Every pair of accept numbers that some string reaches, (0, 0) included, each with a shortest string; in
/// the order of their lengths. The number of pairs of states is bounded by budget.max_states.
[[nodiscard]] tl::expected<std::vector<Witness>, OverBudget> accept_pairs(From a, From b,
                                                                          const Budget& budget = {});

/// A shortest string after which `same(accept_a, accept_b)` is false; none: there is no such string.
/// `same` is asked once per distinct pair.
[[nodiscard]] tl::expected<std::optional<Witness>, OverBudget> first_difference(
    From a, From b, const std::function<bool(std::uint32_t, std::uint32_t)>& same, const Budget& budget = {});

/// Both at once: after a string, `accept` of what both have after it, which must be 0 of the two traps'.
/// Asked once per distinct pair. Not minimal.
[[nodiscard]] tl::expected<Dfa, OverBudget> joined(
    From a, From b, const std::function<std::uint32_t(std::uint32_t, std::uint32_t)>& accept,
    const Budget& budget = {});

/// `a`, with the accept number 0 wherever `within` does not accept. Not minimal.
[[nodiscard]] tl::expected<Dfa, OverBudget> restrict_to(From a, From within, const Budget& budget = {});

}  // namespace bh::automata
