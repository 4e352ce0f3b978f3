// Containers and their confinement: what each asks for, what its processes really carry, and whether that
// comes back after a boot.
//
// The one idea: the engine says what was asked for, only the kernel says what is: the labels of the
// container's processes decide, and every disagreement between the two is said in words.
#pragma once

#include <string>
#include <vector>

#include "app/status.h"
#include "docker/find.h"

namespace bh::app {

struct ContainerStatus {
  std::string id;     ///< 64 hex digits
  std::string name;   ///< without the API's `/`
  std::string image;  ///< as it was named
  std::string state;  ///< the engine's word: running, exited, …
  std::string asked;  ///< profile that its configuration asks for; `unconfined`: none
  std::vector<std::string>
      carried;  ///< distinct labels of its processes, that of the first process first, with modes
  bool privileged = false;
  std::string mode;  ///< of the profile that is carried, or asked for where nothing runs; may be empty
  std::vector<std::string>
      back_by;  ///< units that load that profile at a boot; the engine for its own default
  std::vector<std::string> findings;  ///< one sentence each, without full stop; empty: all agree
};

/// Every container of the engine, running ones first, then by name. Errors: no engine, no AppArmor in the
/// kernel.
[[nodiscard]] Result<std::vector<ContainerStatus>> container_status(Session& session,
                                                                    const docker::Target& engine);

/// What there is to say about one container. `profiles`: what the kernel holds. Apart, so that each sentence
/// has a case.
void find_disagreements(ContainerStatus& container, const std::vector<ProfileStatus>& profiles);

}  // namespace bh::app
