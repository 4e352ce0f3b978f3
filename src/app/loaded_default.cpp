#include "app/loaded_default.h"

#include <algorithm>

#include "app/host_parser.h"
#include "base/file.h"
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

/// As the runtime has it compiled: an old parser does not know every socket family that the kernel has, and
/// keeps some denials less quiet. None: there is no such parser here.
std::optional<compile::KernelPolicy> compile_as_runtimes_do(Session& session, const Pipeline& pipeline,
                                                            const std::string& text) {
  const auto file = StagedFile::stage(session.world.os, "/tmp/bulkhead-default", text, 0600);
  if (!file) return std::nullopt;
  const auto bytes = compile_with_host_parser(file->temporary(), pipeline.base());
  auto policy = bytes ? compile::decode(*bytes) : fail("not compiled");
  return policy ? std::optional(std::move(*policy)) : std::nullopt;
}

/// The text for each manager that it may be.
std::vector<std::pair<std::string, std::string>> texts(Session& session, const Pipeline& pipeline,
                                                       generate::Runtime runtime, const std::string& name) {
  std::vector<std::pair<std::string, std::string>> all;
  generate::HostIncludes host = includes_of(session.world.os, pipeline.base());
  host.name = name;
  for (const std::string& manager : managers(session))
    for (const bool rootless : {true, false}) {
      host.manager = manager;
      host.rootless = rootless;
      std::string text = generate::runtime_default(runtime, host);
      const bool known =
          std::ranges::find(all, text, &std::pair<std::string, std::string>::second) != all.end();
      if (!known) all.emplace_back(manager.empty() ? "a profile of its own name" : manager, std::move(text));
    }
  return all;
}

/// Keeps what fits better. True: it is the same.
Result<bool> compare(const std::string& manager, const compile::KernelPolicy& ours,
                     const compile::KernelPolicy& held, LoadedDefault& best) {
  BH_TRY(auto differences, query::policy_differences(ours, held));
  if (best.manager.empty() || differences.size() < best.differences.size()) {
    best.same = differences.empty();
    best.manager = manager;
    best.differences = std::move(differences);
  }
  return best.same;
}

}  // namespace

Result<LoadedDefault> compare_with_loaded(Session& session, Pipeline& pipeline, generate::Runtime runtime) {
  LoadedDefault best;
  BH_TRY_DO(session.kernel.require());
  BH_TRY(best.profile, loaded_name(session, runtime));
  if (best.profile.empty()) return best;
  BH_TRY(std::string bytes, session.kernel.raw_data_of(best.profile));
  BH_TRY(const auto held, compile::decode(bytes));
  for (const auto& [manager, text] : texts(session, pipeline, runtime, best.profile)) {
    BH_TRY(const auto ours, compile_text(session, pipeline, text));
    BH_TRY(bool same, compare(manager, ours, held, best));
    if (same) break;
    const auto theirs = compile_as_runtimes_do(session, pipeline, text);
    if (!theirs) continue;
    BH_TRY(same, compare(manager, *theirs, held, best));
    if (same) break;
  }
  return best;
}

}  // namespace bh::app
