#include "check/edit.h"

#include <algorithm>
#include <tuple>

namespace bh::check {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

}  // namespace

Edit removal(std::string_view text, diag::Span span) {
  std::size_t begin = span.begin, end = span.end;
  while (begin > 0 && is_blank(text[begin - 1])) --begin;
  while (end < text.size() && is_blank(text[end])) ++end;
  const bool first = begin == 0 || text[begin - 1] == '\n';
  const bool last = end == text.size() || text[end] == '\n';
  if (first && last && end < text.size()) {
    ++end;
  } else if (!last) {
    begin = span.begin;  // what follows takes its place
  }
  return {{span.source, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)}, ""};
}

std::string edited(std::string_view text, std::vector<Edit> edits) {
  std::ranges::stable_sort(edits, {},
                           [](const Edit& edit) { return std::pair(edit.span.begin, edit.span.end); });
  std::string out;
  std::size_t at = 0;
  const Edit* before = nullptr;
  for (const Edit& edit : edits) {
    const bool same_place = before != nullptr && before->span == edit.span;
    if (edit.span.begin < at || same_place) continue;
    out += text.substr(at, edit.span.begin - at);
    out += edit.text;
    at = edit.span.end;
    before = &edit;
  }
  return out + std::string(text.substr(at));
}

}  // namespace bh::check
