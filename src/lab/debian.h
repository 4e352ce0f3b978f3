// Packages of a Debian suite, fetched without installing: what the lab's kernels and its nginx come from.
//
// One private apt per suite under the cache (lists, sources), so that the system's own state is neither read
// nor changed, except to learn which mirror it uses. Everything is an argument vector; names are matched
// here, not by a shell or a pattern of apt's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::lab {

class DebianSuite {
 public:
  /// Prepares `suite`'s apt under `folder` and updates its lists. Errors: no apt here, no Debian mirror in
  /// its sources, apt's own words.
  [[nodiscard]] static Result<DebianSuite> open(const std::string& suite, const std::string& folder);

  /// Names of packages that start with `prefix`, as apt gives them.
  [[nodiscard]] Result<std::vector<std::string>> names(const std::string& prefix) const;
  /// Fetches `packages`, and nothing that they depend on, and unpacks them into the folder `into`, which is
  /// made.
  [[nodiscard]] Result<void> unpack(const std::vector<std::string>& packages, const std::string& into) const;
  /// The same with everything that they depend on, down to the C library: `into` is then a root of its own.
  [[nodiscard]] Result<void> unpack_root(const std::vector<std::string>& packages,
                                         const std::string& into) const;

 private:
  [[nodiscard]] Result<void> unpack_files(const std::string& folder, const std::string& into) const;
  [[nodiscard]] std::vector<std::string> apt(const char* program) const;
  std::string folder_;
};

/// ${XDG_CACHE_HOME:-$HOME/.cache}/bulkhead
[[nodiscard]] std::string cache_folder();

/// A root of `packages` and their dependencies in the cache, fetched if it is not there: `…/roots/NAME`.
/// Maintainer scripts are not run, so it holds what the packages ship and nothing that their installation
/// would make.
[[nodiscard]] Result<std::string> debian_root(const std::string& name, const std::string& suite,
                                              const std::vector<std::string>& packages);

/// The newest of `names` that is `prefix`VERSION`suffix`, numbers compared as numbers; empty if none is.
[[nodiscard]] std::string newest(const std::vector<std::string>& names, std::string_view prefix,
                                 std::string_view suffix);

}  // namespace bh::lab
