#include "app/boot.h"

#include <algorithm>

namespace bh::app {
namespace {

bool enabled(Os& os, const std::string& systemd, std::string_view unit) {
  auto masked = os.readlink(fmt::format("{}/{}", systemd, unit));
  if (masked && *masked == "/dev/null") return false;
  for (const std::string& name : os.list(systemd).value_or(std::vector<std::string>()))
    if ((name.ends_with(".wants") || name.ends_with(".requires")) &&
        os.lstat(fmt::format("{}/{}/{}", systemd, name, unit)))
      return true;
  return false;
}

bool has_start_script(Os& os, const std::string& folder) {
  auto names = os.list(folder).value_or(std::vector<std::string>());
  return std::ranges::any_of(
      names, [](const std::string& name) { return name.starts_with('S') && name.ends_with("apparmor"); });
}

}  // namespace

BootServices boot_services(Os& os, const World& world) {
  std::string systemd = world.etc + "/systemd/system";
  BootServices services;
  services.own = enabled(os, systemd, own_unit);
  services.distribution =
      os.stat(systemd) ? enabled(os, systemd, distribution_unit) : has_start_script(os, world.etc + "/rcS.d");
  return services;
}

std::vector<std::string> brought_back_by(const BootServices& services, const World& world,
                                         const KeptFile& file) {
  std::vector<std::string> units;
  if (services.distribution && file.path.starts_with(world.policy_folder + "/"))
    units.emplace_back(distribution_unit);
  if (services.own && file.state != FileState::foreign) units.emplace_back(own_unit);
  return units;
}

std::string restore_unit(std::string_view program) {
  return fmt::format(
      "# {0}: from `bulkhead restore --print-unit`\n"
      "[Unit]\n"
      "Description=AppArmor profiles that bulkhead keeps\n"
      "ConditionSecurity=apparmor\n"
      "# What the distribution's parser loads of the same files is replaced; containers start after both.\n"
      "After=local-fs.target {1}\n"
      "Before=docker.service containerd.service podman.service\n"
      "\n"
      "[Service]\n"
      "Type=oneshot\n"
      "RemainAfterExit=yes\n"
      "ExecStart={2} restore\n"
      "\n"
      "[Install]\n"
      "WantedBy=multi-user.target docker.service containerd.service\n",
      own_unit, distribution_unit, program);
}

}  // namespace bh::app
