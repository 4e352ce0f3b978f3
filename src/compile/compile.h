// Flat profiles -> the policy that the kernel holds: rules become expressions with permissions, expressions
// become automata.
//
// The one idea: a class of rules is one function from a rule to (expression, permissions) pairs; priorities,
// deny, audit and exec transitions are then settled once, state by state, by merge.h. Follows the project's
// description of the kernel's policy format (docs/policy-binary.md) and apparmor.d(5).
#pragma once

#include <cstddef>
#include <optional>

#include "automata/budget.h"
#include "compile/features.h"
#include "compile/policydb.h"
#include "diag/diagnostic.h"
#include "policy/resolve.h"

namespace bh::compile {

struct Options {
  /// Every profile in complain mode. Deny rules are then audited too (as for profiles with flags=(complain)):
  /// the kernel enforces a plain deny even in complain mode, silently.
  bool complain = false;
  automata::Budget budget;     ///< for each automaton
  bool dense = true;           ///< fill Pdb::dfa; false: the policy is there to be encoded
  bool keep_tags = false;      ///< fill Pdb::trace
  bool keep_meetings = false;  ///< fill Pdb::meetings
  std::size_t jobs = 1;        ///< threads at most, the caller's own among them: one for each profile
};

/// Errors go to `sink`, all of them; none is returned then. `kernel`: what the policy is for. The policy's
/// own `abi`, if it names one, narrows which rules are mediated, never the dialect. Profiles come out in the
/// order of `policy.profiles`.
[[nodiscard]] std::optional<KernelPolicy> compile(const policy::ResolvedPolicy& policy,
                                                  const Features& kernel, const Options& options,
                                                  diag::SourceMap& sources, diag::Sink& sink);

}  // namespace bh::compile
