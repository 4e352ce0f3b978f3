// Two texts -> what `diff -u` prints, as patch(1) reads it.
#pragma once

#include <string>
#include <string_view>

namespace bh::report {

/// Empty where the texts are the same. `name` stands in both heads, behind `a/` and `b/`; three lines of
/// context.
[[nodiscard]] std::string unified_diff(std::string_view name, std::string_view before,
                                       std::string_view after);

}  // namespace bh::report
