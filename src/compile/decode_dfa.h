// The `aadfa` blob: an automaton in the kernel's tables, big-endian, with what stands in its accept tables.
//
// Every check that the kernel makes of the headers is made here, those of the rows in automata::unpack.
// Follows security/apparmor/match.c (aa_dfa_unpack, unpack_table, verify_table_headers).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "automata/budget.h"
#include "automata/dfa.h"
#include "base/result.h"

namespace bh::compile {

struct DecodedDfa {
  automata::Dfa dfa;                   ///< accept is 0 everywhere
  std::vector<std::uint32_t> accept;   ///< per state
  std::vector<std::uint32_t> accept2;  ///< per state, or empty: no such table
};

/// Which tables must or may be there depends on where the permissions are.
enum class AcceptTables : std::uint8_t {
  both,         ///< permissions packed into ACCEPT and ACCEPT2: both are needed
  index,        ///< ACCEPT is an index; no ACCEPT2 may be there
  index_flags,  ///< ACCEPT is an index, ACCEPT2 holds flags: both are needed
};

/// `blob`: as in the stream, with its padding in front. Errors name the offset in the blob.
[[nodiscard]] Result<DecodedDfa> decode_dfa(std::string_view blob, AcceptTables tables,
                                            const automata::Budget& budget);

}  // namespace bh::compile
