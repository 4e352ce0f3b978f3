// remove: takes a profile out of the kernel, and the file that we wrote for it, so that it stays away after a
// reboot.
//
// A process keeps no profile that is gone: it becomes unconfined, and loading the profile again does not
// bring it back under it. So a profile in use is not removed unless that is asked for.
#pragma once

#include <string>
#include <vector>

#include "app/session.h"

namespace bh::app {

struct RemoveOptions {
  bool force = false;  ///< also where processes use it
  bool keep_file = false;
  bool dry_run = false;
};

struct RemoveReport {
  std::string name;
  bool removed = false;  ///< from the kernel; false: refused, or a dry run
  bool was_loaded = false;
  std::vector<kernel::ConfinedProcess>
      processes;  ///< that use it (or its children): why it was refused, or what is unconfined now
  std::vector<std::string> children;  ///< loaded children and hats, which go with it
  std::string file;                   ///< the persisted file, if there is one
  bool file_removed = false;
  std::string file_kept_because;  ///< empty where it is removed, or there is none
};

/// Refusing is an outcome (removed == false with processes), not an error. Errors: neither loaded nor
/// persisted by us; the kernel refuses.
[[nodiscard]] Result<RemoveReport> remove(Session& session, const std::string& name,
                                          const RemoveOptions& options);

}  // namespace bh::app
