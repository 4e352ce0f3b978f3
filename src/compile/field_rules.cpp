// Rules that end up in fields of the profile, in no automaton: capabilities and resource limits.
#include <fmt/format.h>

#include "compile/profile_builder.h"
#include "diag/render.h"
#include "diag/suggest.h"
#include "policy/words.h"

namespace bh::compile {

void add_capability_rule(ProfileBuilder& builder, const policy::CapabilityRule& rule,
                         const RuleContext& context) {
  std::uint64_t bits = rule.names.empty() ? ~std::uint64_t{0} : 0;
  for (const policy::Text& name : rule.names) {
    if (const auto number = policy::number_of(policy::capabilities(), name.value)) {
      bits |= std::uint64_t{1} << *number;
      continue;
    }
    std::vector<std::string_view> names;
    for (const policy::Word& entry : policy::capabilities()) names.push_back(entry.name);
    diag::Diagnostic& diagnostic =
        builder.report(diag::Code::unknown_word, context, name.span,
                       fmt::format("`{}` is no capability; they are written without CAP_, in lower case",
                                   diag::printable(name.value)));
    if (const auto meant = diag::did_you_mean(name.value, names))
      diagnostic.with_help(fmt::format("did you mean `{}`?", *meant));
  }
  ProfileBuilder::CapabilityMasks& masks = builder.capabilities;
  if (context.qualifiers.access == policy::Access::deny) {
    masks.deny |= bits;
    if (!context.qualifiers.audit && builder.out.mode != static_cast<std::uint32_t>(Mode::complain))
      masks.quiet |= bits;
  } else {
    masks.allow |= bits;
    if (context.qualifiers.audit) masks.audit |= bits;
  }
}

void add_rlimit_rule(ProfileBuilder& builder, const policy::RlimitRule& rule, const RuleContext& context) {
  const auto number = policy::number_of(policy::rlimits(), rule.name.value);
  std::string why = "no such limit";
  const auto value = number ? policy::rlimit_value(rule.name.value, rule.value.value, why) : std::nullopt;
  if (!value) {
    builder.report(diag::Code::unknown_word, context, rule.value.span,
                   fmt::format("`set rlimit {} <= {}`: {}", diag::printable(rule.name.value),
                               diag::printable(rule.value.value), why));
    return;
  }
  builder.out.rlimits.mask |= std::uint32_t{1} << *number;
  builder.out.rlimits.values[*number] = *value;
}

}  // namespace bh::compile
