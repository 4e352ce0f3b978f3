// A compiled policy for people: what `bulkhead decode` prints, and the words for permissions that every
// report uses.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compile/names.h"
#include "compile/policydb.h"

namespace bh::compile {

/// `signal`, `network_v8`, …; empty for a byte that is no class.
[[nodiscard]] std::string_view class_word(std::uint8_t mediation_class);
/// Every class, ascending.
[[nodiscard]] std::span<const std::uint8_t> all_classes();

/// `read write`, `send receive`: the class's own words for the bits, lowest bit first; a bit without a word
/// as hex. `none` for 0.
[[nodiscard]] std::string perm_words(std::uint32_t mask, std::uint8_t mediation_class);

/// The same, one by one; none for 0.
[[nodiscard]] std::vector<std::string> perm_word_list(std::uint32_t mask, std::uint8_t mediation_class);

/// The names of the bits that are set, lowest first; a bit without a name as its number.
[[nodiscard]] std::vector<std::string> bit_name_list(std::uint64_t mask, std::span<const NamedNumber> names);

/// `attach_disconnected`, `hat`, …: the profile's flags but its mode.
[[nodiscard]] std::vector<std::string_view> flag_words(const CompiledProfile& profile);

/// The classes that a policydb automaton has an opinion about.
[[nodiscard]] std::vector<std::uint8_t> mediated_classes(const Pdb& policydb);

/// A permission entry that some string gets, with a shortest such string (symbols out of band left out).
struct Held {
  FilePerms perms;
  std::string example;
};
/// Each distinct one, but the one that every string gets which no rule speaks of; the shortest strings first.
[[nodiscard]] std::vector<Held> held_by(const Pdb& pdb, std::uint32_t from = automata::Dfa::start);

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
