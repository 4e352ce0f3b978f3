// --warn and --werror: which warnings and notes are shown, and which stop the compile, by the categories that
// users of apparmor_parser know.
//
// The one idea: a category is a set of diagnostic codes; a diagnostic of no category is always shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "diag/diagnostic.h"

namespace bh::cli {

class Warnings {
 public:
  /// Everything is shown and nothing stops.
  Warnings() = default;
  /// From the flags `warn` and `werror`, in their order. Errors: a word that is no category.
  [[nodiscard]] static Result<Warnings> from(const Arguments& arguments);

  [[nodiscard]] bool shows(const diag::Diagnostic& diagnostic) const;
  /// A warning or note that is to count as an error.
  [[nodiscard]] bool stops_at(const diag::Diagnostic& diagnostic) const;
  [[nodiscard]] bool shows_cache() const;

  /// What `--warn show` prints: every category, whether it is on, and what it is about.
  [[nodiscard]] std::string list() const;

 private:
  std::uint32_t shown_ = ~std::uint32_t{0};  ///< bit: index of the category
  std::uint32_t stopping_ = 0;
};

inline constexpr Flag warn_flag = {
    .name = "warn",
    .value = "CATEGORY",
    .help = "show warnings of this category; no-CATEGORY: do not; all, no-all; show lists them (default all)",
    .many = true};
inline constexpr Flag werror_flag = {
    .name = "werror",
    .value = "CATEGORY",
    .help = "warnings and notes of this category are errors: nothing is written; all: of every category",
    .many = true};

}  // namespace bh::cli
