#include "compile/rule_set.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "automata/minimise.h"
#include "automata/relate.h"
#include "base/pass_times.h"
#include "compile/permissions.h"
#include "diag/render.h"

namespace bh::compile {
namespace {

/// The audit and quiet fields as ACCEPT2 holds them: seven bits of each half.
std::uint32_t pack_audit(const Merged& merged) {
  const auto pick = [](std::uint32_t field, unsigned from) { return field >> from & accept_bit::base; };
  return pick(merged.audit, 0) | pick(merged.quiet, 0) << 7 |
         pick(merged.audit, accept_bit::other_shift) << 14 |
         pick(merged.quiet, accept_bit::other_shift) << 21;
}

diag::Span span_of(const RuleSet::Context& context, std::uint32_t rule) {
  return rule == TagMeaning::implied ? context.profile.span : context.profile.rules[rule].rule.span;
}

std::string_view what_limit(automata::OverBudget::What what) {
  switch (what) {
    case automata::OverBudget::What::states:
      return "states";
    case automata::OverBudget::What::bytes:
      return "bytes of memory";
    case automata::OverBudget::What::time:
      return "milliseconds";
  }
  return "";
}

std::string_view name_of(RuleSet::Kind kind) {
  switch (kind) {
    case RuleSet::Kind::file:
      return "file";
    case RuleSet::Kind::policydb:
      return "policydb";
    case RuleSet::Kind::attachment:
      return "attachment";
  }
  return "";
}

FilePerms kernel_perms(RuleSet::Kind kind, const Merged& merged) {
  const AcceptBits bits{merged.allow, pack_audit(merged)};
  const AcceptBits asking{merged.prompt & ~merged.allow, 0};
  FilePerms perms;
  if (kind == RuleSet::Kind::attachment) {
    perms.owner.allow = perms.other.allow = merged.allow & perm::exec;
    return perms;
  }
  if (kind == RuleSet::Kind::file) {
    perms = file_from_accept(bits);
    if (asking.accept != 0) {
      const FilePerms prompt = file_from_accept(asking);
      perms.owner.prompt = prompt.owner.allow & ~perms.owner.allow;
      perms.other.prompt = prompt.other.allow & ~perms.other.allow;
    }
    return perms;
  }
  perms.owner = policydb_from_accept(bits);
  perms.owner.prompt = asking.accept == 0 ? 0 : policydb_from_accept(asking).allow & ~perms.owner.allow;
  perms.other = perms.owner;
  return perms;
}

/// Accept numbers of a tagged automaton -> permissions, each distinct one once.
class PermTable {
 public:
  std::uint32_t intern(const FilePerms& perms) {
    const auto [at, fresh] = ids_.try_emplace(perms, static_cast<std::uint32_t>(perms_.size()));
    if (fresh) perms_.push_back(perms);
    return at->second;
  }
  std::vector<FilePerms> take() { return std::move(perms_); }

 private:
  std::map<FilePerms, std::uint32_t> ids_;
  std::vector<FilePerms> perms_;
};

}  // namespace

FilePerms Meetings::perms_of(std::span<const std::uint32_t> tags) const {
  std::vector<const Grant*> meeting;
  for (const std::uint32_t tag : tags) meeting.push_back(&grants[tag]);
  std::optional<ExecConflict> conflict;
  return kernel_perms(of_files ? RuleSet::Kind::file : RuleSet::Kind::policydb, merge(meeting, conflict));
}

void RuleSet::add(automata::ExprId expr, const Grant& grant, std::uint32_t rule) {
  Grant normal = grant;
  if (audit_denies_ && normal.access == policy::Access::deny) normal.audit = 0;
  const auto [at, fresh] = grant_ids_.try_emplace(normal, static_cast<std::uint32_t>(grants_.size()));
  if (fresh) grants_.push_back(normal);
  entries_.push_back({expr, at->second, rule});
}

std::vector<automata::Pattern> RuleSet::patterns(bool tag_per_entry) const {
  std::vector<automata::Pattern> patterns;
  patterns.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    patterns.push_back(
        {entry.expr, tag_per_entry ? static_cast<std::uint32_t>(patterns.size()) : entry.grant});
  }
  return patterns;
}

TagMeaning RuleSet::meaning_of(const Entry& entry) const {
  const Grant& grant = grants_[entry.grant];
  TagMeaning meaning;
  meaning.rule = entry.rule;
  meaning.rank = rank(grant, false);
  meaning.exec_rank = rank(grant, true);
  meaning.deny = grant.access == policy::Access::deny;
  meaning.prompt = grant.access == policy::Access::prompt;
  Merged alone;
  alone.allow = grant.bits;
  (meaning.deny ? alone.quiet : alone.audit) = grant.audit;
  meaning.perms = kernel_perms(kind_, alone);
  // What every state allows says nothing about this rule.
  const FilePerms nothing = kernel_perms(kind_, {});
  const auto strip = [](Perms& perms, const Perms& always, bool keep) {
    if (!keep) perms.allow &= ~always.allow;
  };
  strip(meaning.perms.owner, nothing.owner, (grant.bits & accept_bit::read) != 0 && kind_ == Kind::file);
  strip(meaning.perms.other, nothing.other,
        (grant.bits & accept_bit::read << accept_bit::other_shift) != 0 && kind_ == Kind::file);
  return meaning;
}

