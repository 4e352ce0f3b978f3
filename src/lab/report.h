// What a lab session showed, for people: one line a step (what, what was expected, what the kernel said), the
// kernel's own lines under it. The same as data: report_to_json in plan.h.
#pragma once

#include "lab/plan.h"

namespace bh::lab {

/// What did not show what was expected of it, a line each; and why the guest ended early.
[[nodiscard]] std::vector<std::string> unmet_lines(const LabPlan& plan, const LabReport& report);

/// Plain text without colour, lines of any length, a line feed at the end.
[[nodiscard]] std::string report_text(const LabPlan& plan, const LabReport& report);

/// `open: EACCES`, `exit 1`, `ran`, `ran out of time`: one try in a few words.
[[nodiscard]] std::string outcome_text(const Step& step, const Outcome& outcome);

}  // namespace bh::lab
