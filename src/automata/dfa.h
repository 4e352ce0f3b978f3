// A deterministic automaton: one dense row of targets per state, over classes of bytes that no state tells
// apart.
//
// State 0 is the trap (every step stays there, accept 0), state 1 the start. What "accept" means belongs to
// the caller: the id of a tag set after determinise(), the index of a permission later; 0 is "nothing".
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bh::automata {

/// What an automaton tells apart: the columns of its rows.
struct Alphabet {
  static constexpr std::uint32_t no_class = 0xffffffff;

  std::array<std::uint8_t, 256> classes{};  ///< byte -> class
  std::uint32_t class_count = 0;            ///< columns of a row, the one for out of band included
  std::uint32_t oob_class = no_class;  ///< the column of the out-of-band symbol, if any state has such a step

  [[nodiscard]] const Alphabet& alphabet() const { return *this; }

  bool operator==(const Alphabet&) const = default;
};

struct Dfa : Alphabet {
  static constexpr std::uint32_t trap = 0;
  static constexpr std::uint32_t start = 1;

  Dfa() = default;
  explicit Dfa(const Alphabet& alphabet) : Alphabet(alphabet) {}

  std::vector<std::uint32_t> next;    ///< next[state * class_count + class]
  std::vector<std::uint32_t> accept;  ///< per state

  [[nodiscard]] std::size_t states() const { return accept.size(); }
  [[nodiscard]] std::span<const std::uint32_t> row(std::uint32_t state) const {
    return {next.data() + std::size_t{state} * class_count, class_count};
  }
  [[nodiscard]] std::uint32_t step(std::uint32_t state, std::uint8_t byte) const {
    return next[std::size_t{state} * class_count + classes[byte]];
  }
  [[nodiscard]] std::uint32_t step_oob(std::uint32_t state) const {
    return oob_class == no_class ? trap : next[std::size_t{state} * class_count + oob_class];
  }
  /// The state after all bytes of `text`, from `state`.
  [[nodiscard]] std::uint32_t run(std::uint32_t state, std::string_view text) const {
    for (const char byte : text) state = step(state, static_cast<std::uint8_t>(byte));
    return state;
  }
  /// run() from the start.
  [[nodiscard]] std::uint32_t run(std::string_view text) const { return run(start, text); }

  bool operator==(const Dfa&) const = default;
};

/// An automaton of `states` states (at least the trap and the start) whose every step leads to the trap.
/// `classes` may be the identity (256 columns) or coarser.
[[nodiscard]] Dfa blank_dfa(std::size_t states, const std::array<std::uint8_t, 256>& classes,
                            std::uint32_t class_count, std::uint32_t oob_class);

/// Joins classes of bytes that no state tells apart (any more). States keep their numbers.
[[nodiscard]] Dfa merge_classes(const Dfa& dfa);

/// One line per state: number, accept, then its steps, bytes as ranges (`a-z`, `\x00`), the most frequent
/// target last as `else`. For people and golden tests.
[[nodiscard]] std::string to_text(const Dfa& dfa);

}  // namespace bh::automata
