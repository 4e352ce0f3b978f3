#include "check/catalogue.h"

#include <fmt/format.h>

#include <algorithm>

#include "diag/render.h"
#include "policy/parse.h"

namespace bh::check {
namespace {

using enum diag::Code;

constexpr diag::Code idle[] = {rule_repeated, rule_shadowed, rule_dead, rule_in_include};
constexpr diag::Code writable[] = {writable_code};
constexpr diag::Code folders[] = {folder_left_out, folder_unlisted};
constexpr diag::Code names[] = {name_never_seen};
constexpr diag::Code abi[] = {missing_abi};
constexpr diag::Code quiet[] = {quiet_deny};
constexpr diag::Code broad[] = {broad_rule};
constexpr diag::Code runs[] = {negated_run};
constexpr diag::Code expressions[] = {regular_expression};
constexpr diag::Code peers[] = {stacked_peer};

constexpr Check table[] = {
    {"an abi is named", abi, find_missing_abi},
    {"every rule does something", idle, find_idle_rules},
    {"nothing can be written and run", writable, find_writable_code},
    {"a folder is named with what is in it", folders, find_folders_left_out},
    {"paths are named as the kernel sees them", names, find_names_never_seen},
    {"patterns leave out what they mean to", runs, find_negated_runs},
    {"patterns are globs", expressions, find_regular_expressions},
    {"no rule gives everything", broad, find_broad_rules},
    {"denials are logged", quiet, find_quiet_denies},
    {"peers are covered when stacked", peers, find_stacked_peers},
};

}  // namespace

std::span<const Check> catalogue() { return table; }

std::vector<Finding> findings(const Subject& subject) {
  Findings found;
  diag::Sink told_already;  // whoever compiled it has told what the parser says
  const policy::Fragment written =
      policy::parse(subject.sources, subject.source, policy::Context::preamble, told_already);
  for (std::size_t i = 0; i < subject.policy.profiles.size(); ++i) {
    const ProfileView view(subject, written.block, i);
    for (const Check& check : table) check.run(view, found);
    if (view.incomplete())
      found
          .report(check_incomplete, view.profile().span,
                  fmt::format("profile {} is too large for some questions: findings about its paths may be "
                              "missing",
                              diag::printable(view.profile().name)))
          .with_help("patterns with several `**` multiply: split them or make them exact");
  }
  std::vector<Finding> all = found.take();
  std::ranges::stable_sort(all, {}, [&](const Finding& finding) {
    const diag::Span span = finding.diagnostic.span;
    return std::pair(span.source != subject.source, span.begin);
  });
  return all;
}

}  // namespace bh::check
