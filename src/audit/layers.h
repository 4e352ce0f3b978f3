// What an image's layers hold for the audit: set-id files and files with capabilities as they are when all
// layers lie on each other, and the accounts of its /etc/passwd. Each layer is boiled down as it passes
// (image/layers.h), and joined at the end.
#pragma once

#include "audit/facts.h"
#include "base/result.h"
#include "image/layers.h"

namespace bh::audit {

struct LayerLimits {
  image::LayerLimits stream;
  std::size_t kept = 100'000;  ///< set-id files and whiteouts
};

/// Errors: those of image::read_layers, and a limit.
[[nodiscard]] Result<LayerScan> scan_layers(const image::NextBytes& next, const LayerLimits& limits = {});

}  // namespace bh::audit
