// The four ways a run can end.
#pragma once

namespace bh::cli {

inline constexpr int exit_fine = 0;
inline constexpr int exit_findings = 1;  ///< the answer is no: a finding, a failed expectation
inline constexpr int exit_trouble = 2;   ///< wrong input, wrong usage, or a world that does not play along
inline constexpr int exit_bug = 70;      ///< ours

}  // namespace bh::cli
