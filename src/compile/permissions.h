// The old dialect's accept words <-> the kernel's permission entries.
//
// Follows security/apparmor/policy_compat.c: this is how a kernel with the new dialect reads the old one.
// What a rule of the language can say survives the way there and back.
#pragma once

#include <cstdint>

#include "compile/policydb.h"

namespace bh::compile {

/// One state's ACCEPT and ACCEPT2.
struct AcceptBits {
  std::uint32_t accept = 0;
  std::uint32_t accept2 = 0;
  bool operator==(const AcceptBits&) const = default;
};

/// Bits of the old dialect's file accept word; the owner's half is bits 0…13, the other's 14…27.
namespace accept_bit {
inline constexpr std::uint32_t exec = 1, write = 2, read = 4, append = 8, link = 0x10, lock = 0x20,
                               mmap = 0x40;
inline constexpr std::uint32_t pux = 0x80;  ///< exec falls back to unconfined
inline constexpr std::uint32_t unsafe = 0x100;
inline constexpr std::uint32_t inherit = 0x200;
inline constexpr unsigned modifier_shift =
    10;  ///< 4 bits: 1 unconfined, 2 by name, 3 child by name, 4… xtable index + 4
inline constexpr std::uint32_t modifier_mask = 0xf << modifier_shift;
inline constexpr std::uint32_t exec_type = pux | unsafe | inherit | modifier_mask;
inline constexpr std::uint32_t base = 0x7f;
inline constexpr std::uint32_t half = 0x3fff;
inline constexpr unsigned other_shift = 14;
inline constexpr std::uint32_t onexec = 0x40000000, change_profile = 0x80000000;
}  // namespace accept_bit

/// Allows GETATTR always, as the kernel does. xindex is 0 where exec is not allowed.
[[nodiscard]] FilePerms file_from_accept(AcceptBits bits);
[[nodiscard]] AcceptBits file_to_accept(const FilePerms& perms);

/// Of the policydb automaton. Allows LOCK always, as the kernel does.
[[nodiscard]] Perms policydb_from_accept(AcceptBits bits);
[[nodiscard]] AcceptBits policydb_to_accept(const Perms& perms);

/// What the kernel looks at of an entry: audit only where something is allowed, quiet where it is not, an
/// exec target where exec is allowed; outside of files not LOCK, which every state has there and nobody asks
/// for. `exact`: audit and quiet as they are.
[[nodiscard]] Perms effective(Perms perms, bool of_files, bool exact = false);

}  // namespace bh::compile
