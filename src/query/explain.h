// Answers as text: the verdict, what exactly was asked, and the lines of the profile that decided.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "diag/source.h"
#include "policy/resolve.h"
#include "query/ask.h"

namespace bh::query {

/// Where a compiled profile came from. The policy must be the one that was compiled, with keep_tags.
struct Origin {
  const diag::SourceMap& sources;
  const policy::ResolvedPolicy& policy;
  const policy::ResolvedProfile& profile;
};

/// A deciding rule, ready to be shown.
struct DecidingLine {
  std::string place;  ///< `docker-web:12:3`; empty: implied by the compiler
  std::string rule;   ///< its text on one line
  bool deny = false;
  std::vector<std::string> included;  ///< `included from tunables/global:3:1`, innermost first
};

/// The deciders of a finding; also those of capabilities, which are no part of an automaton.
[[nodiscard]] std::vector<DecidingLine> deciding_lines(const Finding& finding, const Origin& origin);
[[nodiscard]] std::vector<DecidingLine> near_lines(const Finding& finding, const Origin& origin);

/// The rules that have to go to turn the answer, and what it is then.
struct TurnLines {
  std::vector<DecidingLine> without;
  bool lets_through = false;
};
/// None: no rule's going would turn it, or it is not known.
[[nodiscard]] std::optional<TurnLines> turn_lines(const Finding& finding, const Origin& origin);

/// A finding ready to be shown or put into JSON.
struct FindingLines {
  std::string what;
  Verdict verdict = Verdict::denied;
  std::string transition, note;
  std::vector<DecidingLine> rules, near;
  std::optional<TurnLines> turn;
};
[[nodiscard]] std::vector<FindingLines> finding_lines(const Side& side, const Origin* origin);

/// The verdict alone: `read /etc/shadow: denied (logged)`; ends with a newline.
[[nodiscard]] std::string headline(std::string_view action, Verdict as_owner, Verdict as_other,
                                   std::uint32_t mode);

/// Several lines, ends with a newline. `origin` may be null (a binary): then no rules are named.
[[nodiscard]] std::string explain(const Action& action, const Answer& answer, const Origin* origin);

}  // namespace bh::query
