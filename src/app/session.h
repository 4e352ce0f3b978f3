// What every verb works on: the world, the sources that were read and what is wrong with them.
//
// One run of the program is one session. A verb returns what it did or a Result's error; wrong input is in
// `sink`, and then the error only says what that means for the verb (`nothing was loaded or written`).
#pragma once

#include <string>
#include <utility>

#include "base/os.h"
#include "diag/diagnostic.h"
#include "kernel/apparmor.h"

namespace bh::app {

struct World {
  Os& os = Os::real();
  kernel::Roots roots = {};
  std::string policy_folder = "/etc/apparmor.d";          ///< what the distribution's boot service loads
  std::string own_folder = "/var/lib/bulkhead/profiles";  ///< what only `bulkhead restore` loads
  std::string etc = "/etc";
};

struct Session {
  explicit Session(World a_world = {}) : world(std::move(a_world)), kernel(world.os, world.roots) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  World world;
  kernel::AppArmor kernel;
  diag::SourceMap sources;
  diag::Sink sink;
};

}  // namespace bh::app
