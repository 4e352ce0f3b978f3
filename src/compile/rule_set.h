// The rules of one automaton on their way from expressions to states with permissions.
//
// The one idea: classes of rules only add (expression, grant) pairs; priorities and conflicts are settled
// here, once per set of rules that meet in a state. Rules with equal grants share a tag, so the automaton is
// small; which rule was it, is asked again (with a tag per rule) only for an error message, and of single
// strings when the caller wants to keep the answer.
#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "automata/budget.h"
#include "automata/determinise.h"
#include "automata/expr.h"
#include "compile/merge.h"
#include "compile/policydb.h"
#include "diag/diagnostic.h"
#include "policy/resolve.h"

namespace bh::compile {

class RuleSet {
 public:
  enum class Kind : std::uint8_t { file, policydb, attachment };

  /// `audit_denies`: a deny rule is logged whatever it says (complain mode).
  RuleSet(Kind kind, bool audit_denies) : kind_(kind), audit_denies_(audit_denies) {}

  [[nodiscard]] automata::ExprPool& pool() { return pool_; }
  /// `rule`: index in ResolvedProfile::rules, or TagMeaning::implied.
  void add(automata::ExprId expr, const Grant& grant, std::uint32_t rule);
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  struct Entry {
    automata::ExprId expr;
    std::uint32_t grant;  ///< index in grants()
    std::uint32_t rule;
  };
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  [[nodiscard]] const std::vector<Grant>& grants() const { return grants_; }

  struct Context {
    const policy::ResolvedPolicy& policy;
    const policy::ResolvedProfile& profile;
    const automata::Budget& budget;
    bool dense;
    bool keep_tags;
    bool keep_meetings;
    diag::Sink& sink;
  };
  /// The automaton. Errors go to the sink: conflicting exec rules, each pair once with a path on which they
  /// meet; an exceeded budget.
  [[nodiscard]] std::optional<Pdb> build(const Context& context) const;

 private:
  [[nodiscard]] std::vector<automata::Pattern> patterns(bool tag_per_entry) const;
  [[nodiscard]] TagMeaning meaning_of(const Entry& entry) const;
  void report_conflicts(const Context& context) const;
  void report_budget(const Context& context, const automata::OverBudget& over, bool tag_per_entry) const;

  Kind kind_;
  bool audit_denies_;
  automata::ExprPool pool_;
  std::vector<Entry> entries_;
  std::vector<Grant> grants_;
  std::map<Grant, std::uint32_t> grant_ids_;
};

}  // namespace bh::compile
