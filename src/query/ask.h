// May a process under this profile do this? The kernel's answer, from the compiled policy, and which rules
// made it so.
//
// Works on any CompiledProfile, decoded ones too; the deciding rules are named where the policy was compiled
// with keep_tags. It answers for one profile: a process in a stack of profiles needs all of them to allow.
// What is outside AppArmor (seccomp, capabilities, mounts) may still refuse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compile/policydb.h"
#include "query/action.h"
#include "query/question.h"

namespace bh::query {

enum class Verdict : std::uint8_t {
  allowed,
  allowed_audited,  ///< and logged
  denied,           ///< and logged
  denied_silently,
  prompt,        ///< an agent in user space decides
  not_mediated,  ///< this kernel or ABI does not ask the profile
  partly,        ///< several things were asked, and the answers differ
};

/// `denied silently`, …
[[nodiscard]] std::string_view verdict_text(Verdict verdict);
/// The process gets on with it.
[[nodiscard]] bool lets_through(Verdict verdict);
/// It does not, and nobody is asked.
[[nodiscard]] bool refuses(Verdict verdict);

/// What an entry says about a request for some of its bits. `audit_all`: the profile logs every access.
[[nodiscard]] Verdict judge(const compile::Perms& perms, std::uint32_t request, bool audit_all);

/// A hard link, by the entries of its new name, of the pair and of the existing file: the pair may want the
/// file to allow all that the name does.
[[nodiscard]] bool may_link(const compile::Perms& name, const compile::Perms& pair,
                            const compile::Perms& existing);

/// A rule that decided.
struct Decider {
  std::uint32_t rule = 0;  ///< index in ResolvedProfile::rules; TagMeaning::implied: none of the text
  bool deny = false;
  auto operator<=>(const Decider&) const = default;
};

/// What it would take to turn an answer round by taking rules away.
struct Turn {
  std::vector<std::uint32_t> without;  ///< rules that have to go, all of them; ascending
  bool lets_through = false;           ///< what the answer is then
};

/// The answer to one question.
struct Finding {
  std::string what;
  Verdict verdict = Verdict::denied;
  std::uint8_t mediation_class = 0;
  std::uint32_t missing = 0;      ///< the bits that were refused
  bool traced = false;            ///< deciders are known; none in a denial: no rule allows it
  std::vector<Decider> deciders;  ///< ascending
  std::vector<Decider>
      near;  ///< of a denial that no rule decided: rules about the same object, with other permissions
  std::optional<Turn> turn;  ///< none: not known, or no rule's going would turn it
  std::optional<std::uint32_t>
      capability;          ///< asked of the capability sets: its number (its rules: explain.h)
  std::string transition;  ///< of an exec that is allowed: where it goes
  std::string note;
};

struct Side {
  Verdict verdict = Verdict::denied;
  std::vector<Finding> findings;
};

struct Answer {
  Side owner;  ///< the process owns the file
  Side other;  ///< it does not. The same where ownership does not matter
  std::uint32_t mode =
      0;  ///< the profile's compile::Mode: in complain, what is denied and logged gets through
  [[nodiscard]] bool depends_on_owner() const { return owner.verdict != other.verdict; }
};

/// `verdicts`: without the rules that decided, which take most of the time.
enum class Detail : std::uint8_t { verdicts, rules };
[[nodiscard]] Answer ask(const compile::CompiledProfile& profile, const Action& action,
                         Detail detail = Detail::rules);

/// What a `[[Expect]]` demands. Denied must hold for the owner and for others, allowed likewise.
[[nodiscard]] bool is_allowed(const Answer& answer);
[[nodiscard]] bool is_denied(const Answer& answer);

}  // namespace bh::query
