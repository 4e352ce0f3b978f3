// For tests: whether two trees say the same, wherever they stand. Spans are ignored, everything else counts.
#pragma once

#include <algorithm>
#include <tuple>

#include "policy/ast.h"

namespace bh::policy {

bool same(const Block& a, const Block& b);

inline bool same(const Text& a, const Text& b) { return a.value == b.value && a.quoted == b.quoted; }

template <class T>
bool same(const std::optional<T>& a, const std::optional<T>& b) {
  return a.has_value() == b.has_value() && (!a || same(*a, *b));
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::ranges::equal(a, b, [](const T& x, const T& y) { return same(x, y); });
}
inline bool same(const std::unique_ptr<Block>& a, const std::unique_ptr<Block>& b) {
  return (a == nullptr) == (b == nullptr) && (!a || same(*a, *b));
}

inline bool same(const Qualifiers& a, const Qualifiers& b) {
  auto all = [](const Qualifiers& q) {
    return std::tuple(q.priority, q.audit, q.access, q.owner, q.access_stated, q.priority_stated);
  };
  return all(a) == all(b);
}
inline bool same(const Condition& a, const Condition& b) {
  return same(a.key, b.key) && a.in == b.in && a.assign == b.assign && same(a.values, b.values);
}
inline bool same(const FileRule& a, const FileRule& b) {
  return same(a.path, b.path) && a.perms == b.perms && a.exec == b.exec && same(a.target, b.target) &&
         a.safe_keyword == b.safe_keyword && a.unsafe_keyword == b.unsafe_keyword;
}
inline bool same(const LinkRule& a, const LinkRule& b) {
  return a.subset == b.subset && same(a.link, b.link) && same(a.target, b.target);
}
inline bool same(const ChangeProfileRule& a, const ChangeProfileRule& b) {
  return a.mode == b.mode && same(a.exec, b.exec) && same(a.target, b.target);
}
inline bool same(const CapabilityRule& a, const CapabilityRule& b) { return same(a.names, b.names); }
inline bool same(const RlimitRule& a, const RlimitRule& b) {
  return same(a.name, b.name) && same(a.value, b.value);
}
inline bool same(const ClassRule& a, const ClassRule& b) {
  return a.kind == b.kind && same(a.access, b.access) && same(a.words, b.words) &&
         same(a.conditions, b.conditions) && same(a.peer, b.peer) && same(a.source, b.source) &&
         same(a.target, b.target);
}
inline bool same(const Rule& a, const Rule& b) {
  return same(a.qualifiers, b.qualifiers) && a.body.index() == b.body.index() &&
         std::visit([&](const auto& one) { return same(one, std::get<std::decay_t<decltype(one)>>(b.body)); },
                    a.body);
}
inline bool same(const Include& a, const Include& b) {
  return same(a.path, b.path) && a.magic == b.magic && a.if_exists == b.if_exists;
}
inline bool same(const Abi& a, const Abi& b) { return same(a.path, b.path) && a.magic == b.magic; }
inline bool same(const Alias& a, const Alias& b) { return same(a.from, b.from) && same(a.to, b.to); }
inline bool same(const VariableAssignment& a, const VariableAssignment& b) {
  return same(a.name, b.name) && a.kind == b.kind && a.op == b.op && same(a.values, b.values);
}
inline bool same(const QualifierBlock& a, const QualifierBlock& b) {
  return same(a.qualifiers, b.qualifiers) && same(a.body, b.body);
}
inline bool same(const Conditional::Step& a, const Conditional::Step& b) {
  return a.kind == b.kind && same(a.left, b.left) && a.op == b.op && same(a.right, b.right);
}
inline bool same(const Conditional& a, const Conditional& b) {
  return same(a.steps, b.steps) && same(a.then_block, b.then_block) && same(a.else_block, b.else_block);
}
inline bool same(const Flag& a, const Flag& b) {
  return a.name.value == b.name.value && a.value.has_value() == b.value.has_value() &&
         (!a.value || a.value->value == b.value->value);
}
inline bool same(const Profile& a, const Profile& b) {
  return same(a.name, b.name) && same(a.name_space, b.name_space) && same(a.attachment, b.attachment) &&
         same(a.xattrs, b.xattrs) && same(a.identities, b.identities) && same(a.flags, b.flags) &&
         a.hat == b.hat && a.keyword == b.keyword && same(a.body, b.body);
}
inline bool same(const Node& a, const Node& b) {
  return a.index() == b.index() &&
         std::visit([&](const auto& one) { return same(one, std::get<std::decay_t<decltype(one)>>(b)); }, a);
}
inline bool same(const Block& a, const Block& b) { return same(a.nodes, b.nodes); }

}  // namespace bh::policy
