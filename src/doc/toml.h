// TOML -> Tree. The reading is toml++'s; here are the limits that keep a hostile file from costing more than
// it is long, and the translation of its lines and columns into spans.
#pragma once

#include <cstddef>
#include <optional>

#include "diag/diagnostic.h"
#include "doc/node.h"

namespace bh::doc {

/// A spec is a page of text. What is far beyond that is refused before it is parsed.
struct Limits {
  std::size_t bytes = 1u << 20;
  std::size_t depth = 32;  ///< tables and arrays inside each other; also the parts of one dotted key
  std::size_t nodes = 100'000;
};

/// Nothing if the text is not TOML or is beyond a limit; `sink` then has an error with its place (the first
/// one: TOML's reader does not recover).
[[nodiscard]] std::optional<Tree> read_toml(const diag::SourceMap& sources, diag::SourceId source,
                                            diag::Sink& sink, const Limits& limits = {});

}  // namespace bh::doc
