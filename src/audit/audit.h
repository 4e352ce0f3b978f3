// The audit: snapshot in, findings out. Selecting, running, joining, counting; no reading and no printing.
#pragma once

#include <string>
#include <vector>

#include "audit/check.h"
#include "audit/facts.h"
#include "base/result.h"

namespace bh::audit {

struct Selection {
  std::string benchmark = "1.8.0";
  int level = 2;                        ///< 1: level 1 only
  std::vector<std::string> sections;    ///< words of Section; empty: all
  std::vector<std::string> checks;      ///< keys or ids; empty: all
  std::vector<std::string> containers;  ///< names, ids or their beginning; empty: all
  std::vector<std::string> images;      ///< tags, ids or their beginning; empty: all
  std::vector<std::string> labels;      ///< "key" or "key=value" that a container must have, each
  bool beyond = true;                   ///< checks outside the benchmark as well
};

struct Finding {
  const Check* check = nullptr;
  std::string id;
  Verdict verdict;
};

/// passed / (passed + warned + failed + unknown), a warning counting half as passed; what is manual or does
/// not apply does not count.
struct Score {
  std::size_t counts[6] = {};  ///< by Outcome
  [[nodiscard]] std::size_t of(Outcome outcome) const { return counts[static_cast<std::size_t>(outcome)]; }
  [[nodiscard]] double percent() const;  ///< 0 to 100; 100 where nothing counts
};

struct Report {
  std::string benchmark;
  std::vector<Finding> findings;  ///< in the order of their ids
  /// By section, in the order of the first finding; and of all.
  std::vector<std::pair<Section, Score>> sections;
  Score total;
};

/// Errors: a version, section, check, container or image that is not known (with the nearest that is).
[[nodiscard]] Result<Report> run_audit(const Snapshot& snapshot, const Policy& policy,
                                       const Selection& selection);

/// The order of ids as people count: 2.9 before 2.10, and words behind numbers.
[[nodiscard]] bool id_less(std::string_view a, std::string_view b);

}  // namespace bh::audit
