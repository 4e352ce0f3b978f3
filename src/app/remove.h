// remove: takes a profile out of the kernel, and the file that we wrote for it, so that it stays away after a
// reboot.
//
// Nothing that only the file said is lost: where what was applied is still there, applying it again is the
// way back; else a copy of the file stays, under a name that no loader reads.
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
  std::string backup;             ///< a copy of the file, where nothing else could bring it back
  std::string undo;               ///< a command that brings the profile back; empty: nothing here can
  kernel::Availability kernel;    ///< why nothing was taken out of it, where it has no AppArmor
};

/// Refusing is an outcome (removed == false with processes), not an error. Where the kernel has no AppArmor
/// the file alone is removed. Errors: neither loaded nor kept; the kernel refuses.
[[nodiscard]] Result<RemoveReport> remove(Session& session, const std::string& name,
                                          const RemoveOptions& options);

}  // namespace bh::app
