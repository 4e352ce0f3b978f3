#include "query/equal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "automata/relate.h"
#include "compile/describe.h"
#include "compile/names.h"
#include "compile/permissions.h"

namespace bh::query {
namespace {

using automata::Dfa;
using compile::CompiledProfile;
using compile::FilePerms;
using compile::Pdb;
using compile::Perms;

/// The same automaton with a start of its own, which no step leads back to: only the empty string ends in it.
/// Its accept number is one more than any other.
Dfa with_private_start(const Dfa& dfa, std::uint32_t private_accept) {
  Dfa copy = dfa;
  const auto moved = static_cast<std::uint32_t>(dfa.states());
  for (std::uint32_t& target : copy.next) {
    if (target == Dfa::start) target = moved;
  }
  const auto old_start = std::vector(copy.row(Dfa::start).begin(), copy.row(Dfa::start).end());
  copy.next.insert(copy.next.end(), old_start.begin(), old_start.end());
  copy.accept.push_back(dfa.accept[Dfa::start]);
  copy.accept[Dfa::start] = private_accept;
  return copy;
}

/// Collects the differences of one profile.
class ProfileComparison {
 public:
  ProfileComparison(std::string name, const EqualOptions& options, std::vector<PolicyDifference>& out)
      : name_(std::move(name)), options_(options), out_(out) {}

  Result<void> compare(const CompiledProfile& a, const CompiledProfile& b);

 private:
  struct Side {
    const Pdb& pdb;
    Dfa dfa;
  };
  void members(const CompiledProfile& a, const CompiledProfile& b);
  void capabilities(const compile::CapabilitySets& a, const compile::CapabilitySets& b);
  Result<void> automata(std::string_view part, const std::optional<Pdb>& a, const std::optional<Pdb>& b);
  std::string perms_difference(std::uint8_t mediation_class, const Perms& a, const Pdb& of_a, const Perms& b,
                               const Pdb& of_b) const;

  void report(std::string_view part, std::string what, std::optional<std::string> witness = std::nullopt) {
    out_.push_back({name_, std::string(part), std::move(what), std::move(witness)});
  }
  template <class T>
  void field(std::string_view part, const T& a, const T& b) {
    if (a != b) report(part, fmt::format("{} | {}", a, b));
  }
  void field(std::string_view part, const std::optional<std::string>& a,
             const std::optional<std::string>& b) {
    if (a != b) report(part, fmt::format("{} | {}", a.value_or("none"), b.value_or("none")));
  }

