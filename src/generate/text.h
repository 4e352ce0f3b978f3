// Profile text as it is put together: lines, and for each line the place of the spec that asked for it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "generate/generate.h"

namespace bh::generate {

class Text {
 public:
  Text(const diag::SourceMap& sources, std::vector<LineOrigin>& origins)
      : sources_(sources), origins_(origins) {}

  /// A line as it is (no newline in it); an empty one separates and is never doubled.
  void line(std::string_view text = "");
  /// `  # ---- title`, with an empty line before it.
  void section(std::string_view title);
  /// A comment of its own inside the profile.
  void note(std::string_view text);
  /// `  rule,  # ReadOnlyPaths, line 12`. `key` empty: nobody's rule, or `span` not valid: no line.
  void rule(std::string_view rule, std::string_view key = "", diag::Span span = {});

  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  const diag::SourceMap& sources_;
  std::vector<LineOrigin>& origins_;
  std::string text_;
  std::uint32_t lines_ = 0;
};

}  // namespace bh::generate
