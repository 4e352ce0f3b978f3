// Findings that somebody looked at and wants to hear no more of, said in the file where they are:
//
//   /srv/upload/** rwix,   # bulkhead: ignore BH4105 (the uploads are scripts, and run as nobody)
//   # bulkhead: ignore broad-rule
//   capability,
//   # bulkhead: ignore-file BH4109
//
// Behind a rule it is for that line, on a line of its own for the next one that says something. A comment
// that ignores nothing, or names no finding, is a finding itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "check/finding.h"

namespace bh::check {

/// `BH4105` or `writable-code`; nothing: no finding of check is called so.
[[nodiscard]] std::optional<diag::Code> code_named(std::string_view word);
/// `writable-code`.
[[nodiscard]] std::string name_of(diag::Code code);

class Ignores {
 public:
  /// What the comments of a text say. Those that name no finding are reported.
  Ignores(const diag::SourceMap& sources, diag::SourceId source, Findings& out);

  /// Takes what is to be ignored out of `findings`.
  void apply(std::vector<Finding>& findings);
  /// Comments that nothing was taken out for.
  void report_unused(Findings& out) const;

 private:
  struct Entry {
    diag::Code code;
    diag::Span comment;
    std::uint32_t line = 0;  ///< 0: the whole file
    bool used = false;
  };
  void read_comment(std::uint32_t begin, std::string_view rest, Findings& out);
  [[nodiscard]] std::uint32_t line_meant(std::uint32_t comment) const;

  const diag::SourceMap& sources_;
  diag::SourceId source_;
  std::vector<Entry> entries_;
};

}  // namespace bh::check
