// Whether a pattern (AARE) is complete: every brace and bracket closed, every group with a choice. It says
// nothing about what the pattern matches; that is the compiler's work.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace bh::policy {

inline constexpr std::size_t max_glob_nesting = 49;  ///< of `{`, as in apparmor_parser

/// What is wrong with `pattern`, in words, or nothing.
[[nodiscard]] std::optional<std::string> glob_error(std::string_view pattern);

/// `text` with its escapes for characters (`\t \n \r \a \f \e \"`, octal \NNN, \xHH, \dNNN) replaced by the
/// characters. What would then mean something in a pattern keeps a backslash (`\x2a` becomes `\*`), so does
/// NUL (`\000`); other escapes stay as they are.
[[nodiscard]] std::string decode_escapes(std::string_view text);

/// Whether `pattern` can match more than one text.
[[nodiscard]] bool is_pattern(std::string_view pattern);

/// Whether everything that the complete pattern `pattern` matches starts with `/`. A wildcard or a class at
/// the start does not count.
[[nodiscard]] bool starts_with_slash(std::string_view pattern);

/// `text` with every character that means something in a pattern escaped.
[[nodiscard]] std::string escape_glob(std::string_view text);

}  // namespace bh::policy
