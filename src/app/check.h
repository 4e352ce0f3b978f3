// check: expectations as unit tests of policy, and what is wrong with profiles that compile; --fix mends what
// a program may decide.
//
// The one idea: findings are about the text, and are looked for in the policy that the newest known kernel
// would get from it whatever its `abi`: there every rule says all that it says. Expectations are asked of
// what would be loaded here.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"
#include "app/query.h"
#include "check/finding.h"

namespace bh::app {

struct CheckOptions {
  std::string expect;              ///< a file of expectations, beside a spec's own; empty: none
  std::string profile;             ///< the one that expectations are about; empty: the first
  std::vector<diag::Code> ignore;  ///< findings that nobody wants to hear of
};

/// What came of one input.
struct CheckedFile {
  std::string input;
  std::string profile;  ///< the one that expectations were asked of
  std::string failed;   ///< why it could not be checked; the errors of its text are in the session's sink
  std::vector<ExpectationResult> expectations;
  std::size_t said_begin = 0, said_end = 0;  ///< the session's diagnostics about it, failed expectations too
  bool has_text = true;                      ///< false for a compiled policy: nothing is found in it
  std::vector<check::Finding> findings;      ///< in the text's order; of a spec at the spec's lines
};

/// Reads, compiles and judges one input. Never an error: what is in the way is in the result.
[[nodiscard]] CheckedFile check_file(Session& session, Pipeline& pipeline, const std::string& input,
                                     const CheckOptions& options);

/// Which edits are made.
enum class Fixes : std::uint8_t {
  safe,  ///< those that leave the compiled policy as it is
  all,   ///< also those that change what is allowed, as their findings say
};

struct FixedFile {
  std::string input;
  std::size_t fixes = 0;
  std::string diff;  ///< as `diff -u`; empty: nothing to do
  bool written = false;
};

/// Mends a profile's text until there is nothing more to mend, and puts it in the place of the file in one
/// step (not where `dry_run`). Errors: not a file of profile text; what bulkhead made from a spec; the
/// world's.
[[nodiscard]] Result<FixedFile> fix_file(Session& session, Pipeline& pipeline, const std::string& input,
                                         const CheckOptions& options, Fixes fixes, bool dry_run);

}  // namespace bh::app
