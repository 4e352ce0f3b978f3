// One entry of a spec's path lists: the set of paths that it names, under every name that the kernel may know
// them by, and the profile text that says the same.
//
// Without an image nobody knows whether `/bin` is a link to `/usr/bin`, and the kernel asks about what links
// lead to: so both spellings are named, and both of `/run` and `/var/run`. `d/**` is the folder `d/` and
// everything below.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diag/diagnostic.h"
#include "generate/glob.h"
#include "generate/image_names.h"
#include "generate/spec.h"

namespace bh::generate {

struct PathSet {
  std::string text;  ///< AppArmor glob, unquoted; means exactly `globs`
  Globs globs;
  std::string written;  ///< as the spec has it
  diag::Span span;      ///< not valid: a rule of ours
};

/// What `@{NAME}` stands for in a spec's paths: AppArmor's own tunables, and what the spec's Imports define.
class Variables {
 public:
  explicit Variables(const Spec& spec);
  /// Every `@{NAME}` replaced; the first unknown name goes to `unknown` and nothing is returned.
  [[nodiscard]] std::optional<std::string> expand(std::string_view text, std::string& unknown) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// The set that an entry names, with `image` under that image's own names only; nothing (and an error in
/// `sink`) where it uses an unknown variable or too many alternatives.
[[nodiscard]] std::optional<PathSet> path_set(const Entry& entry, const Variables& variables,
                                              diag::Sink& sink, const ImageNames* image = nullptr);

/// A set of our own: `text` as it is, no second spelling.
[[nodiscard]] PathSet fixed_set(std::string_view text);
/// A set made by calculation.
[[nodiscard]] PathSet made_set(Globs globs);

}  // namespace bh::generate
