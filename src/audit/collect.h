// The collector: reads the engine and the host once and returns one snapshot. It changes nothing, and what it
// cannot read it says in the snapshot; only an engine that does not answer at all is an error.
#pragma once

#include <functional>
#include <string>

#include "audit/facts.h"
#include "base/os.h"
#include "docker/engine.h"

namespace bh::audit {

struct CollectOptions {
  std::string root;     ///< where the host's files are: "" for this host, "/host" in a container
  bool layers = false;  ///< read every image's layers as well (seconds per gigabyte)
  bool host = true;     ///< false: the engine alone
  /// Scores a loaded profile. What compiled policy means is another module's to know, so whoever joins both
  /// gives it; empty: profiles are not scored.
  std::function<ProfileScore(const std::string& profile)> score;
};

[[nodiscard]] Result<Snapshot> collect(Os& os, docker::Engine& engine, const CollectOptions& options);

}  // namespace bh::audit
