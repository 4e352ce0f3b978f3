#include "automata/tag_match.h"

#include <algorithm>
#include <utility>

namespace bh::automata {
namespace {

bool steps_on(const Nfa& nfa, std::uint32_t symbol, std::uint8_t cls) {
  if (symbol == Nfa::accepting) return false;
  if (symbol < nfa.class_count) return symbol == cls;
  const auto group = nfa.group(symbol - nfa.class_count);
  return std::ranges::find(group, cls) != group.end();
}

}  // namespace

tl::expected<TagMatch, OverBudget> TagMatch::make(const ExprPool& pool, std::span<const Pattern> patterns,
                                                  const Budget& budget) {
  auto nfa = build_nfa(pool, patterns, budget);
  if (!nfa) return tl::unexpected(nfa.error());
  return TagMatch(std::move(*nfa));
}

std::vector<std::uint32_t> TagMatch::tags_of(std::string_view text) const {
  std::vector<std::uint32_t> at = nfa_.initial;
  std::vector<std::uint32_t> next;
  std::vector<bool> there(nfa_.positions.size());
  for (const char byte : text) {
    const std::uint8_t cls = nfa_.classes[static_cast<std::uint8_t>(byte)];
    next.clear();
    for (const std::uint32_t position : at) {
      if (!steps_on(nfa_, nfa_.positions[position].symbol, cls)) continue;
      for (const std::uint32_t following : nfa_.follow_of(nfa_.positions[position])) {
        if (there[following]) continue;
        there[following] = true;
        next.push_back(following);
      }
    }
    for (const std::uint32_t position : next) there[position] = false;
    std::swap(at, next);
  }
  std::vector<std::uint32_t> tags;
  for (const std::uint32_t position : at) {
    if (nfa_.positions[position].symbol == Nfa::accepting) tags.push_back(nfa_.positions[position].tag);
  }
  std::ranges::sort(tags);
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

}  // namespace bh::automata