std::optional<Pdb> RuleSet::build(const Context& context) const {
  const PassTimer timer(Pass::determinise);
  auto made = automata::determinise_runs(pool_, patterns(false), context.budget);
  if (!made) {
    report_budget(context, made.error(), false);
    return std::nullopt;
  }
  PermTable table;
  table.intern(kernel_perms(kind_, {}));
  std::vector<std::uint32_t> accept_of_set(made->tag_sets.size(), 0);
  std::vector<const Grant*> meeting;
  std::optional<ExecConflict> conflict;
  for (std::uint32_t set = 1; set < made->tag_sets.size(); ++set) {
    meeting.clear();
    for (const std::uint32_t tag : made->tag_sets[set]) meeting.push_back(&grants_[tag]);
    accept_of_set[set] = table.intern(kernel_perms(kind_, merge(meeting, conflict)));
  }
  if (conflict) {
    report_conflicts(context);
    return std::nullopt;
  }
  Pdb pdb;
  pdb.perms = table.take();
  for (std::uint32_t& accept : made->dfa.accept) accept = accept_of_set[accept];
  pdb.runs = automata::minimise(made->dfa);
  if (context.dense) {
    if (automata::dense_bytes(pdb.runs) > context.budget.max_bytes) {
      report_budget(context, {automata::OverBudget::What::bytes, context.budget.max_bytes}, false);
      return std::nullopt;
    }
    pdb.dfa = automata::to_dense(pdb.runs);
  }
  if (context.keep_meetings) {
    auto states = automata::determinise(pool_, patterns(true), context.budget);
    if (!states) {
      report_budget(context, states.error(), true);
      return std::nullopt;
    }
    pdb.meetings = Meetings{.states = std::move(*states), .of_files = kind_ == Kind::file};
    for (const Entry& entry : entries_) {
      pdb.meetings->rules.push_back(entry.rule);
      pdb.meetings->grants.push_back(grants_[entry.grant]);
    }
  }
  if (!context.keep_tags) return pdb;
  auto rules = automata::TagMatch::make(pool_, patterns(true), context.budget);
  if (!rules) {
    report_budget(context, rules.error(), true);
    return std::nullopt;
  }
  pdb.trace = Trace{std::move(*rules), {}};
  for (const Entry& entry : entries_) pdb.trace->meanings.push_back(meaning_of(entry));
  return pdb;
}

void RuleSet::report_conflicts(const Context& context) const {
  auto made = automata::determinise(pool_, patterns(true), context.budget);
  if (!made) {
    report_budget(context, made.error(), true);
    return;
  }
  std::set<std::pair<std::uint32_t, std::uint32_t>> reported;
  std::vector<const Grant*> meeting;
  for (const automata::Example& example : automata::examples(made->dfa)) {
    meeting.clear();
    const auto tags = made->tag_sets[example.accept];
    for (const std::uint32_t tag : tags) meeting.push_back(&grants_[entries_[tag].grant]);
    std::optional<ExecConflict> conflict;
    (void)merge(meeting, conflict);
    if (!conflict) continue;
    const std::uint32_t first = entries_[tags[conflict->first]].rule;
    const std::uint32_t second = entries_[tags[conflict->second]].rule;
    if (!reported.emplace(first, second).second) continue;
    diag::Diagnostic& diagnostic = context.sink.report(
        diag::Code::conflicting_exec, span_of(context, second),
        fmt::format("profile {}: this rule and another one, of equal weight, send the execution of `{}` to "
                    "different places",
                    diag::printable(context.profile.name), diag::printable(example.bytes)));
    diagnostic.label(span_of(context, first), "the other rule");
    if (second != TagMeaning::implied)
      add_chain(diagnostic, context.policy, context.profile.rules[second].chain);
    diagnostic.with_help(
        "give both the same transition, make one path exact, or raise one rule with `priority=1`");
  }
}

void RuleSet::report_budget(const Context& context, const automata::OverBudget& over,
                            bool tag_per_entry) const {
  std::uint32_t rule = TagMeaning::implied;
  if (over.tag != automata::OverBudget::no_tag) {
    const auto at = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return tag_per_entry ? &entry - entries_.data() == static_cast<std::ptrdiff_t>(over.tag)
                           : entry.grant == over.tag;
    });
    if (at != entries_.end()) rule = at->rule;
  }
  diag::Diagnostic& diagnostic = context.sink.report(
      diag::Code::over_budget, span_of(context, rule),
      fmt::format("profile {}: the {} automaton of its {} rules needs more than {} {}{}",
                  diag::printable(context.profile.name), name_of(kind_), entries_.size(), over.limit,
                  what_limit(over.what),
                  rule == TagMeaning::implied ? "" : "; most of the work went into rules like this one"));
  if (rule != TagMeaning::implied) add_chain(diagnostic, context.policy, context.profile.rules[rule].chain);
  diagnostic.with_help(
      "patterns with several `*` or `**` in a row of alternatives multiply: split them or make them exact");
}

}  // namespace bh::compile
