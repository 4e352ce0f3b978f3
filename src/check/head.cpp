// What a text says before its first rule.
#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "check/catalogue.h"

namespace bh::check {
namespace {

using diag::Code;

/// Rules that the parsers of abi 3.0 do not know.
bool needs_abi_4(const policy::Rule& rule) {
  const auto* of_class = std::get_if<policy::ClassRule>(&rule.body);
  if (of_class == nullptr) return false;
  using enum policy::RuleClass;
  return of_class->kind == userns || of_class->kind == io_uring || of_class->kind == mqueue ||
         of_class->kind == all;
}

}  // namespace

void find_missing_abi(const ProfileView& view, Findings& out) {
  const policy::ResolvedPolicy& policy = view.subject().policy;
  const bool first = &view.profile() == &policy.profiles.front();
  if (!first || policy.abi || view.profile().span.source != view.subject().source) return;
  const bool newer = std::ranges::any_of(policy.profiles, [](const policy::ResolvedProfile& profile) {
    return std::ranges::any_of(profile.rules,
                               [](const policy::ResolvedRule& rule) { return needs_abi_4(rule.rule); });
  });
  const std::string_view line = newer ? "abi <abi/4.0>," : "abi <abi/3.0>,";
  Finding& finding = out.report(Code::missing_abi, view.profile().span,
                                "the file has no `abi`: which of its rules are enforced depends on the "
                                "parser and the kernel of the host");
  finding.with_help(
      fmt::format("put `{}` before everything else, and look at what it changes with `--dry-run`", line));
  const std::uint32_t at = view.first_statement();
  finding.edits.push_back({{view.subject().source, at, at}, fmt::format("{}\n\n", line)});
}

}  // namespace bh::check
