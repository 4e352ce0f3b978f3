// query: may a process under this profile do that? Also what a spec's [[Expect]] entries are held to.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "generate/spec.h"
#include "query/action.h"
#include "query/ask.h"
#include "query/explain.h"

namespace bh::app {

struct Asked {
  query::Action action;
  query::Answer answer;
  std::string explanation;          ///< several lines: verdict, what was asked, the rules that decided
  std::vector<std::string> places;  ///< `web.toml:12:3` of the deciding rules, without repetition
};

struct QueryReport {
  std::string profile;
  bool has_rules = false;  ///< the rules are known by place; not so of a compiled policy
  std::string features;    ///< whose; empty: the policy came compiled
  std::vector<Asked> asked;
};

/// `profile`: which one of a file that holds several, by full name; empty: the first, or the one that
/// `loaded:NAME` names.
[[nodiscard]] Result<QueryReport> query_profile(Session& session, Pipeline& pipeline,
                                                const std::string& input, const std::string& profile,
                                                const std::vector<std::string>& actions);

/// Where the compiled profile came from, for naming rules; nothing for a compiled policy.
[[nodiscard]] std::optional<query::Origin> origin_of(const Session& session, const Compiled& compiled,
                                                     std::size_t index);

struct ExpectationResult {
  std::string action;
  bool allow = false;
  bool holds = false;
  std::string verdict;
};

/// Expectations against one of the compiled profiles (in complain mode too: what it would do when enforced).
/// One that does not hold is reported to the session's sink, with the rules that decided. Errors: an action
/// that cannot be read.
[[nodiscard]] Result<std::vector<ExpectationResult>> check_expectations(
    Session& session, Pipeline& pipeline, const Profile& profile, const Compiled& compiled,
    std::span<const generate::Expectation> expectations, std::size_t index = 0);

/// Which profile is meant: `name` (full name), else what `loaded:` names, else the first. Errors: no such
/// one.
[[nodiscard]] Result<std::size_t> pick_profile(const Compiled& compiled, const Input& input,
                                               const std::string& name);

}  // namespace bh::app
