// What check found as tests, for JUnit and TAP: one for each expectation, and one for each thing that is
// looked for, under names that stay the same from run to run.
#pragma once

#include <optional>
#include <vector>

#include "app/check.h"
#include "report/findings.h"

namespace bh::app {

/// `fail_on`: the least severity that fails a test; none: findings only warn. A file that cannot be checked
/// and an expectation that does not hold fail whatever it is.
[[nodiscard]] report::Document document_of(const Session& session, const std::vector<CheckedFile>& files,
                                           std::optional<diag::Severity> fail_on);

/// Something fails: an expectation, or a finding of that severity.
[[nodiscard]] bool is_bad(const CheckedFile& file, std::optional<diag::Severity> fail_on);

}  // namespace bh::app
