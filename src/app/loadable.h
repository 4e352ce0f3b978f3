// What the kernel would refuse only after it began to take the load. Such a refusal is not clean: on 6.1
// and 7.2 it leaves the load's place in the policy tree taken, and every later load fails until a profile is
// removed (docs/decisions/0310). So these are found before the write.
#pragma once

#include "app/session.h"
#include "compile/policydb.h"

namespace bh::app {

/// Errors: a profile whose parent is neither loaded nor in the load (ENOENT); a name too long for the
/// kernel's policy tree (ENAMETOOLONG).
[[nodiscard]] Result<void> check_loadable(Session& session, const compile::KernelPolicy& policy);

}  // namespace bh::app
