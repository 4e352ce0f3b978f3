// Edits of a text that leave everything else of it as it stands: comments, blanks, order.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "check/finding.h"

namespace bh::check {

/// Takes what stands at `span` away; with its line where nothing else is on it. A comment behind it stays.
[[nodiscard]] Edit removal(std::string_view text, diag::Span span);

/// The edits in any order. Of two that overlap the one that begins later is left out: it is for another turn.
[[nodiscard]] std::string edited(std::string_view text, std::vector<Edit> edits);

}  // namespace bh::check
