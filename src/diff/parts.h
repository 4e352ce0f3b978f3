// The three ways in which profiles differ, one function each; diff.cpp calls them in both directions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diff/diff.h"
#include "diff/joint.h"
#include "query/form.h"

namespace bh::diff {

/// One direction of a comparison: what `to` allows and `from` does not. `gain`: whether that is B over A.
struct Direction {
  const Side& from;
  const Side& to;
  bool gain;
  const Options& options;
};

/// Mode, flags, limits, classes that only one of the two mediates.
void add_member_changes(const Direction& direction, std::vector<Change>& out);

/// Capabilities, sockets and what else is a finite list of questions.
void add_listed_changes(const Direction& direction, std::vector<Change>& out);

/// The two automata of both sides together, made once for both directions.
struct Joints {
  Joint file, links, policydb;
};
/// Paths, labels, addresses.
[[nodiscard]] Result<void> add_language_changes(const Direction& direction, const Joints& joints,
                                                std::vector<Change>& out);

/// The form's class is mediated by both, so that there is something to compare.
[[nodiscard]] bool comparable(const Direction& direction, const query::Form& form);

/// The words of some of the form's accesses, given as bits by their positions.
[[nodiscard]] std::vector<std::string_view> access_words(const query::Form& form, std::uint64_t accesses);

/// `action` asked of both sides, as the owner of a file or as somebody else; nothing where it cannot be
/// written as one.
[[nodiscard]] std::optional<Example> ask_both(const Direction& direction, const std::string& action,
                                              bool of_owner = true);

}  // namespace bh::diff
