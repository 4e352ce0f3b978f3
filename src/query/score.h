// How a profile fares against the catalogue: which attacks it blocks, and which functions it keeps. One
// without the other says nothing, so they always come together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "query/ask.h"
#include "query/catalogue.h"

namespace bh::query {

enum class RowOutcome : std::uint8_t {
  blocked,       ///< every question is refused, to the owner and to others
  allowed,       ///< every question is allowed
  partly,        ///< neither
  not_mediated,  ///< this kernel or ABI does not ask the profile
  elsewhere,     ///< not decided by a profile's rules (RowLayer)
};
[[nodiscard]] std::string_view outcome_text(RowOutcome outcome);

struct RowScore {
  const CatalogueRow* row;
  RowOutcome outcome = RowOutcome::elsewhere;
  bool silent = false;          ///< blocked, and not logged
  std::vector<Answer> answers;  ///< one for each of the row's questions, in their order
  /// Attack: blocked. Function: allowed, or not asked.
  [[nodiscard]] bool good() const;
};

struct Score {
  std::vector<RowScore> rows;                    ///< the whole catalogue, in its order
  std::size_t attacks_blocked = 0, attacks = 0;  ///< of those that a profile's rules decide here
  std::size_t functions_kept = 0, functions = 0;
};

[[nodiscard]] Score score(const compile::CompiledProfile& profile);

struct NamedScore {
  std::string name;
  Score score;
};

/// A table with one column for each profile, then their totals. Ends with a newline.
[[nodiscard]] std::string to_text(std::span<const NamedScore> scores);

}  // namespace bh::query
