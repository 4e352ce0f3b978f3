#include "app/lab.h"

#include <array>

#include "base/file.h"
#include "compile/encode.h"
#include "lab/docker_host.h"
#include "lab/docker_trial.h"
#include "lab/kernels.h"
#include "lab/scenario.h"
#include "lab/scratch.h"
#include "lab/trial.h"

namespace bh::app {
namespace {

/// The runtime that starts and stops a container: signals come from it, and it may do all.
constexpr std::string_view runtime_text =
    "profile runc flags=(attach_disconnected,mediate_deleted) {\n"
    "  file,\n  capability,\n  network,\n  unix,\n  signal,\n  ptrace,\n  mount,\n  umount,\n  "
    "pivot_root,\n}\n";

Result<std::string> compile_runtime(Session& session, const compile::Features& features) {
  diag::SourceId source = session.sources.add("runc (the lab's own)", std::string(runtime_text));
  policy::Library library(session.world.os, session.sources, {});
  diag::Sink sink;  // what a kernel does not mediate is warned about, and nobody asked for this profile
  auto resolved = policy::resolve(library, source, sink);
  auto compiled = compile::compile(resolved, features, {}, session.sources, sink);
  if (!compiled) return fail("the lab's own profile of the runtime cannot be compiled");
  return compile::encode(*compiled, features);
}

void count_unmet(LabOutcome& outcome) {
  for (std::size_t i = 0; i < outcome.plan.steps.size() && i < outcome.report.steps.size(); ++i)
    if (lab::met(outcome.plan.steps[i], outcome.report.steps[i]) == lab::Met::no) ++outcome.unmet;
  if (!outcome.report.complete) ++outcome.unmet;
}

Result<LabOutcome> boot(lab::LabPlan plan, const LabSettings& settings) {
  BH_TRY(auto report, lab::run_lab(plan, {.kernel = settings.kernel}));
  LabOutcome outcome{.plan = std::move(plan), .report = std::move(report)};
  count_unmet(outcome);
  return outcome;
}

void add_files(lab::LabPlan& plan, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    auto colon = word.find(':');
    lab::Added added{.host = word.substr(0, colon)};
    if (colon != std::string::npos) added.guest = word.substr(colon + 1);
    plan.add.push_back(std::move(added));
  }
}

PolicySettings for_kernel(PolicySettings policy, std::string features) {
  if (!policy.features) policy.features = std::move(features);
  return policy;
}

Result<std::string> features_for(const PolicySettings& policy, const LabSettings& settings) {
  if (policy.features) return *policy.features;
  return lab::kernel_features(settings.kernel);
}

constexpr int seconds_a_profile = 120;

std::vector<lab::Wish> wishes_of(const Profile& profile) {
  std::vector<lab::Wish> wishes;
  if (profile.spec)
    for (const auto& each : profile.spec->expectations) wishes.push_back({each.action.text, each.allow});
  return wishes;
}

/// Loads the policy, then one command from inside the profile, with a control run beside it.
lab::LabPlan command_plan(const Compiled& compiled, const LabSettings& settings) {
  lab::LabPlan plan;
  plan.steps.push_back(lab::load_step(plan, "load the profile", compiled.bytes));
  lab::Step step;
  step.argv = settings.run;
  step.profile = compiled.name();
  step.control = true;
  plan.steps.push_back(std::move(step));
  if (settings.run[0].starts_with('/')) plan.add.push_back({.host = settings.run[0]});
  return plan;
}

}  // namespace

Result<LabOutcome> try_in_lab(Session& session, const PolicySettings& policy,
                              std::span<const std::string> inputs, const LabSettings& settings) {
  BH_TRY(std::string features, features_for(policy, settings));
  Pipeline pipeline(session, for_kernel(policy, features));
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  BH_TRY(std::string runtime, compile_runtime(session, chosen.features));
  lab::LabPlan plan;
  std::vector<lab::Column> columns;
  for (const std::string& input : inputs) {
    BH_TRY(Profile profile, pipeline.read(input));
    BH_TRY(Compiled compiled, pipeline.compile(profile));
    lab::Trial trial{.profile = compiled.policy.profiles.front(),
                     .kernel = chosen.features,
                     .policy = compiled.bytes,
                     .runtime = columns.empty() ? runtime : "",
                     .wishes = wishes_of(profile)};
    std::size_t before = session.sink.errors(), first = plan.steps.size();
    lab::add_trial(plan, trial, session.sources, session.sink);
    if (session.sink.errors() != before) return wrong_input(session, before);
    columns.push_back({title_of(input), first, plan.steps.size() - first});
    if (columns.size() > 1) plan.timeout_s += seconds_a_profile;
  }
  add_files(plan, settings.add);
  BH_TRY(LabOutcome outcome, boot(std::move(plan), settings));
  outcome.columns = std::move(columns);
  return outcome;
}

