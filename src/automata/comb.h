// The kernel's form of an automaton: rows overlaid like the teeth of combs in one pair of arrays (next,
// check), each row found by its base, each with a default target. Optionally a row is only what differs from
// another state's row ("differential").
//
// Follows security/apparmor/match.c (verify_table_headers, verify_dfa, aa_dfa_next) of Linux 6.1 to 7.2.
// Tables are plain numbers here; bytes, byte order and the accept tables belong to who writes or reads the
// blob.
#pragma once

#include <cstddef>
#include <cstdint>
#include <tl/expected.hpp>
#include <vector>

#include "automata/budget.h"
#include "automata/dfa.h"
#include "automata/run_dfa.h"
#include "base/result.h"

namespace bh::automata {

struct CombTables {
  static constexpr std::uint32_t base_mask = 0x00ffffff;  ///< of an entry of `base`: the index
  static constexpr std::uint32_t diff_bit =
      0x80000000;  ///< of an entry of `base`: the row is relative to the row of def
  static constexpr std::uint32_t oob_bit =
      0x20000000;  ///< of an entry of `base`: has an out-of-band step at index - 1

  std::vector<std::uint32_t> base;   ///< per state, with the bits above
  std::vector<std::uint32_t> def;    ///< per state
  std::vector<std::uint32_t> next;   ///< per slot
  std::vector<std::uint32_t> check;  ///< per slot: the state that owns it; 0 in free slots
  std::vector<std::uint8_t> ec;      ///< empty, or 256 entries: byte -> column. pack() never makes it
  bool wide = false;                 ///< def, next and check need 32 bits
  bool diff_encoded = false;         ///< some entry of base has diff_bit (header flag 1)
  bool has_oob = false;              ///< some entry of base has oob_bit (header flag 2)
};

struct PackOptions {
  bool allow_32bit = false;
  bool diff_encode = false;  ///< only for kernels that announce it: older ones verify it wrongly
};

/// The automaton does not fit the tables.
struct DoesNotFit {
  static constexpr std::size_t max_states_16bit = 65'534;
  static constexpr std::size_t max_slots = std::size_t{1} << 24;
  enum class What : std::uint8_t { states, slots } what;
  std::size_t count;
  std::size_t limit;
};

/// Tables of the automaton; states keep their numbers. Every table passes the kernel's checks.
[[nodiscard]] tl::expected<CombTables, DoesNotFit> pack(const RunDfa& dfa, const PackOptions& options = {});
[[nodiscard]] tl::expected<CombTables, DoesNotFit> pack(const Dfa& dfa, const PackOptions& options = {});

/// The automaton of any tables, also hostile ones: first every check of the kernel, then the rows. States
/// keep their numbers, accept is 0 everywhere and belongs to the caller. Errors: the first check that fails,
/// or that the rows would need more than budget.max_bytes.
[[nodiscard]] Result<Dfa> unpack(const CombTables& tables, const Budget& budget = {});

}  // namespace bh::automata
