// One profile from every side that a check looks at: the rules as they stand in the file, what they resolve
// to, and the automaton that says which of them meet on a path.
//
// The one idea: a check asks the automaton, never the text. The text is asked only where a rule stands, and
// what could be written there instead.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automata/dfa.h"
#include "compile/policydb.h"
#include "diag/source.h"
#include "generate/image_names.h"
#include "policy/ast.h"
#include "policy/resolve.h"

namespace bh::check {

/// A text whose profiles are judged. All that it refers to outlives it.
struct Subject {
  const diag::SourceMap& sources;
  diag::SourceId source;  ///< only what stands in it is judged; includes are other people's
  const policy::ResolvedPolicy& policy;
  const compile::KernelPolicy& compiled;        ///< of `policy`, with keep_tags and keep_meetings
  const generate::ImageNames* image = nullptr;  ///< of the image that the profile is for
};

/// A rule of the text, and what became of it: several rules where a variable or an alias multiplies it.
struct WrittenRule {
  diag::Span span;
  std::vector<std::uint32_t> rules;  ///< indices in ResolvedProfile::rules, ascending; never empty
  bool plain = false;  ///< stands directly in its profile: in no `if` and no block of qualifiers
};

class ProfileView {
 public:
  ProfileView(const Subject& subject, const policy::Block& written, std::size_t index);

  [[nodiscard]] const Subject& subject() const { return subject_; }
  [[nodiscard]] const policy::ResolvedProfile& profile() const { return profile_; }
  [[nodiscard]] const compile::CompiledProfile& compiled() const { return compiled_; }
  /// Where the text's first statement begins, behind the comments at its head.
  [[nodiscard]] std::uint32_t first_statement() const { return first_statement_; }
  /// The rules that stand in the text itself, in its order.
  [[nodiscard]] const std::vector<WrittenRule>& own() const { return own_; }
  /// The first of what it became.
  [[nodiscard]] const policy::Rule& rule(const WrittenRule& written) const {
    return profile_.rules[written.rules.front()].rule;
  }
  [[nodiscard]] std::string_view raw(diag::Span span) const { return subject_.sources.text(span); }
  /// The rule's own place where it stands in the text; else the include there that brings it.
  [[nodiscard]] diag::Span place_of(std::uint32_t rule) const;
  [[nodiscard]] bool is_own(std::uint32_t rule) const {
    return rule < profile_.rules.size() && profile_.rules[rule].rule.span.source == subject_.source;
  }
  /// The profile is not attached to a program: somebody else puts processes into it, as runtimes do.
  [[nodiscard]] bool is_given() const { return !profile_.attachment && !profile_.parent.valid(); }

  /// A set of rules that meet on a path, with a shortest such path.
  struct Meeting {
    std::uint32_t set = 0;
    std::string path;
  };
  /// Every set of rules that meets on some path of the language; the empty set too. Shortest paths first.
  [[nodiscard]] std::vector<Meeting> meetings(const automata::Dfa& language) const;
  /// The set that meets on one path; none: the profile has no file rules.
  [[nodiscard]] std::optional<std::uint32_t> set_of(std::string_view path) const;
  [[nodiscard]] const compile::FilePerms& perms(std::uint32_t set) const { return perms_[set]; }
  /// What the set allows to the owner or to others.
  [[nodiscard]] std::uint32_t allowed(std::uint32_t set) const {
    return perms_[set].owner.allow | perms_[set].other.allow;
  }
  [[nodiscard]] bool meets(std::uint32_t set, const WrittenRule& written) const;
  /// The rules that allow `bits` of a path to its owner or to others; without those that are implied.
  [[nodiscard]] std::vector<std::uint32_t> allowing(std::string_view path, std::uint32_t bits,
                                                    bool owner) const;
  /// Of exec, write, read, append, link, lock and mmap what the file rule speaks about, for its owner or
  /// others.
  [[nodiscard]] std::uint32_t bits_of(const WrittenRule& written) const;

  /// A question took more than its budget, so a finding may be missing.
  [[nodiscard]] bool incomplete() const { return incomplete_; }

 private:
  const Subject& subject_;
  const policy::ResolvedProfile& profile_;
  const compile::CompiledProfile& compiled_;
  std::uint32_t first_statement_ = 0;
  std::vector<WrittenRule> own_;
  std::vector<compile::FilePerms> perms_;  ///< by set of the file automaton
  mutable bool incomplete_ = false;
};

/// The paths that a glob matches, as an automaton that accepts with 1; none: not a glob.
[[nodiscard]] std::optional<automata::Dfa> language_of(std::string_view glob);
/// Everything that `a` accepts `b` accepts too. None: more than the budget.
[[nodiscard]] std::optional<bool> is_within(const automata::Dfa& a, const automata::Dfa& b);

}  // namespace bh::check
