// Is a string of the spec what its key wants? Everything that later becomes part of profile text passes here
// first: after these checks no string can end the word or the line that it is pasted into.
#pragma once

#include <string_view>

#include "diag/diagnostic.h"
#include "generate/spec.h"
#include "generate/spec_keys.h"

namespace bh::generate {

/// Checks `entry`, puts it in its one spelling (capabilities and protocols in lower case, the name with its
/// prefix), and reports what is wrong. False: it cannot be used.
[[nodiscard]] bool check_entry(Check check, std::string_view key, Entry& entry,
                               const diag::SourceMap& sources, diag::Sink& sink);

/// The place of `length` bytes at `offset` of the entry's text; the whole entry where TOML escapes blur it.
[[nodiscard]] diag::Span place_in(const Entry& entry, std::size_t offset, std::size_t length,
                                  const diag::SourceMap& sources);

}  // namespace bh::generate
