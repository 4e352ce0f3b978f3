// What is looked for in a profile: one function for each thing, in one table. A new finding is a line in
// diag/codes_check.def, a function here with its line in catalogue.cpp, and a case in testdata/.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "check/finding.h"
#include "check/profile_view.h"

namespace bh::check {

// idle_rules.cpp
void find_idle_rules(const ProfileView& view, Findings& out);
// rules.cpp
void find_writable_code(const ProfileView& view, Findings& out);
void find_broad_rules(const ProfileView& view, Findings& out);
void find_quiet_denies(const ProfileView& view, Findings& out);
void find_stacked_peers(const ProfileView& view, Findings& out);
// folders.cpp, link_names.cpp, globs.cpp
void find_folders_left_out(const ProfileView& view, Findings& out);
void find_names_never_seen(const ProfileView& view, Findings& out);
void find_negated_runs(const ProfileView& view, Findings& out);
void find_regular_expressions(const ProfileView& view, Findings& out);
// head.cpp
void find_missing_abi(const ProfileView& view, Findings& out);

struct Check {
  std::string_view name;              ///< what is checked, as a test's name: `no rule does nothing`
  std::span<const diag::Code> codes;  ///< what it may report
  void (*run)(const ProfileView&, Findings&);
};
[[nodiscard]] std::span<const Check> catalogue();

/// Everything that is wrong with the profiles of a text, in the text's order.
[[nodiscard]] std::vector<Finding> findings(const Subject& subject);

}  // namespace bh::check
