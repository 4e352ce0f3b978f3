// AppArmor's globs -> expressions: the one reading of `*`, `**`, `?`, `[a-c]`, `{a,b}` and `\x`, for paths,
// labels, names and addresses.
//
// Follows apparmor.d(5) "Globbing"; what the manual leaves open follows the reference's behaviour, which
// glob_test.cpp records. Nesting of `{…}` is limited, and nothing recurses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "automata/expr.h"
#include "diag/diagnostic.h"
#include "policy/ast.h"

namespace bh::compile {

inline constexpr std::size_t max_glob_depth = 64;
inline constexpr std::size_t max_glob_bytes = std::size_t{1} << 20;

struct GlobOptions {
  /// `a//b` is `a/b` (but see below). Paths; not labels, where `//` joins parent and child.
  bool collapse_slashes = true;
  /// A path's leading `//` is a name of its own (POSIX). The slashes behind an address's `@` are not.
  bool keeps_leading_pair = true;
  /// What `*` and `?` may not match beside `/`: NUL ends a path. Addresses of abstract sockets may hold NUL.
  bool may_match_nul = false;
};

/// A language, and what the rules for precedence want to know of it.
struct Language {
  automata::ExprId expr;
  bool exact = true;  ///< no `*`, `?` or `[^…]`: such a rule decides about exec before globs do
  /// Bytes that every string in it starts with, up to and with the first wildcard: by it the kernel ranks
  /// attachments.
  std::size_t leading_bytes = 0;
};

/// Errors go to `sink` at the text's span, with the byte in the text that is wrong. `what`: "path", "peer
/// label", …
[[nodiscard]] std::optional<Language> glob(automata::ExprPool& pool, const policy::Text& text,
                                           std::string_view what, const GlobOptions& options,
                                           diag::Sink& sink);

/// The text with its escapes undone, for words that are not globs. `\000` and what is unknown stay as they
/// are.
[[nodiscard]] std::string unescape(std::string_view text);

}  // namespace bh::compile
