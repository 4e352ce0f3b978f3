// Limits for everything that can grow exponentially: states, memory, time. Exceeding one is an outcome with a
// reason, not a crash.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace bh::automata {

struct Budget {
  std::size_t max_states = 4'000'000;
  std::size_t max_bytes = std::size_t{2} << 30;
  std::chrono::milliseconds max_time{120'000};  ///< checked every few thousand states
};

/// Why a construction stopped.
struct OverBudget {
  static constexpr std::uint32_t no_tag = 0xffffffff;
  enum class What : std::uint8_t { states, bytes, time } what;
  std::size_t limit = 0;  ///< states, bytes or milliseconds
  /// The tag whose patterns took the largest part of the work when it stopped, where one can be named.
  std::uint32_t tag = no_tag;
};

}  // namespace bh::automata
