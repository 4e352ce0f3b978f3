// Regular expressions over bytes, as a flat arena of nodes. No syntax: whoever has a syntax (globs, rule fields) builds from it.
//
// The one idea: nodes are hash-consed, so that equal parts of many rules are one node and later one NFA state.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace bh::automata {

using ByteSet = std::bitset<256>;
using ExprId = Id<struct ExprTag>;

class ExprPool {
 public:
  ExprPool();
  ~ExprPool();
  ExprPool(const ExprPool&) = delete;
  ExprPool& operator=(const ExprPool&) = delete;

  [[nodiscard]] ExprId empty();                       ///< the empty string
  [[nodiscard]] ExprId nothing();                     ///< no string at all
  [[nodiscard]] ExprId byte(std::uint8_t value);
  [[nodiscard]] ExprId bytes(const ByteSet& set);
  [[nodiscard]] ExprId literal(std::string_view text);
  [[nodiscard]] ExprId concat(ExprId first, ExprId second);
  [[nodiscard]] ExprId concat(std::span<const ExprId> parts);
  [[nodiscard]] ExprId either(std::span<const ExprId> options);
  [[nodiscard]] ExprId optional(ExprId inner);
  [[nodiscard]] ExprId star(ExprId inner);
  [[nodiscard]] ExprId plus(ExprId inner);
};

}  // namespace bh::automata
