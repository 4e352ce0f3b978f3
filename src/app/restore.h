// restore: everything that bulkhead keeps, back into the kernel, by our own compiler: at a boot, before the
// first container, also where the distribution's parser cannot read it.
//
// One file that fails does not keep the others out.
#pragma once

#include <string>
#include <vector>

#include "app/load.h"
#include "app/persist.h"

namespace bh::app {

struct RestoredFile {
  std::string path;
  FileState state = FileState::ours;
  std::vector<LoadedEntry> profiles;
  std::string trouble;  ///< why nothing of it is loaded; empty: all is
};

struct RestoreReport {
  std::vector<RestoredFile> files;  ///< those with our mark, edited ones too
  bool dry_run = false;
};

struct RestoreOptions {
  std::vector<std::string> folders;  ///< empty: the policy folder and bulkhead's own
  bool dry_run = false;
};

/// As the boot service does: a link of the file's name in `disable/` keeps it out, one in `force-complain/`
/// puts it into complain mode. Errors: the kernel has no AppArmor.
[[nodiscard]] Result<RestoreReport> restore(Session& session, const PolicySettings& settings,
                                            const RestoreOptions& options);

}  // namespace bh::app
