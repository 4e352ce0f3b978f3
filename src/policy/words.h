// The closed vocabularies of the language: one table for each set of names, with the number that the kernel
// gives it. The parser refuses what is not in them (with "did you mean"), the compiler takes the numbers;
// nobody else keeps such a list.
//
// Numbers are those of the kernel's uapi headers (capabilities, families, socket types, errno, mount flags)
// and of AppArmor's own interface (signals, permission bits; policy-binary.md §6).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/ast.h"

namespace bh::policy {

struct Word {
  std::string_view name;
  std::uint32_t value = 0;
};
using Words = std::span<const Word>;

[[nodiscard]] const Word* find(Words words, std::string_view name);
[[nodiscard]] std::optional<std::uint32_t> number_of(Words words, std::string_view name);
/// The first word for a number; empty: there is none.
[[nodiscard]] std::string_view name_of(Words words, std::uint32_t number);
/// "did you mean `x`?" or an empty string.
[[nodiscard]] std::string suggest(Words words, std::string_view name);
/// "a, b, c or d": for messages.
[[nodiscard]] std::string list(Words words);

[[nodiscard]] Words capabilities();      ///< value: CAP_*
[[nodiscard]] Words network_families();  ///< value: AF_*
[[nodiscard]] Words socket_types();      ///< value: SOCK_*
[[nodiscard]] Words error_names();       ///< value: errno; `EPERM`, upper case
[[nodiscard]] Words signals();           ///< value: AppArmor's number (35: exists); without rtmin+N
[[nodiscard]] Words rlimits();           ///< value: asm-generic RLIMIT_*
[[nodiscard]] Words access_words(
    RuleClass kind);  ///< value: the kernel's permission bits (AA_*); may hold synonyms

/// A word after `network FAMILY` that is not a type: the type and the protocol it stands for.
struct Protocol {
  std::string_view name;
  std::uint32_t family;    ///< the AF_* that it belongs to besides AF_INET6
  std::uint32_t type;      ///< SOCK_*
  std::uint32_t protocol;  ///< IPPROTO_*
};
[[nodiscard]] const Protocol* find_protocol(std::string_view name);

/// `hup` … `exists`, `rtmin+0` … `rtmin+32` (128 + n). As in apparmor_parser, what follows the digits of
/// `rtmin+` does not count, and no digits are 0.
[[nodiscard]] std::optional<std::uint32_t> signal_number(std::string_view name);

/// A mount option: the MS_* bits that it asks for and those that it asks to be clear. `rw` clears MS_RDONLY.
struct MountOption {
  std::string_view name;
  std::uint32_t set;
  std::uint32_t clear;
};
[[nodiscard]] const MountOption* find_mount_option(std::string_view name);
[[nodiscard]] std::string suggest_mount_option(std::string_view name);

/// The value of `set rlimit NAME <= VALUE`, in the kernel's unit: bytes, seconds (cpu), microseconds
/// (rttime), numbers, and nice + 20. `infinity` is ~0. On error: nothing, and `why` says what the limit
/// wants.
[[nodiscard]] std::optional<std::uint64_t> rlimit_value(std::string_view name, std::string_view value,
                                                        std::string& why);

/// The flags of `flags=(…)`.
struct FlagWord {
  std::string_view name;
  enum class Value : std::uint8_t { none, path, signal, error } value = Value::none;
  std::uint8_t group = 0;  ///< flags of one group (not 0) exclude each other
};
/// By its name without `=…`; `valued` tells `attach_disconnected.ipc=/x` from `attach_disconnected.ipc`.
[[nodiscard]] const FlagWord* find_flag(std::string_view name, bool valued);
[[nodiscard]] std::string suggest_flag(std::string_view name);

[[nodiscard]] std::string_view class_keyword(RuleClass kind);

}  // namespace bh::policy