  std::string name_;
  const EqualOptions& options_;
  std::vector<PolicyDifference>& out_;
};

void ProfileComparison::capabilities(const compile::CapabilitySets& a, const compile::CapabilitySets& b) {
  const auto set = [&](std::string_view what, std::uint64_t of_a, std::uint64_t of_b) {
    if (of_a == of_b) return;
    std::vector<std::string> words;
    for (std::uint32_t bit = 0; bit < 64; ++bit) {
      if (((of_a ^ of_b) >> bit & 1) == 0) continue;
      const std::string_view word = compile::name_of(compile::capability_names(), bit);
      words.push_back(fmt::format("{} (only the {})",
                                  word.empty() ? fmt::format("{}", bit) : std::string(word),
                                  (of_a >> bit & 1) != 0 ? "first" : "second"));
    }
    report("capabilities", fmt::format("{}: {}", what, fmt::join(words, ", ")));
  };
  set("allow", a.allow, b.allow);
  const auto relevant = [&](std::uint64_t bits, std::uint64_t where) {
    return options_.exact ? bits : bits & where;
  };
  set("audit", relevant(a.audit, a.allow), relevant(b.audit, b.allow));
  set("quiet", relevant(a.quiet, ~a.allow), relevant(b.quiet, ~b.allow));
  set("extended", a.extended, b.extended);
}

void ProfileComparison::members(const CompiledProfile& a, const CompiledProfile& b) {
  field("rename", a.rename, b.rename);
  field("attach", a.attach, b.attach);
  field("attachment's least length", a.xmatch_len, b.xmatch_len);
  field("xattrs", a.xattrs, b.xattrs);
  field("attach_disconnected.path", a.disconnected, b.disconnected);
  field("attach_disconnected.ipc", a.disconnected_ipc, b.disconnected_ipc);
  field("kill signal", a.kill_signal.value_or(0), b.kill_signal.value_or(0));
  field("error", a.error.value_or(0), b.error.value_or(0));
  field("flags", a.flags, b.flags);
  field("mode", compile::mode_word(a.mode), compile::mode_word(b.mode));
  field("audit", a.audit != 0, b.audit != 0);
  field("path flags", a.path_flags.value_or(compile::path_flag::mediate_deleted),
        b.path_flags.value_or(compile::path_flag::mediate_deleted));
  capabilities(a.capabilities, b.capabilities);
  field("identity", a.identity, b.identity);
  for (std::uint32_t limit = 0; limit < a.rlimits.values.size(); ++limit) {
    const auto value = [limit](const CompiledProfile& profile) {
      if ((profile.rlimits.mask >> limit & 1) == 0) return std::string("none");
      return fmt::format("{}", profile.rlimits.values[limit]);
    };
    field(fmt::format("rlimit {}", compile::name_of(compile::rlimit_names(), limit)), value(a), value(b));
  }
  for (std::size_t family = 0; family < std::max(a.network.size(), b.network.size()); ++family) {
    const auto entry = [family](const CompiledProfile& profile) {
      const compile::NetworkFamily types =
          family < profile.network.size() ? profile.network[family] : compile::NetworkFamily{};
      return fmt::format("{:#x} {:#x} {:#x}", types.allow, types.audit & types.allow,
                         types.quiet & ~types.allow);
    };
    field(fmt::format("network family {}", family), entry(a), entry(b));
  }
  if (a.data != b.data) report("data", "not the same entries");
}

std::string ProfileComparison::perms_difference(std::uint8_t mediation_class, const Perms& raw_a,
                                                const Pdb& of_a, const Perms& raw_b, const Pdb& of_b) const {
  const Perms a = compile::effective(raw_a, mediation_class == compile::medclass::file, options_.exact);
  const Perms b = compile::effective(raw_b, mediation_class == compile::medclass::file, options_.exact);
  std::vector<std::string> parts;
  constexpr std::pair<std::string_view, std::uint32_t Perms::*> masks[] = {
      {"allow", &Perms::allow},     {"audit", &Perms::audit}, {"quiet", &Perms::quiet},
      {"prompt", &Perms::prompt},   {"kill", &Perms::kill},   {"complain", &Perms::complain},
      {"subtree", &Perms::subtree}, {"cond", &Perms::cond},   {"hide", &Perms::hide},
  };
  for (const auto& [name, mask] : masks) {
    if (a.*mask == b.*mask) continue;
    parts.push_back(fmt::format("{}: {} | {}", name, compile::perm_words(a.*mask, mediation_class),
                                compile::perm_words(b.*mask, mediation_class)));
  }
  // Numbers in a table of targets differ between writers; what they stand for must not.
  const std::string to_a = a.xindex == 0 ? "none" : compile::transition_words(a.xindex, of_a.xtable);
  const std::string to_b = b.xindex == 0 ? "none" : compile::transition_words(b.xindex, of_b.xtable);
  if (to_a != to_b) parts.push_back(fmt::format("exec goes to: {} | {}", to_a, to_b));
  if (a.tag != b.tag) parts.push_back(fmt::format("tag: {} | {}", a.tag, b.tag));
  if (a.label != b.label) parts.push_back(fmt::format("label: {} | {}", a.label, b.label));
  return fmt::format("{}", fmt::join(parts, "; "));
}

Result<void> ProfileComparison::automata(std::string_view part, const std::optional<Pdb>& a,
                                         const std::optional<Pdb>& b) {
  static const Pdb nothing = [] {
    Pdb none;
    none.dfa = automata::blank_dfa(2, {}, 1, Dfa::no_class);
    none.perms.emplace_back();
    return none;
  }();
  const Pdb& of_a = a ? *a : nothing;
  const Pdb& of_b = b ? *b : nothing;
  if (part == "attachment" && a.has_value() != b.has_value())
    report(part, a ? "present | absent" : "absent | present");

  const auto private_accept = static_cast<std::uint32_t>(std::max(of_a.perms.size(), of_b.perms.size()));
  const Dfa dfa_a = with_private_start(of_a.dfa, private_accept);
  const Dfa dfa_b = with_private_start(of_b.dfa, private_accept);
  auto pairs = automata::accept_pairs(dfa_a, dfa_b, options_.budget);
  if (!pairs) return fail("profile {}: {}: too many pairs of states to compare", name_, part);

  std::set<std::string> seen;  // entries that differ only in what is not compared give the same text: the
                               // shortest witness stays
  for (const automata::Witness& pair : *pairs) {
    if (pair.accept_a == private_accept) continue;
    const FilePerms& entry_a = of_a.perms[pair.accept_a];
    const FilePerms& entry_b = of_b.perms[pair.accept_b];
    const auto class_byte = part == "policydb" && !pair.bytes.empty()
                                ? static_cast<std::uint8_t>(pair.bytes[0])
                                : compile::medclass::file;
    const std::string owner = perms_difference(class_byte, entry_a.owner, of_a, entry_b.owner, of_b);
    const std::string other = perms_difference(class_byte, entry_a.other, of_a, entry_b.other, of_b);
    if (owner.empty() && other.empty()) continue;
    std::string what;
    if (owner == other)
      what = owner;
    else if (other.empty())
      what = "for the owner " + owner;
    else if (owner.empty())
      what = "for others " + other;
    else
      what = fmt::format("for the owner {}; for others {}", owner, other);
    if (!seen.insert(fmt::format("{}:{}", class_byte, what)).second) continue;
    std::string witness;
    if (part == "policydb")
      witness = fmt::format("{} {}", compile::class_word(class_byte),
                            compile::escaped(std::string_view(pair.bytes).substr(1)));
    else
      witness = compile::escaped(pair.bytes);
    if (!pair.oob_before.empty())
      witness += fmt::format(" (out of band before {})", fmt::join(pair.oob_before, ", "));
    report(part, std::move(what), std::move(witness));
  }
  return {};
}

Result<void> ProfileComparison::compare(const CompiledProfile& a, const CompiledProfile& b) {
  members(a, b);
  BH_TRY_DO(automata("attachment", a.xmatch, b.xmatch));
  BH_TRY_DO(automata("policydb", a.policydb, b.policydb));
  return automata("file", a.file, b.file);
}

}  // namespace

Result<std::vector<PolicyDifference>> profile_differences(const CompiledProfile& a, const CompiledProfile& b,
                                                          const EqualOptions& options) {
  std::vector<PolicyDifference> out;
  BH_TRY_DO(ProfileComparison(a.name, options, out).compare(a, b));
  return out;
}

Result<std::vector<PolicyDifference>> policy_differences(const compile::KernelPolicy& a,
                                                         const compile::KernelPolicy& b,
                                                         const EqualOptions& options) {
  using Key = std::pair<std::string, std::string>;
  std::vector<PolicyDifference> out;
  std::map<Key, const CompiledProfile*> others;
  for (const CompiledProfile& profile : b.profiles) others[{profile.name_space, profile.name}] = &profile;
  std::set<Key> matched;
  for (const CompiledProfile& profile : a.profiles) {
    const Key key{profile.name_space, profile.name};
    const auto other = others.find(key);
    if (other == others.end()) {
      out.push_back({profile.name, "profile", "present | absent", std::nullopt});
      continue;
    }
    matched.insert(key);
    BH_TRY_DO(ProfileComparison(profile.name, options, out).compare(profile, *other->second));
  }
  for (const CompiledProfile& profile : b.profiles) {
    if (!matched.contains({profile.name_space, profile.name}))
      out.push_back({profile.name, "profile", "absent | present", std::nullopt});
  }
  return out;
}

std::string to_text(const PolicyDifference& difference) {
  std::string out = difference.profile.empty()
                        ? std::string()
                        : fmt::format("profile {}: ", compile::escaped(difference.profile));
  out += difference.part;
  if (difference.witness) out += fmt::format(": `{}`", *difference.witness);
  return out + ": " + difference.what;
}

}  // namespace bh::query
