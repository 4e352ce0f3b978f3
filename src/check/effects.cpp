#include "check/effects.h"

#include <algorithm>
#include <bit>
#include <set>
#include <variant>

#include "compile/names.h"
#include "compile/permissions.h"

namespace bh::check {
namespace {

bool is_one_of(const WrittenRule& written, std::uint32_t rule) {
  return std::ranges::binary_search(written.rules, rule);
}

/// The capabilities that a rule names, by number.
std::uint64_t capability_bits(const policy::Rule& rule) {
  if (const auto* other = std::get_if<policy::ClassRule>(&rule.body))
    return other->kind == policy::RuleClass::all ? ~std::uint64_t{0} : 0;
  const auto* named = std::get_if<policy::CapabilityRule>(&rule.body);
  if (named == nullptr) return 0;
  std::uint64_t bits = named->names.empty() ? ~std::uint64_t{0} : 0;
  for (const policy::Text& name : named->names)
    if (const auto number = compile::number_of(compile::capability_names(), name.value))
      bits |= std::uint64_t{1} << *number;
  return bits;
}

/// What of a grant's bits one rule can take over from another: without where an exec goes, which equal
/// merged permissions have settled.
std::uint32_t coverable(const compile::Grant& grant, bool of_files) {
  namespace bit = compile::accept_bit;
  if (!of_files) return grant.bits;
  return grant.bits & (bit::base | bit::base << bit::other_shift | bit::onexec | bit::change_profile);
}

}  // namespace

Effects::Effects(const ProfileView& view) : view_(view), left_out_(view.profile().rules.size(), false) {
  add_table(view.compiled().file);
  add_table(view.compiled().policydb);
}

void Effects::add_table(const std::optional<compile::Pdb>& pdb) {
  if (!pdb || !pdb->meetings) return;
  Table table{&*pdb->meetings, std::vector<std::vector<std::uint32_t>>(left_out_.size())};
  for (std::uint32_t set = 1; set < table.all->states.tag_sets.size(); ++set)
    for (const std::uint32_t tag : table.all->states.tag_sets[set]) {
      const std::uint32_t rule = table.all->rules[tag];
      if (rule < table.sets.size() && (table.sets[rule].empty() || table.sets[rule].back() != set))
        table.sets[rule].push_back(set);
    }
  tables_.push_back(std::move(table));
}

std::vector<std::uint32_t> Effects::sets_of(const Table& table, const WrittenRule& written) const {
  std::vector<std::uint32_t> sets;
  for (const std::uint32_t rule : written.rules)
    sets.insert(sets.end(), table.sets[rule].begin(), table.sets[rule].end());
  std::ranges::sort(sets);
  sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
  return sets;
}

std::vector<std::uint32_t> Effects::tags(const Table& table, std::uint32_t set,
                                         const WrittenRule* but) const {
  std::vector<std::uint32_t> kept;
  for (const std::uint32_t tag : table.all->states.tag_sets[set]) {
    const std::uint32_t rule = table.all->rules[tag];
    const bool gone =
        rule < left_out_.size() && (left_out_[rule] || (but != nullptr && is_one_of(*but, rule)));
    if (!gone) kept.push_back(tag);
  }
  return kept;
}

bool Effects::changes(const Table& table, std::uint32_t set, const WrittenRule& written) const {
  const auto with = tags(table, set, nullptr), without = tags(table, set, &written);
  const compile::FilePerms a = table.all->perms_of(with);
  const compile::FilePerms b = table.all->perms_of(without);
  const bool files = table.all->of_files;
  if (compile::effective(a.owner, files) != compile::effective(b.owner, files) ||
      compile::effective(a.other, files) != compile::effective(b.other, files))
    return true;
  std::uint32_t denied = 0, denied_by_others = 0;
  for (const std::uint32_t tag : with) {
    const compile::Grant& grant = table.all->grants[tag];
    if (grant.access != policy::Access::deny) continue;
    (is_one_of(written, table.all->rules[tag]) ? denied : denied_by_others) |= grant.bits;
  }
  return (denied & ~denied_by_others) != 0;
}

compile::CapabilitySets Effects::capabilities(const WrittenRule* but, std::uint64_t& denied) const {
  compile::CapabilitySets sets;
  denied = 0;
  for (std::uint32_t i = 0; i < left_out_.size(); ++i) {
    if (left_out_[i] || (but != nullptr && is_one_of(*but, i))) continue;
    const policy::Rule& rule = view_.profile().rules[i].rule;
    const std::uint64_t bits = capability_bits(rule);
    const bool audit = rule.qualifiers.audit;
    if (rule.qualifiers.access == policy::Access::deny) {
      denied |= bits;
      if (!audit) sets.quiet |= bits;
    } else {
      sets.allow |= bits;
      if (audit) sets.audit |= bits;
    }
  }
  sets.allow &= ~denied;
  sets.audit &= sets.allow;
  return sets;
}

bool Effects::changes_nothing(const WrittenRule& written) const {
  bool decided = false;  // by something that can be asked
  for (const Table& table : tables_)
    for (const std::uint32_t set : sets_of(table, written)) {
      decided = true;
      if (changes(table, set, written)) return false;
    }
  if (capability_bits(view_.rule(written)) != 0) {
    decided = true;
    std::uint64_t denied_with = 0, denied_without = 0;
    const auto with = capabilities(nullptr, denied_with), without = capabilities(&written, denied_without);
    if (with != without || denied_with != denied_without) return false;
  }
  return decided;
}

void Effects::leave_out(const WrittenRule& written) {
  for (const std::uint32_t rule : written.rules) left_out_[rule] = true;
}

void Effects::explain_capabilities(const WrittenRule& written, Explanation& out) const {
  const policy::Rule& rule = view_.rule(written);
  const std::uint64_t bits = capability_bits(rule);
  if (bits == 0) return;
  std::uint64_t denied = 0;
  const std::uint64_t allowed = capabilities(nullptr, denied).allow;
  Unit unit{bits, {}};
  for (std::uint32_t i = 0; i < left_out_.size(); ++i) {
    if (left_out_[i] || is_one_of(written, i)) continue;
    const policy::Rule& other = view_.profile().rules[i].rule;
    offer(unit, i, other.qualifiers, capability_bits(other) & bits, allowed, rule.qualifiers);
  }
  out.allowed = out.allowed || (bits & allowed) != 0;
  out.units.push_back(std::move(unit));
}

void Effects::explain_set(const Table& table, std::uint32_t set, const WrittenRule& written,
                          Explanation& out) const {
  const auto all = tags(table, set, nullptr);
  const compile::FilePerms perms = table.all->perms_of(all);
  const std::uint32_t allowed = table.all->of_files ? compile::file_to_accept(perms).accept
                                                    : compile::policydb_to_accept(perms.owner).accept;
  std::uint32_t said = 0;
  for (const std::uint32_t tag : all)
    if (is_one_of(written, table.all->rules[tag]))
      said |= coverable(table.all->grants[tag], table.all->of_files);
  Unit unit{said, {}};
  for (const std::uint32_t tag : all) {
    const std::uint32_t other = table.all->rules[tag];
    if (other >= left_out_.size() || is_one_of(written, other)) continue;
    offer(unit, other, view_.profile().rules[other].rule.qualifiers, table.all->grants[tag].bits & said,
          allowed, view_.rule(written).qualifiers);
  }
  out.allowed = out.allowed || (said & allowed) != 0;
  out.units.push_back(std::move(unit));
}

void Effects::offer(Unit& unit, std::uint32_t other, const policy::Qualifiers& its, std::uint64_t bits,
                    std::uint64_t allowed, const policy::Qualifiers& ours) {
  const bool denies = its.access == policy::Access::deny;
  if (ours.access == policy::Access::deny)
    bits = denies ? bits : 0;
  else
    bits &= denies ? ~allowed : allowed;
  if (bits != 0) unit.by[other] |= bits;
}

std::vector<std::uint32_t> Effects::least_list(std::vector<Unit> units) {
  std::vector<std::uint32_t> rules;
  for (;;) {  // the rule that explains most, again and again
    std::map<std::uint32_t, int> gain;
    for (const Unit& unit : units)
      for (const auto& [other, bits] : unit.by) gain[other] += std::popcount(bits & unit.missing);
    const auto best = std::ranges::max_element(gain, {}, [](const auto& entry) { return entry.second; });
    if (best == gain.end() || best->second == 0) return rules;
    rules.push_back(best->first);
    for (Unit& unit : units)
      if (const auto found = unit.by.find(best->first); found != unit.by.end())
        unit.missing &= ~found->second;
  }
}

bool Effects::says_the_same(const WrittenRule& written, std::uint32_t other) const {
  const policy::Rule& rule = view_.profile().rules[other].rule;
  if (capability_bits(rule) != capability_bits(view_.rule(written)) ||
      rule.qualifiers.access != view_.rule(written).qualifiers.access)
    return false;
  return std::ranges::all_of(tables_, [&](const Table& table) {
    std::set<compile::Grant> ours, its;
    for (std::size_t tag = 0; tag < table.all->grants.size(); ++tag) {
      const std::uint32_t of = table.all->rules[tag];
      if (is_one_of(written, of)) ours.insert(table.all->grants[tag]);
      if (of == other) its.insert(table.all->grants[tag]);
    }
    return ours == its && sets_of(table, written) == table.sets[other];
  });
}

Effects::Cause Effects::cause(const WrittenRule& written) const {
  Explanation all;
  for (const Table& table : tables_)
    for (const std::uint32_t set : sets_of(table, written)) explain_set(table, set, written, all);
  explain_capabilities(written, all);
  Cause cause{.rules = least_list(std::move(all.units))};
  cause.only_denied = view_.rule(written).qualifiers.access != policy::Access::deny && !all.allowed;
  cause.same = cause.rules.size() == 1 && says_the_same(written, cause.rules.front());
  return cause;
}

}  // namespace bh::check
