#include "app/loaded_default.h"

#include <algorithm>

#include "compile/decode.h"

namespace bh::app {
namespace {

/// The profile of that name; podman numbers its own by version.
Result<std::string> loaded_name(Session& session, generate::Runtime runtime) {
  BH_TRY(auto loaded, session.kernel.profiles());
  const std::string wanted(generate::profile_of(runtime));
  for (const kernel::LoadedProfile& profile : loaded) {
    const bool numbered = runtime == generate::Runtime::podman && profile.name.starts_with(wanted + "-");
    if (profile.name == wanted || numbered) return profile.name;
  }
  return std::string();
}

/// What a manager may run under: nothing, a profile of its own name, or what a process says that carries it.
std::vector<std::string> managers(Session& session) {
  std::vector<std::string> names = {"unconfined", ""};
  auto processes = session.kernel.processes();
  if (!processes) return names;
  for (const kernel::ConfinedProcess& process : *processes) {
    const bool is_manager =
        process.command == "dockerd" || process.command == "containerd" || process.command == "podman";
    if (is_manager && std::ranges::find(names, process.label) == names.end()) names.push_back(process.label);
  }
  return names;
}

Result<compile::KernelPolicy> compile_text(Session& session, Pipeline& pipeline, std::string text) {
  Profile profile;
  profile.input.name = "the runtime's default";
  profile.input.source = profile.text = session.sources.add(profile.input.name, std::move(text));
  BH_TRY(Compiled compiled, pipeline.compile(profile));
  return std::move(compiled.policy);
}

}  // namespace

Result<LoadedDefault> compare_with_loaded(Session& session, Pipeline& pipeline, generate::Runtime runtime) {
  LoadedDefault result;
  BH_TRY_DO(session.kernel.require());
  BH_TRY(result.profile, loaded_name(session, runtime));
  if (result.profile.empty()) return result;
  BH_TRY(std::string bytes, session.kernel.raw_data_of(result.profile));
  BH_TRY(const auto held, compile::decode(bytes));
  bool first = true;
  for (const std::string& manager : managers(session))
    for (const bool rootless : {true, false}) {
      generate::HostIncludes host = includes_of(session.world.os, pipeline.base());
      host.manager = manager;
      host.rootless = rootless;
      host.name = result.profile;
      BH_TRY(const auto ours, compile_text(session, pipeline, generate::runtime_default(runtime, host)));
      BH_TRY(auto differences, query::policy_differences(ours, held));
      if (!first && differences.size() >= result.differences.size()) continue;
      first = false;
      result.same = differences.empty();
      result.manager = manager.empty() ? std::string("a profile of its own name") : manager;
      result.differences = std::move(differences);
      if (result.same) return result;
    }
  return result;
}

}  // namespace bh::app
