#include "automata/expr.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

namespace bh::automata {

namespace {
constexpr ExprId empty_id{std::size_t{0}};
constexpr ExprId nothing_id{std::size_t{1}};
}  // namespace

ExprPool::ExprPool() {
  intern({Kind::empty, true});
  intern({Kind::nothing, false});
}

ExprId ExprPool::intern(const Node& node) {
  const std::uint64_t hash =
      scramble((std::uint64_t{node.first} << 32 | node.second) + static_cast<std::uint64_t>(node.kind));
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t id =
      node_table_.find_or_insert(hash, fresh, [&](std::uint32_t other) { return nodes_[other] == node; });
  if (id == fresh) nodes_.push_back(node);
  return ExprId{id};
}

std::uint32_t ExprPool::intern_set(const ByteSet& set) {
  const auto fresh = static_cast<std::uint32_t>(sets_.size());
  const std::uint64_t hash = XXH3_64bits(&set, sizeof set);
  const std::uint32_t id =
      set_table_.find_or_insert(hash, fresh, [&](std::uint32_t other) { return sets_[other] == set; });
  if (id != fresh) return id;
  sets_.push_back(set);
  only_bytes_.push_back(-1);
  if (set.count() == 1) {
    std::int16_t byte = 0;
    while (!set[static_cast<std::size_t>(byte)]) ++byte;
    only_bytes_.back() = byte;
  }
  return id;
}

ExprId ExprPool::empty() { return empty_id; }

ExprId ExprPool::nothing() { return nothing_id; }

ExprId ExprPool::byte(std::uint8_t value) {
  ExprId& known = byte_ids_[value];
  if (!known.valid()) known = bytes(ByteSet{}.set(value));
  return known;
}

ExprId ExprPool::bytes(const ByteSet& set) {
  if (set.none()) return nothing_id;
  return intern({Kind::bytes, false, intern_set(set)});
}

ExprId ExprPool::literal(std::string_view text) {
  if (text.empty()) return empty_id;
  for (const char c : text) (void)byte(static_cast<std::uint8_t>(c));  // so that each has its set
  if (text.size() == 1) return byte(static_cast<std::uint8_t>(text[0]));
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t id =
      node_table_.find_or_insert(XXH3_64bits(text.data(), text.size()), fresh, [&](std::uint32_t other) {
        return nodes_[other].kind == Kind::literal && this->text(nodes_[other]) == text;
      });
  if (id == fresh) {
    nodes_.push_back({Kind::literal, false, static_cast<std::uint32_t>(text_.size()),
                      static_cast<std::uint32_t>(text.size())});
    text_ += text;
  }
  return ExprId{id};
}

ExprId ExprPool::out_of_band() { return intern({Kind::out_of_band, false}); }

ExprId ExprPool::concat(ExprId first, ExprId second) {
  if (first == nothing_id || second == nothing_id) return nothing_id;
  if (first == empty_id) return second;
  if (second == empty_id) return first;
  return intern({Kind::concat, node(first).nullable && node(second).nullable, first.value, second.value});
}

ExprId ExprPool::concat(std::span<const ExprId> parts) {
  ExprId tail = empty_id;
  for (std::size_t i = parts.size(); i > 0; --i) tail = concat(parts[i - 1], tail);
  return tail;
}

ExprId ExprPool::either(std::span<const ExprId> options) {
  ByteSet single;  // all options of one byte become one set
  bool nullable = false;
  std::vector<ExprId> kept;
  kept.reserve(options.size() + 1);
  for (const ExprId option : options) {
    const Node& child = node(option);
    if (child.kind == Kind::nothing) continue;
    nullable |= child.nullable;
    if (child.kind == Kind::bytes) {
      single |= sets_[child.first];
    } else {
      kept.push_back(option);
    }
  }
  if (single.any()) kept.push_back(bytes(single));
  std::sort(kept.begin(), kept.end());
  kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
  // The empty option adds nothing beside another nullable one.
  if (kept.size() > 1 && kept[0] == empty_id &&
      std::any_of(kept.begin() + 1, kept.end(), [&](ExprId id) { return node(id).nullable; })) {
    kept.erase(kept.begin());
  }
  if (kept.empty()) return nothing_id;
  if (kept.size() == 1) return kept[0];

  const std::uint64_t hash = XXH3_64bits(kept.data(), kept.size() * sizeof(ExprId));
  const auto fresh = static_cast<std::uint32_t>(nodes_.size());
  const std::uint32_t id = node_table_.find_or_insert(hash, fresh, [&](std::uint32_t other) {
    return nodes_[other].kind == Kind::either && std::ranges::equal(this->options(nodes_[other]), kept);
  });
  if (id == fresh) {
    nodes_.push_back({Kind::either, nullable, static_cast<std::uint32_t>(options_.size()),
                      static_cast<std::uint32_t>(kept.size())});
    options_.insert(options_.end(), kept.begin(), kept.end());
  }
  return ExprId{id};
}

ExprId ExprPool::optional(ExprId inner) {
  if (node(inner).nullable) return inner;
  return either(std::array{empty_id, inner});
}

ExprId ExprPool::star(ExprId inner) {
  const Kind kind = node(inner).kind;
  if (kind == Kind::empty || kind == Kind::nothing) return empty_id;
  if (kind == Kind::star) return inner;
  if (is_plus(inner)) return ExprId{node(inner).second};
  return intern({Kind::star, true, inner.value});
}

ExprId ExprPool::plus(ExprId inner) { return is_plus(inner) ? inner : concat(inner, star(inner)); }

/// x x*
bool ExprPool::is_plus(ExprId id) const {
  const Node& both = node(id);
  if (both.kind != Kind::concat) return false;
  const Node& second = node(ExprId{both.second});
  return second.kind == Kind::star && second.first == both.first;
}

}  // namespace bh::automata
