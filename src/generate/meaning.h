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

/// What bane's policy of the same lists answers: `file,` less its denials (abstractions/base adds nothing to
/// that).
[[nodiscard]] FileAnswer bane_meaning(const Spec& spec, std::string_view path);

}  // namespace bh::generate
