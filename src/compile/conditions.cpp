#include "compile/conditions.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "diag/render.h"
#include "diag/suggest.h"

namespace bh::compile {

std::optional<std::uint32_t> access_bits(ProfileBuilder& builder, const policy::ClassRule& rule,
                                         const RuleContext& context, std::span<const AccessWord> words,
                                         std::uint32_t all) {
  if (rule.access.empty()) return all;
  std::uint32_t bits = 0;
  bool good = true;
  for (const policy::Text& word : rule.access) {
    const auto found = std::find_if(words.begin(), words.end(),
                                    [&](const AccessWord& entry) { return entry.name == word.value; });
    if (found != words.end()) {
      bits |= found->bits;
      continue;
    }
    good = false;
    std::vector<std::string_view> names;
    for (const AccessWord& entry : words) names.push_back(entry.name);
    diag::Diagnostic& diagnostic =
        builder.report(diag::Code::unknown_word, context, word.span,
                       fmt::format("`{}` is no access of this class of rules", diag::printable(word.value)));
    const auto meant = diag::did_you_mean(word.value, names);
    diagnostic.with_help(meant ? fmt::format("did you mean `{}`?", *meant)
                               : fmt::format("it has: {}", fmt::join(names, ", ")));
  }
  if (!good) return std::nullopt;
  return bits;
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
