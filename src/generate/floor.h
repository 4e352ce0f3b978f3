// What no container gets, whatever its spec says (unless Floor = "custom"): docker-default's denials made
// exact and complete, and what has been an escape, a leak or a foot-gun since (docs/spec.md says which). One
// table, in the order of the text.
#pragma once

#include <span>
#include <string_view>

#include "generate/path_set.h"

namespace bh::generate {

struct FloorRule {
  std::string_view path;   ///< AppArmor glob
  std::string_view perms;  ///< `mrwklx`: nothing; `mwklx`: only reading
  std::string_view why;
  [[nodiscard]] bool denies_reading() const { return perms.find('r') != std::string_view::npos; }
};

[[nodiscard]] std::span<const FloorRule> floor_rules();

/// Kernel settings that belong to a container's own namespaces: a spec may ask for them in WritablePaths.
[[nodiscard]] const PathSet& namespaced_settings();

/// Everything that the floor keeps from being written.
[[nodiscard]] const Globs& floor_unwritable();
[[nodiscard]] const Globs& floor_unreadable();

}  // namespace bh::generate
