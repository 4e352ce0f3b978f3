// Holds a running construction against a Budget: looks at the clock only once in a while.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "automata/budget.h"

namespace bh::automata {

class BudgetClock {
 public:
  explicit BudgetClock(const Budget& budget) : budget_(budget), begin_(Clock::now()) {
    budget_.max_bytes = std::min(budget_.max_bytes, index_limit);
  }

  /// The limit that is exceeded, if any. Cheap: the clock is read at every 1,024th call.
  [[nodiscard]] std::optional<OverBudget> check(std::size_t states, std::size_t bytes) {
    if (states > budget_.max_states) return OverBudget{OverBudget::What::states, budget_.max_states};
    if (bytes > budget_.max_bytes) return OverBudget{OverBudget::What::bytes, budget_.max_bytes};
    if (++calls_ % 1024 == 0 && Clock::now() - begin_ > budget_.max_time) {
      return OverBudget{OverBudget::What::time, static_cast<std::size_t>(budget_.max_time.count())};
    }
    return std::nullopt;
  }

 private:
  using Clock = std::chrono::steady_clock;
  // Indices are 32 bits wide everywhere, so arrays must not be larger whatever the caller permits.
  static constexpr std::size_t index_limit = std::size_t{4} << 30;
  Budget budget_;
  Clock::time_point begin_;
  std::size_t calls_ = 0;
};

}  // namespace bh::automata
