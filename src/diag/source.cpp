#include "diag/source.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace bh::diag {

SourceId SourceMap::add(std::string name, std::string text) {
  BH_CHECK(text.size() < 0xffffffff);
  sources_.push_back({std::move(name), std::move(text), {}});
  return SourceId(sources_.size() - 1);
}

const std::vector<std::uint32_t>& SourceMap::lines(SourceId id) const {
  const Source& source = sources_[id.index()];
  if (source.line_starts.empty()) {
    source.line_starts.push_back(0);
    for (std::size_t i = 0; i < source.text.size(); ++i)
      if (source.text[i] == '\n') source.line_starts.push_back(static_cast<std::uint32_t>(i + 1));
  }
  return source.line_starts;
}

Position SourceMap::position(SourceId id, std::uint32_t offset) const {
  const auto& starts = lines(id);
  auto after = std::ranges::upper_bound(starts, offset);
  auto line = static_cast<std::uint32_t>(after - starts.begin());
  std::uint32_t column = 1;
  std::string_view all = text(id);
  for (std::uint32_t i = starts[line - 1]; i < offset && i < all.size(); ++i)
    if ((static_cast<unsigned char>(all[i]) & 0xc0) != 0x80) ++column;
  return {line, column};
}

std::string_view SourceMap::line_text(SourceId id, std::uint32_t offset) const {
  const auto& starts = lines(id);
  std::uint32_t begin = starts[position(id, offset).line - 1];
  std::string_view rest = text(id).substr(begin);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::uint32_t SourceMap::offset(SourceId id, Position position) const {
  const auto& starts = lines(id);
  if (position.line == 0) return 0;
  if (position.line > starts.size()) return static_cast<std::uint32_t>(text(id).size());
  std::string_view all = text(id);
  std::uint32_t at = starts[position.line - 1];
  for (std::uint32_t column = 1; column < position.column && at < all.size() && all[at] != '\n'; ++column) {
    ++at;
    while (at < all.size() && (static_cast<unsigned char>(all[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

std::string SourceMap::describe(Span span) const {
  if (!span.valid()) return "<no place>";
  Position at = position(span.source, span.begin);
  return fmt::format("{}:{}:{}", name(span.source), at.line, at.column);
}

}  // namespace bh::diag
