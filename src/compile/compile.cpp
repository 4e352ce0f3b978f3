#include "compile/compile.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <utility>

#include "base/pass_times.h"
#include "compile/profile_builder.h"

namespace bh::compile {
namespace {

/// Calls the function of the rule's class.
struct Dispatch {
  ProfileBuilder& builder;
  const RuleContext& context;

  void operator()(const policy::FileRule& rule) const { add_file_rule(builder, rule, context); }
  void operator()(const policy::LinkRule& rule) const { add_link_rule(builder, rule, context); }
  void operator()(const policy::ChangeProfileRule& rule) const {
    add_change_profile_rule(builder, rule, context);
  }
  void operator()(const policy::CapabilityRule& rule) const { add_capability_rule(builder, rule, context); }
  void operator()(const policy::RlimitRule& rule) const { add_rlimit_rule(builder, rule, context); }
  void operator()(const policy::ClassRule& rule) const {
    switch (rule.kind) {
      case policy::RuleClass::network:
        return add_network_rule(builder, rule, context);
      case policy::RuleClass::mount:
      case policy::RuleClass::remount:
        return add_mount_rule(builder, rule, context);
      case policy::RuleClass::umount:
        return add_umount_rule(builder, rule, context);
      case policy::RuleClass::pivot_root:
        return add_pivot_root_rule(builder, rule, context);
      case policy::RuleClass::signal:
        return add_signal_rule(builder, rule, context);
      case policy::RuleClass::ptrace:
        return add_ptrace_rule(builder, rule, context);
      case policy::RuleClass::unix:
        return add_unix_rule(builder, rule, context);
      case policy::RuleClass::dbus:
        return add_dbus_rule(builder, rule, context);
      case policy::RuleClass::userns:
        return add_userns_rule(builder, rule, context);
      case policy::RuleClass::io_uring:
        return add_io_uring_rule(builder, rule, context);
      case policy::RuleClass::mqueue:
        return add_mqueue_rule(builder, rule, context);
      case policy::RuleClass::all:
        return add_all_rule(builder, rule, context);
    }
  }
};

bool wants_complain(const policy::ResolvedProfile& profile, const Options& options) {
  return options.complain ||
         std::any_of(profile.flags.begin(), profile.flags.end(),
                     [](const policy::Flag& flag) { return flag.name.value == "complain"; });
}

CompiledProfile compile_profile(const policy::ResolvedPolicy& policy, const policy::ResolvedProfile& profile,
                                const Features& usable, const Features& kernel, const Options& options,
                                diag::Sink& sink) {
  const bool complain = wants_complain(profile, options);
  ProfileBuilder builder(policy, profile, usable, kernel, options, complain, sink);
  builder.has_children = !profile.hats.empty() ||
                         std::any_of(policy.profiles.begin(), policy.profiles.end(), [&](const auto& other) {
                           return other.parent.valid() && &policy.profiles[other.parent.index()] == &profile;
                         });
  add_profile_head(builder, complain);
  for (std::size_t i = 0; i < profile.rules.size(); ++i) {
    const policy::Rule& rule = profile.rules[i].rule;
    const RuleContext context{static_cast<std::uint32_t>(i), rule.span, rule.qualifiers};
    std::visit(Dispatch{builder, context}, rule.body);
  }
  add_implied_file_rules(builder);
  add_class_markers(builder);
  finish_fields(builder);
  const RuleSet::Context build{
      policy, profile, options.budget, options.dense, options.keep_tags, options.keep_meetings, sink};
  if (!builder.policydb.empty()) builder.out.policydb = builder.policydb.build(build);
  if (!builder.file.empty()) {
    builder.out.file = builder.file.build(build);
    if (builder.out.file) builder.out.file->xtable = builder.xtable;
  }
  return std::move(builder.out);
}

/// From so many rules on, threads save more time than it takes to start them.
constexpr std::size_t rules_worth_threads = 200;

std::size_t threads_for(const policy::ResolvedPolicy& policy, const Options& options) {
  std::size_t rules = 0;
  for (const policy::ResolvedProfile& profile : policy.profiles) rules += profile.rules.size();
  return rules < rules_worth_threads ? 1 : std::min<std::size_t>(options.jobs, policy.profiles.size());
}

/// `work(i)` for every i below `count`, by `threads` threads, this one among them; whichever throws, all have
/// ended.
template <class Work>
void share_out(std::size_t count, std::size_t threads, const Work& work) {
  std::atomic<std::size_t> next = 0;
  const auto take = [&] {
    for (std::size_t at; (at = next++) < count;) work(at);
  };
  std::vector<std::future<void>> others;
  while (others.size() + 1 < threads)
    others.push_back(std::async(std::launch::async, [&, times = PassRecording::current()] {
      const PassRecording recording(times);
      const PassTimer timer(Pass::rules);
      take();
    }));
  take();
  for (auto& other : others) other.get();
}

}  // namespace

std::optional<KernelPolicy> compile(const policy::ResolvedPolicy& policy, const Features& kernel,
                                    const Options& options, diag::SourceMap& sources, diag::Sink& sink) {
  const PassTimer timer(Pass::rules);
  const std::size_t errors_before = sink.errors();
  Features usable = kernel;
  if (policy.abi && policy.abi->path != "<kernel>") {
    const diag::SourceId source = sources.add(policy.abi->path, policy.abi->text);
    const auto abi = parse_features(sources, source, sink);
    if (!abi) return std::nullopt;
    usable = intersect(kernel, *abi);
  }
  KernelPolicy out;
  out.dialect = dialect(kernel);
  out.kernel_abi = kernel.has("policy/versions/v7") ? 7 : kernel.has("policy/versions/v6") ? 6 : 5;
  // Profiles have nothing to do with each other once they are resolved; each has a sink of its own, so that
  // what is said comes in their order.
  out.profiles.resize(policy.profiles.size());
  std::vector<diag::Sink> said(policy.profiles.size());
  share_out(policy.profiles.size(), threads_for(policy, options), [&](std::size_t i) {
    out.profiles[i] = compile_profile(policy, policy.profiles[i], usable, kernel, options, said[i]);
    out.profiles[i].dbus_needs_net_v9 = kernel.has("network_v9");
  });
  for (const diag::Sink& one : said)
    for (const diag::Diagnostic& diagnostic : one.diagnostics()) sink.report(diagnostic);
  if (sink.errors() != errors_before) return std::nullopt;
  return out;
}

}  // namespace bh::compile
