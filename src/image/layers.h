// The layers of an image, read from the stream of `docker save` and never unpacked.
//
// The stream is a tar with a tar for each layer in it (Docker's own format up to 24, an OCI layout beside it
// later); which blobs are layers, and in what order, stands in manifest.json, which may come last. So every
// layer is handed on, entry by entry, as it passes, and the order is known at the end. Source: the image
// specification v1.2 and the OCI image specification (whiteouts: .wh.NAME, .wh..wh..opq).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::image {

struct LayerLimits {
  std::uint64_t stream_bytes = 8ull << 30;
  std::uint64_t entries = 2'000'000;  ///< of all layers
  std::size_t manifest = 1u << 20;    ///< bytes of manifest.json
};

/// The next bytes of the stream, empty at its end.
using NextBytes = std::function<Result<std::string_view>()>;

struct LayerEntry {
  enum class Kind : std::uint8_t { file, folder, link, hard_link, other };
  std::string path;  ///< from `/`, no slash at the end, no `.` in front
  Kind kind = Kind::other;
  std::uint32_t mode = 0;     ///< permission bits
  std::string target;         ///< of a link as it is written; of a hard link a path like `path`
  bool capabilities = false;  ///< has security.capability
  /// The first bytes of a file, at most `most`. Only while the entry is being handed on.
  std::function<Result<std::string>(std::size_t most)> head;
};

/// Called with the name of the layer that the entry is in.
using OnEntry = std::function<Result<void>(const std::string& layer, const LayerEntry& entry)>;

/// The names of the image's layers, lowest first; those of the first image where the stream has several.
/// Errors: the stream's own, `on_entry`'s, a limit, a tar that is none, no manifest, a layer that is missing.
[[nodiscard]] Result<std::vector<std::string>> read_layers(const NextBytes& next, const LayerLimits& limits,
                                                           const OnEntry& on_entry);

/// An entry that takes something of the layers below away.
struct Whiteout {
  std::string path;
  bool opaque = false;  ///< what is in the folder `path`, else `path` itself
};
[[nodiscard]] std::optional<Whiteout> whiteout(std::string_view path);

}  // namespace bh::image
