// Bytes that a kernel accepted, or that claim so -> KernelPolicy. Any input: never crashes, never runs away.
//
// Both dialects come out in the same terms (policydb.h). It checks what the kernel checks when it loads
// (policy_unpack.c, match.c verify_dfa) and says at which byte and in which element a policy is wrong.
#pragma once

#include <string_view>

#include "base/result.h"
#include "compile/policydb.h"

namespace bh::compile {

/// One load: profiles one after the other. Errors: `profile NAME: element at byte N: what is wrong`.
[[nodiscard]] Result<KernelPolicy> decode(std::string_view bytes);

}  // namespace bh::compile
