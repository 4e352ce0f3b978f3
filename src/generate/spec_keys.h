// The one table of what a spec may hold. The reader (spec.cpp), the reference page and the JSON Schema
// (spec_docs.cpp) walk it; a new key is one line here and a member of Spec.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "generate/spec.h"

namespace bh::generate {

/// What each string under a key has to be.
enum class Check : std::uint8_t {
  none,
  name,
  path,
  capability,
  protocol,
  family,
  preamble_line,
  profile_line,
  quiet,
  peer,
  action
};

using TextSlot = Entry& (*)(Spec&);
using FlagSlot = std::optional<Located<bool>>& (*)(Spec&);
using ListSlot = std::optional<List>& (*)(Spec&);
using ChoiceSlot = void (*)(Spec&, std::size_t choice, diag::Span);
/// A string or a list of them; each is handed over alone.
using EachSlot = void (*)(Spec&, Entry);

struct Key {
  std::string_view table;  ///< empty: the top of the file
  std::string_view name;
  std::variant<TextSlot, FlagSlot, ListSlot, ChoiceSlot, EachSlot> slot;
  Check check = Check::none;
  bool bane = false;      ///< bane has it too
  std::string_view also;  ///< a second table where it is read, or `top`
  std::span<const std::string_view> choices;
  std::string_view absent;   ///< what holds without it
  std::string_view example;  ///< a TOML value
  std::string_view text;     ///< one paragraph for the reference
};

struct Table {
  std::string_view name;  ///< as written; empty: the top
  bool repeated = false;  ///< `[[name]]`
  bool bane = false;
  std::string_view text;
};

[[nodiscard]] std::span<const Key> spec_keys();
[[nodiscard]] std::span<const Table> spec_tables();

}  // namespace bh::generate
