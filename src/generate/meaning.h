// What a strict spec means for one path, by the plain definition: the lists in the order in which they win,
// asked one after the other. It knows nothing of rules, denials or text; the tests hold the compiled policy
// against it.
#pragma once

#include <string_view>

#include "generate/strict_files.h"

namespace bh::generate {

struct FileAnswer {
  bool read = false;
  bool write = false;
  bool exec = false;
  bool map = false;  ///< as code
  bool operator==(const FileAnswer&) const = default;
};

[[nodiscard]] FileAnswer strict_meaning(const FileLists& lists, std::string_view path);

/// What bane's policy denies of `file,`, as the kernel matches it: one spelling, `d/**` without `d/`.
struct BaneDenials {
  Globs write;       ///< ReadOnlyPaths and what is fixed
  Globs everything;  ///< DenyExec and what is fixed
  Globs change;      ///< fixed: no writing and no running
};

/// Entries with unknown variables are left out: nothing is known of them.
[[nodiscard]] BaneDenials bane_denials(const Spec& spec);

/// What bane's policy answers (abstractions/base adds nothing to `file,`).
[[nodiscard]] FileAnswer bane_meaning(const BaneDenials& denials, std::string_view path);

}  // namespace bh::generate
