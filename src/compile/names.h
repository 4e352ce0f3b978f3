// The words that the language has for the kernel's numbers: capabilities, address families, socket types,
// signals, rlimits.
//
// One table each; the compiler reads them one way and reports the other. Follows apparmor.d(5),
// linux/capability.h, linux/socket.h and security/apparmor/include/sig_names.h.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bh::compile {

struct Name {
  std::string_view word;
  std::uint32_t number;
};

[[nodiscard]] std::span<const Name> capability_names();
[[nodiscard]] std::span<const Name> family_names();
[[nodiscard]] std::span<const Name> socket_type_names();
/// Kernel-mapped numbers (`sig_names.h`), not those of signal(7); `exists` is 35. Real-time signals: see
/// signal_number().
[[nodiscard]] std::span<const Name> signal_names();
/// By asm-generic RLIMIT number.
[[nodiscard]] std::span<const Name> rlimit_names();

[[nodiscard]] std::optional<std::uint32_t> number_of(std::span<const Name> names, std::string_view word);
/// Empty: no word for it.
[[nodiscard]] std::string_view word_for(std::span<const Name> names, std::uint32_t number);

/// Of a word of signal_names() or `rtmin+N` (N = 0…32), as the kernel's automaton spells it.
[[nodiscard]] std::optional<std::uint8_t> signal_number(std::string_view word);

}  // namespace bh::compile
