// status: every loaded profile with its mode, its processes, the file that it is kept in and who loads that
// at a boot.
#pragma once

#include <string>
#include <vector>

#include "app/boot.h"
#include "app/session.h"

namespace bh::app {

struct ProfileStatus {
  std::string name;
  std::string mode;
  std::vector<kernel::ConfinedProcess>
      processes;     ///< under it, alone or in a stack; children and hats have entries of their own
  std::string file;  ///< in the policy folder; empty: none, it is gone after a reboot
  FileState file_state = FileState::absent;
  std::vector<std::string> back_by;  ///< the units that load the file at a boot; empty: none will
};

struct StatusReport {
  BootServices boot;
  std::vector<ProfileStatus> profiles;  ///< by name
  /// Processes whose label names no loaded profile: those of a profile that was removed or renamed since.
  std::vector<kernel::ConfinedProcess> strays;
};

/// `names`: only these (an error names one that is not loaded); empty: all.
[[nodiscard]] Result<StatusReport> status(Session& session, const std::vector<std::string>& names);

}  // namespace bh::app
