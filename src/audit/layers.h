// What an image's layers hold, read from the stream of `docker save` and never unpacked: set-id files and
// files with capabilities as they are when all layers lie on each other, and the accounts of its /etc/passwd.
//
// The stream is a tar with a tar for each layer in it (Docker's own format up to 24, an OCI layout beside it
// later); which blobs are layers, and in what order, stands in manifest.json, which may come last. So each
// layer is boiled down as it passes, and joined at the end. Source: the image specification v1.2 and the OCI
// image specification (whiteouts: .wh.NAME, .wh..wh..opq).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "audit/facts.h"
#include "base/result.h"

namespace bh::audit {

struct LayerLimits {
  std::uint64_t stream_bytes = 8ull << 30;
  std::uint64_t entries = 2'000'000;  ///< of all layers
  std::size_t kept = 100'000;         ///< set-id files and whiteouts
  std::size_t small_file = 1u << 20;  ///< manifest.json, /etc/passwd
};

/// The next bytes of the stream, empty at its end.
using NextBytes = std::function<Result<std::string_view>()>;

/// Errors: the stream's own, a limit, a tar that is none, no manifest.
[[nodiscard]] Result<LayerScan> scan_layers(const NextBytes& next, const LayerLimits& limits = {});

}  // namespace bh::audit
