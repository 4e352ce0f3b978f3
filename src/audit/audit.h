// The audit: snapshot in, findings out. Selecting, running, joining, counting; no reading and no printing.
#pragma once

#include <string>
#include <vector>

#include "audit/check.h"
#include "audit/facts.h"
#include "base/result.h"
#include "report/findings.h"

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

/// Errors: a version, section, check, container or image that is not known (with the nearest that is).
[[nodiscard]] Result<report::Document> run_audit(const Snapshot& snapshot, const Policy& policy,
                                                 const Selection& selection);

/// The order of ids as people count: 2.9 before 2.10, and words behind numbers.
[[nodiscard]] bool id_less(std::string_view a, std::string_view b);

}  // namespace bh::audit
