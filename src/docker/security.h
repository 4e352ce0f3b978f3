// What a container's configuration says of its confinement, in the one form that both the audit and `status`
// read.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "docker/model.h"

namespace bh::docker {

/// The value of `--security-opt NAME=VALUE` (older: NAME:VALUE), the last one given; empty where only the
/// name is.
[[nodiscard]] std::optional<std::string> security_option(const Container& container, std::string_view name);

/// The AppArmor profile that was asked for, as the engine will apply it. An option counts also with
/// --privileged, although inspect then says unconfined.
[[nodiscard]] std::string requested_profile(const Container& container);

}  // namespace bh::docker
