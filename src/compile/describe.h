// A compiled policy for people: what `bulkhead decode` prints, and the words for permissions that every
// report uses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "compile/policydb.h"

namespace bh::compile {

/// `signal`, `network_v8`, …; empty for a byte that is no class.
[[nodiscard]] std::string_view class_word(std::uint8_t mediation_class);
/// Every class, ascending.
[[nodiscard]] std::span<const std::uint8_t> all_classes();

/// `read write`, `send receive`: the class's own words for the bits, lowest bit first; a bit without a word
/// as hex. `none` for 0.
[[nodiscard]] std::string perm_words(std::uint32_t mask, std::uint8_t mediation_class);

/// `profile foo`, `child foo or inherit`, …: where an exec goes. `target`: the transition table's entry, if
/// there is one.
[[nodiscard]] std::string transition_words(std::uint32_t xindex, std::span<const std::string> xtable);

/// A label as it is in a transition table (`:ns` NUL `name`) as the language writes it.
[[nodiscard]] std::string label_text(std::string_view target);

/// `enforce`, `complain`, …; the number of an unknown one.
[[nodiscard]] std::string mode_word(std::uint32_t mode);

/// Bytes that are not printable ASCII as `\x00`, and `\` as `\\`.
[[nodiscard]] std::string escaped(std::string_view bytes);

/// Several lines per profile; ends with a newline.
[[nodiscard]] std::string describe(const KernelPolicy& policy);

}  // namespace bh::compile
