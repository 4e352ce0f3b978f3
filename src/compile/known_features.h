// The AppArmor features of kernels that people run, for compiling where that kernel is not the one that runs.
#pragma once

#include <span>
#include <string_view>

namespace bh::compile {

struct KnownFeatures {
  std::string_view kernel;  ///< `6.12`
  std::string_view text;    ///< the reference's -M form
};

/// Oldest first.
[[nodiscard]] std::span<const KnownFeatures> known_features();

/// What rules may use under `abi/3.0`, `abi/4.0`, `abi/5.0`, as the files of that name in apparmor's packages
/// say it, but for how policy is encoded, which is the kernel's affair alone. Empty: no such abi.
[[nodiscard]] std::string_view known_abi(std::string_view name);

}  // namespace bh::compile
