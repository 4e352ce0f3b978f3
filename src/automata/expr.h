// Regular expressions over bytes, as a flat arena of nodes. No syntax: whoever has a syntax (globs, rule
// fields) builds from it.
//
// The one idea: nodes are hash-consed, so that equal parts of many rules are one node and later one NFA
// state. The constructors apply the laws that cost nothing (empty, nothing, equal alternatives, single bytes
// gathered into one set); everything deeper falls out of the hash-consed continuations (nfa.h), so no
// expression is ever rewritten. Nesting may be as deep as memory allows: nothing here or behind it recurses.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "automata/id_table.h"
#include "base/ids.h"

namespace bh::automata {

using ByteSet = std::bitset<256>;
using ExprId = Id<struct ExprTag>;

class ExprPool {
 public:
  ExprPool();
  ExprPool(const ExprPool&) = delete;
  ExprPool& operator=(const ExprPool&) = delete;

  [[nodiscard]] ExprId empty();    ///< the empty string
  [[nodiscard]] ExprId nothing();  ///< no string at all
  [[nodiscard]] ExprId byte(std::uint8_t value);
  [[nodiscard]] ExprId bytes(const ByteSet& set);  ///< one byte of the set; nothing() if the set is empty
  [[nodiscard]] ExprId literal(std::string_view text);
  /// The symbol outside the bytes that the kernel calls "out of band" (transition -1).
  [[nodiscard]] ExprId out_of_band();
  [[nodiscard]] ExprId concat(ExprId first, ExprId second);
  [[nodiscard]] ExprId concat(std::span<const ExprId> parts);
  [[nodiscard]] ExprId either(std::span<const ExprId> options);  ///< nothing() if there are none
  [[nodiscard]] ExprId optional(ExprId inner);
  [[nodiscard]] ExprId star(ExprId inner);
  [[nodiscard]] ExprId plus(ExprId inner);

  // What a reader of the finished expressions sees (nfa.cpp, tests).
  enum class Kind : std::uint8_t {
    empty,
    nothing,
    bytes,    ///< first = index for byte_set()
    literal,  ///< text(): two bytes or more
    out_of_band,
    concat,  ///< first, second
    either,  ///< options()
    star,    ///< first
  };
  struct Node {
    Kind kind;
    bool nullable;  ///< matches the empty string
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    bool operator==(const Node&) const = default;
  };
  [[nodiscard]] const Node& node(ExprId id) const { return nodes_[id.index()]; }
  [[nodiscard]] std::span<const ExprId> options(const Node& node) const {
    return {options_.data() + node.first, node.second};
  }
  [[nodiscard]] std::string_view text(const Node& literal) const {
    return std::string_view(text_).substr(literal.first, literal.second);
  }
  [[nodiscard]] const ByteSet& byte_set(std::uint32_t index) const { return sets_[index]; }
  /// The set of one byte that byte() or literal() was given.
  [[nodiscard]] std::uint32_t set_of(std::uint8_t value) const { return node(byte_ids_[value]).first; }
  /// The byte of a set of one byte.
  [[nodiscard]] std::optional<std::uint8_t> only_byte(std::uint32_t set) const {
    return only_bytes_[set] < 0 ? std::nullopt : std::optional(static_cast<std::uint8_t>(only_bytes_[set]));
  }
  [[nodiscard]] std::size_t byte_set_count() const { return sets_.size(); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  ExprId intern(const Node& node);
  std::uint32_t intern_set(const ByteSet& set);
  [[nodiscard]] bool is_plus(ExprId id) const;

  std::vector<Node> nodes_;
  std::vector<ExprId> options_;  // the children of all `either` nodes, one after the other
  std::string text_;             // of all literals, one after the other
  std::vector<ByteSet> sets_;
  std::vector<std::int16_t> only_bytes_;  // by set; -1: none or several
  std::array<ExprId, 256> byte_ids_{};
  IdTable node_table_;
  IdTable set_table_;
};

}  // namespace bh::automata
