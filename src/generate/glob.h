// Path globs as the kernel will read them: a set of paths, not a spelling.
//
// The one idea: once its `{…}` are multiplied out, a glob is a straight line of steps, each either one byte
// out of a set or any number of bytes out of a set (`*`: not `/`; `**`: any). Lines are closed under
// intersection, and mostly under subtraction (glob_sets.h), and can be printed as AppArmor globs again, so
// that precedence between a spec's lists can be said in rules that know only "allow" and "deny". Follows
// apparmor.d(5) and what apparmor_parser 3.0.8 was seen to do with each construct.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bh::generate {

using ByteSet = std::bitset<256>;

/// Every byte that a path may hold, without and with `/`.
[[nodiscard]] const ByteSet& component_bytes();
[[nodiscard]] const ByteSet& path_bytes();
[[nodiscard]] ByteSet only(char byte);

struct Step {
  ByteSet set;
  bool repeat =
      false;  ///< any number of times, none included; then `set` is component_bytes() or path_bytes()
  bool operator==(const Step&) const = default;
};

using Glob = std::vector<Step>;
using Globs = std::vector<Glob>;  ///< their union

struct GlobError {
  std::size_t offset = 0;  ///< in the text
  std::string message;
};

/// Multiplies out `{…}`. Escapes: `\` before a byte that means something, `\xHH`, `\OOO`. No variables.
/// Errors: unclosed or unopened `[` `{`, an alternation of fewer than two, an empty class, a backslash at the
/// end, more than `limit` alternatives.
inline constexpr std::size_t max_globs = 512;
[[nodiscard]] std::optional<Globs> parse_globs(std::string_view text, GlobError& error,
                                               std::size_t limit = max_globs);

/// The bytes of `text` as a glob that matches nothing else.
[[nodiscard]] Glob literal(std::string_view text);
/// Where the glob is one path: that path.
[[nodiscard]] std::optional<std::string> as_literal(const Glob& glob);
/// Where the glob is everything below a folder, the folder itself included: its path, with the `/` at its
/// end.
[[nodiscard]] std::optional<std::string> as_subtree(const Glob& glob);

/// AppArmor text that means `globs` (at least one) and nothing else: what is common in front and behind is
/// written once. Only ASCII, unquoted.
[[nodiscard]] std::string print(const Globs& globs);

/// The path as a word of profile text: quoted if it has to be. Nothing in it can end the word.
[[nodiscard]] std::string quote(std::string_view path);

/// Does the glob match this path? The plain definition, for tests and for small questions.
[[nodiscard]] bool matches(const Glob& glob, std::string_view path);
[[nodiscard]] bool matches(const Globs& globs, std::string_view path);

}  // namespace bh::generate
