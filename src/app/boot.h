// What loads profiles at the next boot of this host: the distribution's service, which runs its parser over
// the policy folder, and ours, which loads natively what bulkhead keeps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/kept_files.h"

namespace bh::app {

inline constexpr std::string_view distribution_unit = "apparmor.service";
inline constexpr std::string_view own_unit = "bulkhead-restore.service";

struct BootServices {
  bool distribution = false;
  bool own = false;
};

/// By the links that `systemctl enable` makes; without systemd, by the distribution's start script.
[[nodiscard]] BootServices boot_services(Os& os, const World& world);

/// The units that will load this file at a boot, in the order in which they do. Empty: none.
[[nodiscard]] std::vector<std::string> brought_back_by(const BootServices& services, const World& world,
                                                       const KeptFile& file);

/// The text of our unit. `program`: the path of bulkhead.
[[nodiscard]] std::string restore_unit(std::string_view program);

}  // namespace bh::app
