// What the rules of the ClassRule shape share: their access words, their conditions, and the diagnostics
// about both.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "compile/profile_builder.h"

namespace bh::compile {

/// The accept bits that the rule's access words (policy/words.h; the parser takes no other) stand for; `all`
/// if it has none.
[[nodiscard]] std::uint32_t access_bits(const policy::ClassRule& rule, std::uint32_t all);

/// The values of the conditions with this key, in order; reports the second one of a kind that may stand only
/// once.
[[nodiscard]] std::vector<const policy::Text*> values_of(const std::vector<policy::Condition>& conditions,
                                                         std::string_view key);
/// The one value of a key that has at most one. More are reported.
[[nodiscard]] const policy::Text* value_of(ProfileBuilder& builder, const RuleContext& context,
                                           const std::vector<policy::Condition>& conditions,
                                           std::string_view key);
/// Reports conditions whose key is not in `known`. True: there were none.
bool check_keys(ProfileBuilder& builder, const RuleContext& context,
                const std::vector<policy::Condition>& conditions, std::span<const std::string_view> known);
/// Reports bare words; for classes that have none. True: there were none.
bool check_no_words(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);

/// A peer's label: the glob of `text`, or any label of at least one byte.
[[nodiscard]] std::optional<Language> label_language(ProfileBuilder& builder, const policy::Text* text);
/// Any text without NUL: what a part of a rule means that was left out.
[[nodiscard]] automata::ExprId any_text(automata::ExprPool& pool);
/// Any one byte.
[[nodiscard]] automata::ExprId any_byte(automata::ExprPool& pool);
/// `number` in two bytes, high one first; as the kernel writes families, types and ports.
[[nodiscard]] automata::ExprId two_bytes(automata::ExprPool& pool, std::uint32_t number);

}  // namespace bh::compile
