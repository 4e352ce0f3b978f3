// query: may a process under this profile do that? Also what a spec's [[Expect]] entries are held to.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/origin.h"
#include "app/pipeline.h"
#include "generate/spec.h"
#include "query/action.h"
#include "query/any.h"
#include "query/ask.h"
#include "query/explain.h"

namespace bh::app {

/// One question and what came of it.
struct Asked {
  std::string text;                     ///< as it was asked, blanks squeezed
  query::Answer answer;                 ///< of a question with patterns: of its example, if there is one
  std::optional<query::AnyAnswer> any;  ///< of a question with patterns (query/any.h)
  std::string explanation;              ///< several lines: verdict, what was asked, the rules that decided
  std::vector<std::string> places;      ///< `web.toml:12:3` of the deciding rules, without repetition
  std::vector<query::FindingLines> owner, other;  ///< what exactly was asked, with the rules about each

  /// What a script may expect. With patterns: something is allowed; nothing is.
  [[nodiscard]] bool is_allowed() const { return any ? any->allowed : query::is_allowed(answer); }
  [[nodiscard]] bool is_denied() const { return any ? !any->allowed : query::is_denied(answer); }
};

struct QueryReport {
  std::string profile;
  bool has_rules = false;  ///< the rules are known by place; not so of a compiled policy
  std::string features;    ///< whose; empty: the policy came compiled
  std::vector<Asked> asked;
};

/// A profile that is asked one question after the other.
class Asking {
 public:
  /// `profile`: which one of a file that holds several, by full name; empty: the first, or the one that
  /// `loaded:NAME` names.
  [[nodiscard]] static Result<Asking> open(Session& session, Pipeline& pipeline, const std::string& input,
                                           const std::string& profile, Purpose purpose);

  /// `where`: the whole question. Nothing: it cannot be read, and the session's sink says why.
  [[nodiscard]] Result<std::optional<Asked>> ask(diag::Span where) const;
  [[nodiscard]] const compile::CompiledProfile& profile() const { return compiled_->policy.profiles[index_]; }
  [[nodiscard]] QueryReport report() const { return {name_, origin().has_value(), features_, {}}; }

 private:
  Asking(Session& session) : session_(&session) {}
  [[nodiscard]] std::optional<query::Origin> origin() const;
  [[nodiscard]] Result<Asked> ask_any(const query::AnyQuestion& question) const;
  /// The answer to one action, with the rules about it.
  void answer(const query::Action& action, const std::optional<query::Origin>& from, Asked& asked) const;

  Session* session_;
  std::unique_ptr<Compiled> compiled_;
  std::size_t index_ = 0;
  std::string name_, features_;
};

/// Each of `actions`; a question that cannot be read is an error of the whole.
[[nodiscard]] Result<QueryReport> query_profile(Session& session, Pipeline& pipeline,
                                                const std::string& input, const std::string& profile,
                                                const std::vector<std::string>& actions);

/// A question a line (empty ones and those that start with `#` are passed over). Without rules and reasons: a
/// line of answer for each goes to `out`, in chunks. What cannot be read is reported with its line, and the
/// rest is answered; it stops after too many of them.
struct BulkReport {
  std::size_t asked = 0, allowed = 0, denied = 0, unreadable = 0;
};
[[nodiscard]] Result<BulkReport> query_lines(Session& session, const Asking& asking, std::string lines,
                                             const std::function<void(std::string_view)>& out);

struct ExpectationResult {
  std::string action;
  bool allow = false;
  bool holds = false;
  std::string verdict;
};

/// Expectations against one of the compiled profiles (in complain mode too: what it would do when enforced).
/// One that does not hold is reported to the session's sink, with the rules that decided. Errors: an action
/// that cannot be read. `compiled`: for answers.
[[nodiscard]] Result<std::vector<ExpectationResult>> check_expectations(
    Session& session, Pipeline& pipeline, const Profile& profile, const Compiled& compiled,
    std::span<const generate::Expectation> expectations, std::size_t index = 0);

/// Which profile is meant: `name` (full name), else what `loaded:` names, else the first. Errors: no such
/// one.
[[nodiscard]] Result<std::size_t> pick_profile(const Compiled& compiled, const Input& input,
                                               const std::string& name);

}  // namespace bh::app
