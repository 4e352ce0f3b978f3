// Are two compiled policies the same to the kernel? Profile by profile, member by member, and for automata
// pair of states by pair of states, with a shortest string for each difference.
//
// The one idea: bytes say nothing (numbering, overlay and dialect are free), languages and permissions do.
// What the kernel never looks at is not compared: the permissions of the empty string (writers differ in what
// they leave there), audit where nothing is allowed, quiet where nothing is denied, an exec target where no
// exec is allowed, unused rows of tables.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "automata/budget.h"
#include "base/result.h"
#include "compile/policydb.h"

namespace bh::query {

struct PolicyDifference {
  std::string profile;                 ///< full name; empty: about the policies as a whole
  std::string part;                    ///< `flags`, `capabilities`, `file`, `policydb`, …
  std::string what;                    ///< `allow: read write | read`: the first policy's, then the second's
  std::optional<std::string> witness;  ///< a shortest string, with unprintable bytes as `\x00`
};

struct EqualOptions {
  bool exact = false;  ///< also compare audit and quiet bits that the kernel never looks at
  automata::Budget budget;
};

/// Empty: equal. Deterministic order. Errors: the pairs of states exceed the budget.
[[nodiscard]] Result<std::vector<PolicyDifference>> policy_differences(const compile::KernelPolicy& a,
                                                                       const compile::KernelPolicy& b,
                                                                       const EqualOptions& options = {});

/// Of two profiles, whatever they are called.
[[nodiscard]] Result<std::vector<PolicyDifference>> profile_differences(const compile::CompiledProfile& a,
                                                                        const compile::CompiledProfile& b,
                                                                        const EqualOptions& options = {});

/// One line: `profile docker-web: file: \`/etc/x\`: allow: read write | read`.
[[nodiscard]] std::string to_text(const PolicyDifference& difference);

}  // namespace bh::query
