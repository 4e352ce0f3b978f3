// Is the default profile that this kernel holds the one that we know of the runtime?
//
// By meaning, not by bytes. A runtime has the host's own parser compile its text, so where ours is not the
// same, the text is given to that parser too (it loads nothing). The manager's part differs from host to host
// (it is the profile that the daemon itself runs under), so each that it may be is tried.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"
#include "generate/runtime_default.h"
#include "query/equal.h"

namespace bh::app {

struct LoadedDefault {
  std::string profile;  ///< as the kernel lists it; empty: none of that name is loaded
  bool same = false;
  std::string manager;  ///< the daemon's own profile, with which they are the same
  /// Ours first, then the kernel's, for the manager that fits best. Empty: same.
  std::vector<query::PolicyDifference> differences;
};

/// Errors: no AppArmor here, no right to see policy, a kernel that keeps no copy.
[[nodiscard]] Result<LoadedDefault> compare_with_loaded(Session& session, Pipeline& pipeline,
                                                        generate::Runtime runtime);

}  // namespace bh::app
