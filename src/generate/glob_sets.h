// What the lists of a spec need of sets of paths: is one inside the other, do they meet, their intersection,
// one less the other, and everything but some folders. All exact: an answer that cannot be had within the
// budget, or cannot be said in globs, is no answer, and the caller must choose what allows less.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generate/glob.h"

namespace bh::generate {

/// Is every path of `part` in `whole`? False also where the budget ran out.
[[nodiscard]] bool covers(const Globs& whole, const Globs& part);

/// Is there a path in both?
[[nodiscard]] bool meets(const Glob& a, const Glob& b);
[[nodiscard]] bool meets(const Globs& a, const Globs& b);

/// The paths in both. Nothing if there are more than `max_pieces` globs to it.
[[nodiscard]] std::optional<Globs> intersect(const Globs& a, const Globs& b);

/// The paths of `from` that are not in `less`. Nothing where globs cannot say it: it would need a star over
/// other sets than "no slash" and "anything" (`/**` less `/**.so.*`), or more than `max_pieces`.
[[nodiscard]] std::optional<Globs> subtract(const Globs& from, const Globs& less);

inline constexpr std::size_t max_pieces = 1024;

/// Everything but the given folders (each with its `/`, and what is below), as few readable globs: per folder
/// on the way to one, the names that do not lead there. Each glob is AppArmor text. Empty if `/` is among the
/// folders.
[[nodiscard]] std::vector<std::string> everything_but(const std::vector<std::string>& folders);

/// Every path that ends in `ending` (AppArmor text, no `/` in it) and lies in none of the folders: one glob
/// per folder on the way to one. Empty if `/` is among the folders.
[[nodiscard]] std::vector<std::string> files_but(const std::vector<std::string>& folders,
                                                 std::string_view ending);

/// `{[^d]*,d,d[^e]*,…}`: every file name but the given ones (sorted, unique, not empty), as AppArmor text.
[[nodiscard]] std::string names_but(const std::vector<std::string>& names);

}  // namespace bh::generate
