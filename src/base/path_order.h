// An order of paths in which what is below a folder follows it without a gap: `/` before every other byte.
#pragma once

#include <algorithm>
#include <string_view>

namespace bh {

struct PathOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const {
    auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c) + 1; };
    return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
  }
};

}  // namespace bh
