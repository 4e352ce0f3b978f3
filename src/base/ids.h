// Typed indices into flat vectors: `Id<struct RuleTag>` cannot be mistaken for another kind of index.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace bh {

template <class Tag>
struct Id {
  static constexpr std::uint32_t none_value = 0xffffffff;
  std::uint32_t value = none_value;

  constexpr Id() = default;
  constexpr explicit Id(std::size_t index) : value(static_cast<std::uint32_t>(index)) {}
  [[nodiscard]] constexpr bool valid() const { return value != none_value; }
  [[nodiscard]] constexpr std::size_t index() const { return value; }
  constexpr auto operator<=>(const Id&) const = default;
};

}  // namespace bh

template <class Tag>
struct std::hash<bh::Id<Tag>> {
  std::size_t operator()(bh::Id<Tag> id) const noexcept { return id.value; }
};
