// Which `abi` line generated text has: the language that it speaks, so which parsers read it, and what a
// kernel that could mediate more is asked for.
//
// An abi is chosen for a kernel and a host by app/abi_choice.h; here it only decides what is written.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace bh::generate {

enum class Abi : std::uint8_t {
  v3_0,  ///< read by every apparmor_parser from 3.0 on
  v4_0,  ///< user namespaces and message queues too
  v5_0,  ///< io_uring and, on Linux 6.17 and newer, the addresses of unix sockets too
};

inline constexpr std::array abis = {Abi::v3_0, Abi::v4_0, Abi::v5_0};

/// `3.0`, `4.0`, `5.0`; the line is `abi <abi/NAME>,`.
[[nodiscard]] std::string_view name_of(Abi abi);
[[nodiscard]] std::optional<Abi> abi_named(std::string_view name);

}  // namespace bh::generate
