// Spec -> profile text.
//
// The one idea: what is made is text, and everything after (compile, load, persist) starts from that text, so
// that what the kernel enforces and what lies in /etc/apparmor.d are the same bytes. `strict` says exactly
// what docs/spec.md promises; `bane` says what bane's own output says, with a warning for each line that does
// less than it seems to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "generate/abi.h"
#include "generate/image_names.h"
#include "generate/spec.h"

namespace bh::generate {

struct Options {
  Style style = Style::strict;
  Mode mode = Mode::enforce;
  Abi abi = Abi::v3_0;  ///< of strict; bane has none. An abi line among the spec's Imports goes before it
  /// bane looks at its host: `#include <tunables/global>` and `#include <abstractions/base>` are written
  /// where the files exist.
  bool host_has_tunables = true;
  bool host_has_base = true;
  /// Of strict: the names of this image's files instead of all usual spellings. Must outlive the call.
  const ImageNames* image = nullptr;
};

/// The spec's own Style and Mode, strict and enforce where it has none.
[[nodiscard]] Options options_of(const Spec& spec);

/// Line `line` (1-based) of the text holds a rule that `span` of the spec asked for.
struct LineOrigin {
  std::uint32_t line = 0;
  diag::Span span;
};

struct Generated {
  std::string name;  ///< the profile's
  std::string text;
  std::vector<LineOrigin> origins;  ///< by line; rules that nobody asked for (the floor) have none
};

/// The text does not depend on anything but its arguments. Where `sink` got an error the text is empty.
[[nodiscard]] Generated generate(const Spec& spec, const Options& options, const diag::SourceMap& sources,
                                 diag::Sink& sink);

/// The end of the first line of every strict text.
inline constexpr std::string_view strict_notice = ", in style strict. Change the spec, not this text.";
/// Says of itself, in the comments at its head, that it was made from a spec in style strict.
[[nodiscard]] bool is_strict_text(std::string_view text);

/// One thing that bane's profile of the same spec lets a container do and strict does not.
struct Tightened {
  std::string what;   ///< `write`, `execute`, `capability`, `network`, `mount`, …
  std::string where;  ///< a path glob, a name; may be empty
  std::string why;    ///< the rule of strict, and the way to ask for it
};

/// What moving from bane to strict takes away, for `apply` to show. In a stable order.
[[nodiscard]] std::vector<Tightened> tightened_against_bane(const Spec& spec,
                                                            const ImageNames* image = nullptr);

}  // namespace bh::generate
