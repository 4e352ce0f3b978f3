// What a container has to be started with so that a profile confines it, and so that its capabilities and the
// profile's say the same.
//
// The one idea: the profile is asked, not the spec: what its compiled policy allows of Docker's fourteen
// capabilities stays, the rest is dropped. Capabilities beyond the fourteen are added only where a spec names
// them: a profile that allows everything (docker-default) asks for nothing.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"

namespace bh::app {

struct RunArgs {
  std::string name;               ///< the profile's
  bool drop_all = false;          ///< drop ALL, then add; else drop the few that are not allowed
  std::vector<std::string> drop;  ///< upper case, as Docker writes them; empty where drop_all
  std::vector<std::string> add;
};

/// Errors: as Pipeline's. A load of several profiles has the arguments of its first.
[[nodiscard]] Result<RunArgs> run_args(Pipeline& pipeline, const std::string& input);

}  // namespace bh::app
