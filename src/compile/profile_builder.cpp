#include "compile/profile_builder.h"

#include <fmt/format.h>

#include "diag/render.h"

namespace bh::compile {

diag::Diagnostic& ProfileBuilder::report(diag::Code code, const RuleContext& rule, diag::Span span,
                                         std::string message) {
  diag::Diagnostic& diagnostic = sink.report(code, span, std::move(message));
  if (rule.index < profile.rules.size()) add_chain(diagnostic, policy, profile.rules[rule.index].chain);
  return diagnostic;
}

void ProfileBuilder::note_not_mediated(const RuleContext& rule, const std::string& what) {
  if (!noted_.insert("no " + what).second) return;
  report(diag::Code::not_mediated, rule,
         fmt::format("profile {}: {} is not mediated here ({}); such rules have no effect",
                     diag::printable(profile.name), what,
                     policy.abi ? "by the kernel or by the policy's abi" : "by the kernel"));
}

void ProfileBuilder::note_downgraded(const RuleContext& rule, const std::string& what) {
  if (!noted_.insert("wider " + what).second) return;
  report(diag::Code::rule_downgraded, rule,
         fmt::format(
             "profile {}: {} are not mediated here; such rules are compiled without them, which allows more",
             diag::printable(profile.name), what));
}

void ProfileBuilder::note_passed_over(const RuleContext& rule) {
  report(diag::Code::rule_downgraded, rule,
         "remount, bind, move and make-… go with no file system type (make-… with one path only), so the "
         "rule is "
         "compiled as a new mount without that option");
}

Grant ProfileBuilder::grant(const RuleContext& rule, std::uint32_t bits, std::uint32_t audit_bits,
                            bool exact) {
  Grant grant;
  grant.bits = bits;
  grant.access = rule.qualifiers.access;
  grant.exact = exact;
  grant.priority = rule.qualifiers.priority;
  // For a deny rule the field says what is *not* logged.
  const bool deny = rule.qualifiers.access == policy::Access::deny;
  grant.audit = rule.qualifiers.audit != deny ? audit_bits : 0;
  return grant;
}

}  // namespace bh::compile
