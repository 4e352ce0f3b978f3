// The texts that diagnostics point into. Everything that was read (profile, include, TOML, JSON) becomes a
// source with an id; a place is a byte range in one source. Lines and columns are worked out only when
// somebody is shown one.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace bh::diag {

using SourceId = Id<struct SourceTag>;

/// Bytes [begin, end) of a source. begin == end is a place between two bytes.
struct Span {
  SourceId source;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  [[nodiscard]] bool valid() const { return source.valid(); }
  bool operator==(const Span&) const = default;
};

/// The span from the start of `a` to the end of `b` (same source).
[[nodiscard]] inline Span join(Span a, Span b) { return {a.source, a.begin, b.end}; }

/// 1-based; a column counts code points, as editors do.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

class SourceMap {
 public:
  /// `name` is what the user is shown (a path as he wrote it, or `<stdin>`).
  SourceId add(std::string name, std::string text);

  /// Views stay valid as long as the map: texts are never moved.
  [[nodiscard]] std::string_view name(SourceId id) const { return sources_[id.index()].name; }
  [[nodiscard]] std::string_view text(SourceId id) const { return sources_[id.index()].text; }
  [[nodiscard]] std::string_view text(Span span) const {
    return text(span.source).substr(span.begin, span.end - span.begin);
  }
  [[nodiscard]] std::size_t size() const { return sources_.size(); }

  [[nodiscard]] Position position(SourceId id, std::uint32_t offset) const;
  /// The line that holds `offset`, without its newline.
  [[nodiscard]] std::string_view line_text(SourceId id, std::uint32_t offset) const;
  /// Offset of a 1-based line and column (clamped to the text).
  [[nodiscard]] std::uint32_t offset(SourceId id, Position position) const;
  /// `name:line:column`, for text output.
  [[nodiscard]] std::string describe(Span span) const;

 private:
  struct Source {
    std::string name;
    std::string text;
    mutable std::vector<std::uint32_t> line_starts;  // made at the first question
  };
  const std::vector<std::uint32_t>& lines(SourceId id) const;
  std::deque<Source> sources_;
};

}  // namespace bh::diag
