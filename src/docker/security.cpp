#include "docker/security.h"

namespace bh::docker {

std::optional<std::string> security_option(const Container& container, std::string_view name) {
  std::optional<std::string> out;
  for (const std::string& option : container.host_config.security_opt) {
    auto end = option.find_first_of("=:");
    if (std::string_view(option).substr(0, end) != name) continue;
    out = end == std::string::npos ? std::string() : option.substr(end + 1);
  }
  return out;
}

std::string requested_profile(const Container& container) {
  if (auto option = security_option(container, "apparmor")) return *option;
  if (!container.apparmor_profile.empty()) return container.apparmor_profile;
  return container.host_config.privileged ? "unconfined" : "docker-default";
}

}  // namespace bh::docker
