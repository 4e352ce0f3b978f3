// "did you mean": the nearest of the known words, if it is near enough to be a slip of the finger.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace bh::diag {

/// The candidate with the least edit distance (with transpositions, case ignored), at most a third of the
/// word's length and at most 3. Ties: the first. Words over 64 bytes get no suggestion.
[[nodiscard]] std::optional<std::string> did_you_mean(std::string_view word,
                                                      std::span<const std::string_view> candidates);

}  // namespace bh::diag
