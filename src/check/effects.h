// What a rule changes, decided on the automata: for each set of rules that meet somewhere, what they allow
// together with it and without it.
//
// The one idea: sets of tags are all that a state knows of rules, and every set that occurs is reached by
// some string. So a rule changes nothing exactly when no set that it is in gives other permissions without
// it. Rules that were found to change nothing are left out of what is asked next: all of them may go at once.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "check/profile_view.h"

namespace bh::check {

class Effects {
 public:
  explicit Effects(const ProfileView& view);

  /// False also for what no automaton decides: limits, and classes that are mediated nowhere. Of a deny rule:
  /// other deny rules say it; that nothing allows what it denies is no reason, the next rule may.
  [[nodiscard]] bool changes_nothing(const WrittenRule& written) const;
  void leave_out(const WrittenRule& written);

  /// Why a rule changes nothing: a least list of other rules that do what it says, or undo it.
  struct Cause {
    std::vector<std::uint32_t> rules;  ///< in ResolvedProfile::rules
    bool only_denied = false;          ///< deny rules take all of an allow rule back
    bool same = false;                 ///< one rule, about the same things in the same way
  };
  [[nodiscard]] Cause cause(const WrittenRule& written) const;

 private:
  /// One automaton, and the sets that each rule is in.
  struct Table {
    const compile::Meetings* all;
    std::vector<std::vector<std::uint32_t>> sets;  ///< by rule
  };
  void add_table(const std::optional<compile::Pdb>& pdb);
  [[nodiscard]] std::vector<std::uint32_t> sets_of(const Table& table, const WrittenRule& written) const;
  /// The tags of a set whose rules count; `but`: and are not its.
  [[nodiscard]] std::vector<std::uint32_t> tags(const Table& table, std::uint32_t set,
                                                const WrittenRule* but) const;
  [[nodiscard]] bool changes(const Table& table, std::uint32_t set, const WrittenRule& written) const;
  [[nodiscard]] compile::CapabilitySets capabilities(const WrittenRule* but, std::uint64_t& denied) const;

  /// What is to be explained in one set (or of all capabilities), and the rules that can.
  struct Unit {
    std::uint64_t missing;                      ///< bits
    std::map<std::uint32_t, std::uint64_t> by;  ///< rule -> bits
  };
  struct Explanation {
    std::vector<Unit> units;
    bool allowed = false;  ///< something that the rule says is allowed
  };
  void explain_set(const Table& table, std::uint32_t set, const WrittenRule& written, Explanation& out) const;
  void explain_capabilities(const WrittenRule& written, Explanation& out) const;
  /// What is allowed is so by allow rules, what is not by deny rules; of a deny rule by deny rules.
  static void offer(Unit& unit, std::uint32_t other, const policy::Qualifiers& its, std::uint64_t bits,
                    std::uint64_t allowed, const policy::Qualifiers& ours);
  [[nodiscard]] static std::vector<std::uint32_t> least_list(std::vector<Unit> units);
  [[nodiscard]] bool says_the_same(const WrittenRule& written, std::uint32_t other) const;

  const ProfileView& view_;
  std::vector<Table> tables_;
  std::vector<bool> left_out_;  ///< by rule
};

}  // namespace bh::check
