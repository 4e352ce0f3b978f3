// Sockets: what network_rules.cpp and unix_rules.cpp share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "compile/conditions.h"

namespace bh::compile {

/// Accept bits of the network classes.
namespace net_bit {
inline constexpr std::uint32_t send = 2, receive = 4, create = 0x10, shutdown = 0x20, connect = 0x40;
inline constexpr std::uint32_t setattr = 1U << 14, getattr = 1U << 15, accept = 1U << 16, bind = 1U << 17,
                               listen = 1U << 18, setopt = 1U << 19, getopt = 1U << 20;
inline constexpr std::uint32_t all = send | receive | create | shutdown | connect | setattr | getattr |
                                     accept | bind | listen | setopt | getopt;
}  // namespace net_bit

inline constexpr std::uint32_t family_unix = 1;

/// The class byte under which sockets are mediated; none: by net_allowed_af or not at all.
[[nodiscard]] std::optional<std::uint8_t> network_class(const Features& usable);
/// The class byte under which addresses of unix sockets are mediated; none: not at all.
[[nodiscard]] std::optional<std::uint8_t> unix_class(const Features& usable);

/// What a unix rule says about the socket at this end and the peer at the other. Not set: anything.
struct UnixSocket {
  std::optional<std::uint32_t> type;
  std::optional<Language> address;
  bool automatic = false;  ///< `addr=auto`: bound by the kernel to five hex digits
  std::optional<Language> peer_address;
  std::optional<Language> peer_label;
};

/// The strings of the kernel's checks on unix sockets, in their order: create, bind and its like, listen,
/// options, peer. `bits`: net_bit. `invert_audit`: a plain deny is logged and an `audit deny` is not; what
/// the reference makes of network rules.
void add_unix_checks(ProfileBuilder& builder, const RuleContext& context, const UnixSocket& socket,
                     std::uint32_t bits, bool invert_audit);

/// One rule for a family and a type (none: any), without addresses.
void add_socket_check(ProfileBuilder& builder, const RuleContext& context, const automata::ByteSet& families,
                      std::optional<std::uint32_t> type, std::uint32_t bits, std::int32_t priority);

}  // namespace bh::compile
