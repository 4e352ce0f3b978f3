// KernelPolicy -> the bytes of one write(2) to apparmorfs' .load or .replace. Same policy and features: same
// bytes.
//
// It decides nothing about confinement: it lays out tables and picks the dialect. Follows
// security/apparmor/policy_unpack.c (reader of the stream) and match.c (reader of the automata).
#pragma once

#include <string>

#include "base/result.h"
#include "compile/features.h"
#include "compile/policydb.h"

namespace bh::compile {

/// Errors: a profile that the format cannot hold (an automaton with more states than the kernel's tables
/// address, a name over 65,534 bytes), named in the text.
[[nodiscard]] Result<std::string> encode(const KernelPolicy& policy, const Features& kernel);

}  // namespace bh::compile
