// A set of strings (one automaton) as a few globs that a person can read.
//
// The one idea: the automaton is unfolded into a tree of prefixes, in which a state that stands for all that
// may follow is written `**`, one that stands for the rest of a name `*`, and one that stands for nearly all
// as `**` with its exceptions. What cannot be written so is covered by a wider glob, and said to be only a
// part of it: nothing is ever claimed that was not compared with the automaton.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "automata/dfa.h"
#include "base/result.h"
#include "diag/diagnostic.h"
#include "policy/resolve.h"
#include "query/form.h"

namespace bh::query {

/// Patterns for the fields of a form, in their order (flags: mount's options).
struct GlobRow {
  std::vector<std::string> fields;
  bool exact = true;  ///< false: only a part of what it matches is in the set
  bool operator==(const GlobRow&) const = default;
};

struct GlobSet {
  std::vector<GlobRow> rows;
  std::vector<GlobRow> except;  ///< what is not in the set although a row matches it
  [[nodiscard]] bool exact() const;
};

struct GlobOptions {
  std::size_t max_rows = 200;  ///< beyond which subtrees become one row that is not exact
  /// Ends of globs that may fit where an automaton loops (`**/*.so`), such as those of the rules it comes
  /// from.
  std::vector<std::string> hints;
};

/// All that the form can ask behind its prefix, as a minimal automaton that accepts with 1.
[[nodiscard]] automata::Dfa all_askable(const Form& form);

/// The strings after which `language` accepts (anything but 0), among those that the form can ask; `language`
/// starts behind the form's prefix. Rows are in the order of their text.
[[nodiscard]] Result<GlobSet> globs_of(const automata::Dfa& language, const Form& form,
                                       const GlobOptions& options = {});

/// Ends of the globs of a profile's file rules, from each wildcard that begins a name on: GlobOptions::hints.
[[nodiscard]] std::vector<std::string> glob_hints(const policy::ResolvedProfile& profile);

/// The rows, widened until there are no more than `most`: those below one folder become that folder's `**`.
[[nodiscard]] GlobSet outline(const GlobSet& set, std::size_t most);

/// `pattern`'s language as the kernel's strings hold it, for a field of this kind. Errors: it is no pattern;
/// they are reported to `sink`.
[[nodiscard]] std::optional<automata::ExprId> pattern_of(automata::ExprPool& pool, Field::Kind kind,
                                                         const policy::Text& pattern, diag::Sink& sink);
/// The same as an automaton of its own, not minimal, that accepts with 1. Nothing: it is no pattern, or too
/// large.
[[nodiscard]] std::optional<automata::Dfa> language_of(Field::Kind kind, const std::string& pattern);

}  // namespace bh::query
