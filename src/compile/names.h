// The words of the language that stand for numbers of the kernel's interface: signals, capabilities, address
// families, resource limits.
//
// The tables are the parser's (policy/words.h); this is their numbers as the rest of the program asks for
// them. Follows <linux/capability.h>, <sys/socket.h>, <asm-generic/resource.h>, and
// security/apparmor/include/sig_names.h for signals.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace bh::compile {

struct NamedNumber {
  std::string_view name;
  std::uint32_t number;
};

[[nodiscard]] std::span<const NamedNumber>
signal_names();  ///< number: the kernel mediation's own, not the architecture's
[[nodiscard]] std::span<const NamedNumber> capability_names();  ///< number: bit
[[nodiscard]] std::span<const NamedNumber> family_names();      ///< AF_*; ascending without gaps from 0
[[nodiscard]] std::span<const NamedNumber> socket_type_names();
[[nodiscard]] std::span<const NamedNumber> rlimit_names();  ///< number: asm-generic RLIMIT

[[nodiscard]] std::optional<std::uint32_t> number_of(std::span<const NamedNumber> names,
                                                     std::string_view name);
/// Empty: no word for it.
[[nodiscard]] std::string_view name_of(std::span<const NamedNumber> names, std::uint32_t number);
/// `rtmin+0` … `rtmin+32` too.
[[nodiscard]] std::optional<std::uint32_t> signal_number(std::string_view name);

}  // namespace bh::compile
