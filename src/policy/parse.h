// Profile text -> Fragment: hand-written lexer and recursive descent, with recovery, so that one run reports
// everything.
//
// It does not read other files (resolve.h does) and knows no kernel. Nesting is limited, so the recursion is.
#pragma once

#include "diag/diagnostic.h"
#include "policy/ast.h"

namespace bh::policy {

/// Where the text stands: what a file may hold differs at the top and inside a profile.
enum class Context : std::uint8_t { preamble, profile_body };

inline constexpr int max_nesting = 256;

/// Never fails: what could not be understood is reported to `sink` and left out of the fragment.
[[nodiscard]] Fragment parse(const diag::SourceMap& sources, diag::SourceId source, Context context,
                             diag::Sink& sink);

}  // namespace bh::policy