Result<LabOutcome> run_in_lab(Session& session, const PolicySettings& policy, const std::string& input,
                              const LabSettings& settings) {
  BH_TRY(std::string features, features_for(policy, settings));
  Pipeline pipeline(session, for_kernel(policy, features));
  BH_TRY(Compiled compiled, pipeline.open(input));
  lab::LabPlan plan = command_plan(compiled, settings);
  add_files(plan, settings.add);
  return boot(std::move(plan), settings);
}

Result<LabOutcome> try_in_docker(Session& session, const PolicySettings& policy, const std::string& input,
                                 const LabSettings& settings) {
  BH_TRY(lab::ScratchFolder scratch, lab::ScratchFolder::make());
  // Saved once: the names in it and the containers are then of the same image.
  PolicySettings own = policy;
  if (own.image.given()) {
    BH_TRY(own.image.reference, saved_image(session.world.os, policy.image, scratch.path() + "/image"));
  }
  BH_TRY(std::string features, features_for(policy, settings));
  Pipeline pipeline(session, for_kernel(own, features));
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  BH_TRY(Profile profile, pipeline.read(input));
  BH_TRY(Compiled compiled, pipeline.compile(profile));
  lab::LabPlan plan;
  lab::Trial trial{.profile = compiled.policy.profiles.front(),
                   .kernel = chosen.features,
                   .policy = compiled.bytes,
                   .wishes = wishes_of(profile)};
  lab::add_docker_host(plan, trial, own.image.reference);
  std::size_t before = session.sink.errors();
  if (settings.run.empty())
    lab::add_docker_trial(plan, trial, session.sources, session.sink);
  else
    lab::add_docker_command(plan, trial, settings.run);
  if (session.sink.errors() != before) return wrong_input(session, before);
  add_files(plan, settings.add);
  return boot(std::move(plan), settings);
}

Result<LabOutcome> demonstrate(Session& session, const PolicySettings& policy, const std::string& spec,
                               const LabSettings& settings) {
  BH_TRY(std::string features, features_for(policy, settings));
  // What bane's text does to nginx is shown, not expected: where it listens on IPv6 it does not even start
  // (bane's protocols are IPv4 only), and what is not listed stays writable.
  std::array<lab::NginxCase, 2> cases = {{{.title = "strict"},
                                          {.title = "bane's text",
                                           .serves = lab::Expect::nothing,
                                           .touches = lab::Expect::nothing,
                                           .shells = lab::Expect::allowed}}};
  for (auto& each : cases) {
    PolicySettings own = for_kernel(policy, features);
    own.style = each.title == "strict" ? generate::Style::strict : generate::Style::bane;
    Pipeline pipeline(session, std::move(own));
    BH_TRY(Compiled compiled, pipeline.open(spec));
    each.profile = compiled.name();
    each.policy = compiled.bytes;
  }
  BH_TRY(auto plan, lab::nginx_scenario(cases));
  return boot(std::move(plan), settings);
}

Result<LabOutcome> follow_plan(Session& session, const std::string& path, const LabSettings& settings) {
  BH_TRY(std::string text, read_file(session.world.os, path));
  auto plan = lab::plan_from_json(text);
  if (!plan) return tl::unexpected(std::move(plan.error()).in(path));
  add_files(*plan, settings.add);
  return boot(std::move(*plan), settings);
}

Result<std::vector<std::string>> prepare_lab(bool docker) {
  std::vector<std::string> lines;
  for (const lab::KernelChoice& choice : lab::kernel_choices()) {
    BH_TRY(std::string path, lab::find_kernel(choice.name));
    BH_TRY_DO(lab::find_modules(choice.name));
    BH_TRY_DO(lab::kernel_features(choice.name));
    lines.push_back(fmt::format("{:6} {:7} {}", choice.name, choice.alias, path));
  }
  if (docker) {
    BH_TRY(std::string disk, lab::docker_host_disk());
    lines.push_back(fmt::format("{:6} {:7} {}", "docker", "", disk));
  }
  return lines;
}

}  // namespace bh::app
