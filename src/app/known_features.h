// The AppArmor features of kernels that people run, for compiling where that kernel is not the one that runs.
#pragma once

#include <span>
#include <string_view>

namespace bh::app {

struct KnownFeatures {
  std::string_view kernel;  ///< `6.12`
  std::string_view text;    ///< the reference's -M form
};

/// Oldest first.
[[nodiscard]] std::span<const KnownFeatures> known_features();

}  // namespace bh::app
