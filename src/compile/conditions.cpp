#include "compile/conditions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/check.h"
#include "compile/permissions.h"
#include "diag/render.h"
#include "diag/suggest.h"
#include "policy/words.h"

namespace bh::compile {

std::uint32_t access_bits(const policy::ClassRule& rule, std::uint32_t all) {
  if (rule.access.empty()) return all;
  std::uint32_t kernel_bits = 0;
  for (const policy::Text& word : rule.access) {
    const auto bits = policy::number_of(policy::access_words(rule.kind), word.value);
    BH_CHECK(bits);
    kernel_bits |= *bits;
  }
  Perms perms;
  perms.allow = kernel_bits;
  return policydb_to_accept(perms).accept;
}

std::vector<const policy::Text*> values_of(const std::vector<policy::Condition>& conditions,
                                           std::string_view key) {
  std::vector<const policy::Text*> values;
  for (const policy::Condition& condition : conditions) {
    if (condition.key.value != key) continue;
    for (const policy::Text& value : condition.values) values.push_back(&value);
  }
  return values;
}

const policy::Text* value_of(ProfileBuilder& builder, const RuleContext& context,
                             const std::vector<policy::Condition>& conditions, std::string_view key) {
  const auto values = values_of(conditions, key);
  if (values.empty()) return nullptr;
  if (values.size() > 1) {
    builder
        .report(diag::Code::bad_condition, context, values[1]->span,
                fmt::format("`{}` has a second value here; this rule takes one", key))
        .label(values[0]->span, "the first");
  }
  return values.front();
}

bool check_keys(ProfileBuilder& builder, const RuleContext& context,
                const std::vector<policy::Condition>& conditions, std::span<const std::string_view> known) {
  bool good = true;
  for (const policy::Condition& condition : conditions) {
    if (std::find(known.begin(), known.end(), condition.key.value) != known.end()) continue;
    good = false;
    diag::Diagnostic& diagnostic =
        builder.report(diag::Code::bad_condition, context, condition.key.span,
                       fmt::format("this rule has no condition `{}`", diag::printable(condition.key.value)));
    const auto meant = diag::did_you_mean(condition.key.value, known);
    if (meant) {
      diagnostic.with_help(fmt::format("did you mean `{}`?", *meant));
    } else if (!known.empty()) {
      diagnostic.with_help(fmt::format("it has: {}", fmt::join(known, ", ")));
    }
  }
  return good;
}

bool check_no_words(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  if (rule.words.empty()) return true;
  builder.report(diag::Code::bad_condition, context, rule.words.front().span,
                 fmt::format("`{}` has no place in this rule", diag::printable(rule.words.front().value)));
  return false;
}

std::optional<Language> label_language(ProfileBuilder& builder, const policy::Text* text) {
  automata::ExprPool& pool = builder.policydb.pool();
  if (text == nullptr) {
    automata::ByteSet all;
    all.set();
    all.reset(0);
    return Language{pool.plus(pool.bytes(all)), false, 1};
  }
  return glob(pool, *text, "peer label", {.collapse_slashes = false}, builder.sink);
}

automata::ExprId any_text(automata::ExprPool& pool) {
  automata::ByteSet all;
  all.set();
  all.reset(0);
  return pool.star(pool.bytes(all));
}

automata::ExprId any_byte(automata::ExprPool& pool) {
  automata::ByteSet all;
  all.set();
  return pool.bytes(all);
}

automata::ExprId two_bytes(automata::ExprPool& pool, std::uint32_t number) {
  const std::array<char, 2> bytes{static_cast<char>(number >> 8), static_cast<char>(number)};
  return pool.literal({bytes.data(), bytes.size()});
}

}  // namespace bh::compile
