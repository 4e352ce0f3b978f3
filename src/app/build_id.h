// What tells this build of the program from every other one: the linker's build id, a digest over all that is
// in it. Whatever is kept for later runs is kept for the same build only.
#pragma once

#include <string_view>

namespace bh::app {

/// Raw bytes; empty where the program was linked without one.
[[nodiscard]] std::string_view build_id();

}  // namespace bh::app
