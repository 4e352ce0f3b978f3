// A load and a file that belong together: both happen, or the error says what is the case instead.
//
// The order is what makes it safe: the file is staged (written and synced, not in place) by the caller, then
// the kernel gets the policy and is read back, then the file is renamed into place. What fails after the load
// takes the load back.
#pragma once

#include <string>
#include <string_view>

#include "app/persist.h"
#include "app/session.h"
#include "app/verify.h"
#include "compile/policydb.h"

namespace bh::app {

/// A file that is to be put in place after the load.
struct Keeping {
  StagedFile& staged;
  std::string path;
  const PersistedFile& existing;  ///< what it takes the place of
  bool backup = false;            ///< keep a copy of that beside it
};

struct LoadedAndKept {
  bool loaded = false;
  Verified verified = Verified::listed;
  std::string backup;    ///< the copy's path
  std::string unsynced;  ///< the file is in place, but the disk did not confirm it: why
};

/// `keeping` may be null: only the load. Where the kernel has no AppArmor only the file is kept.
[[nodiscard]] Result<LoadedAndKept> load_and_keep(Session& session, const compile::KernelPolicy& policy,
                                                  std::string_view bytes, const Keeping* keeping);

/// The file alone.
[[nodiscard]] Result<LoadedAndKept> keep(Session& session, const Keeping& keeping);

/// The same error, with the way out where the right to write is missing.
[[nodiscard]] Error with_root_hint(Error error);

}  // namespace bh::app
