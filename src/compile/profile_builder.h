// One profile while it is compiled: where the functions of the rule classes put what they understood.
//
// Each class of rules is one function in one file (file_rules.cpp, mount_rules.cpp, …) with the shape
// `void add_X(ProfileBuilder&, rule, RuleContext)`; compile.cpp chooses it by the rule's kind.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compile.h"
#include "compile/features.h"
#include "compile/glob.h"
#include "compile/rule_set.h"

namespace bh::compile {

/// What every rule has, whatever it is about.
struct RuleContext {
  std::uint32_t index;  ///< in ResolvedProfile::rules
  diag::Span span;
  const policy::Qualifiers& qualifiers;
};

struct ProfileBuilder {
  ProfileBuilder(const policy::ResolvedPolicy& whole, const policy::ResolvedProfile& one,
                 const Features& usable_features, const Features& kernel_features, const Options& the_options,
                 bool complain, diag::Sink& the_sink)
      : policy(whole),
        profile(one),
        usable(usable_features),
        kernel(kernel_features),
        options(the_options),
        sink(the_sink),
        file(RuleSet::Kind::file, complain),
        policydb(RuleSet::Kind::policydb, complain) {}

  const policy::ResolvedPolicy& policy;
  const policy::ResolvedProfile& profile;
  const Features& usable;  ///< what kernel and policy abi both have
  const Features& kernel;
  const Options& options;
  diag::Sink& sink;

  bool has_children = false;  ///< hats or child profiles

  RuleSet file;
  RuleSet policydb;
  std::vector<std::string> xtable;
  CompiledProfile out;

  /// For kernels before network_v8, by family; see finish_fields.
  struct FamilyMasks {
    std::uint16_t allow = 0, deny = 0, audit = 0, quiet = 0;
  };
  std::vector<FamilyMasks> families;
  struct CapabilityMasks {
    std::uint64_t allow = 0, deny = 0, audit = 0, quiet = 0;
  } capabilities;
  /// See permissions_of in mount_rules.cpp, which fills it on first use.
  std::map<std::string, std::uint32_t> mount_families;

  /// Reports at the rule, with the chain of includes that led to it.
  diag::Diagnostic& report(diag::Code code, const RuleContext& rule, diag::Span span, std::string message);
  diag::Diagnostic& report(diag::Code code, const RuleContext& rule, std::string message) {
    return report(code, rule, rule.span, std::move(message));
  }
  /// Notes once per profile and feature that its rules have no effect.
  void note_not_mediated(const RuleContext& rule, const std::string& what);
  void note_downgraded(const RuleContext& rule, const std::string& what);
  /// Of a mount rule: its options name a kind of mount that cannot have the rest.
  void note_passed_over(const RuleContext& rule);

  /// `bits` under the rule's qualifiers. `audit_bits`: those that auditing (or, for a deny, quiet) is about.
  [[nodiscard]] static Grant grant(const RuleContext& rule, std::uint32_t bits, std::uint32_t audit_bits,
                                   bool exact);

 private:
  std::set<std::string> noted_;
};

// One function per class of rules. Errors go to builder.sink.
void add_file_rule(ProfileBuilder& builder, const policy::FileRule& rule, const RuleContext& context);
void add_link_rule(ProfileBuilder& builder, const policy::LinkRule& rule, const RuleContext& context);
void add_change_profile_rule(ProfileBuilder& builder, const policy::ChangeProfileRule& rule,
                             const RuleContext& context);
/// Access to the interfaces of change_profile and change_hat, which rules and hats imply.
void add_implied_file_rules(ProfileBuilder& builder);

void add_capability_rule(ProfileBuilder& builder, const policy::CapabilityRule& rule,
                         const RuleContext& context);
void add_rlimit_rule(ProfileBuilder& builder, const policy::RlimitRule& rule, const RuleContext& context);
void add_network_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_unix_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_mount_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_umount_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_pivot_root_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_signal_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_ptrace_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_dbus_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_userns_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_io_uring_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_mqueue_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);
void add_all_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context);

/// Marks the classes that are mediated, so that the kernel asks about them at all.
void add_class_markers(ProfileBuilder& builder);

/// Name, attachment, flags and what follows from them.
void add_profile_head(ProfileBuilder& builder, bool complain);
/// Capabilities and families, once every rule is read: deny wins over allow.
void finish_fields(ProfileBuilder& builder);

}  // namespace bh::compile
