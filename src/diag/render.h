// The one renderer of diagnostics as caret text, for profiles, TOML, YAML and JSON alike:
//
//   error[BH2001]: expected `,` after the file rule, found `}`
//     --> docker-web:12:3
//      |
//   12 |   /etc/** r
//      |            ^ here
//      = help: end every rule with a comma
#pragma once

#include <string>

#include "diag/diagnostic.h"

namespace bh::diag {

struct RenderOptions {
  bool colour = false;
};

[[nodiscard]] std::string render(const SourceMap& sources, const Diagnostic& diagnostic,
                                 RenderOptions options = {});
/// All of them, errors last as they come, then a line that counts.
[[nodiscard]] std::string render(const SourceMap& sources, const Sink& sink, RenderOptions options = {});

/// Control bytes, and bytes that are not UTF-8, as \xNN: input is hostile and a terminal obeys escape
/// sequences.
[[nodiscard]] std::string printable(std::string_view text);

}  // namespace bh::diag
