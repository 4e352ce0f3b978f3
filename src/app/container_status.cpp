#include "app/container_status.h"

#include <algorithm>
#include <map>

#include "audit/proc_facts.h"
#include "docker/engine.h"
#include "docker/security.h"

namespace bh::app {
namespace {

constexpr std::string_view unconfined = "unconfined";

/// An engine loads its own default by itself, whenever it needs it.
bool is_engines_own(std::string_view profile) {
  return profile == "docker-default" || profile == "cri-containerd.apparmor.d" ||
         profile.starts_with("containers-default-");
}

const ProfileStatus* find(const std::vector<ProfileStatus>& profiles, std::string_view name) {
  auto found = std::ranges::find(profiles, name, &ProfileStatus::name);
  return found == profiles.end() ? nullptr : &*found;
}

ContainerStatus describe(const docker::Container& container, const std::vector<audit::Process>& processes) {
  ContainerStatus status{.id = container.id,
                         .name = container.name.starts_with('/') ? container.name.substr(1) : container.name,
                         .image = container.config.image,
                         .state = container.state.status,
                         .asked = docker::requested_profile(container),
                         .privileged = container.host_config.privileged};
  auto add = [&](const std::string& label) {
    if (!label.empty() && std::ranges::find(status.carried, label) == status.carried.end())
      status.carried.push_back(label);
  };
  for (const auto& process : processes)
    if (process.pid == container.state.pid) add(process.label);
  for (const auto& process : processes) add(process.label);
  return status;
}

void look_up_profile(ContainerStatus& container, const std::vector<ProfileStatus>& profiles) {
  std::string_view name = container.carried.empty() ? std::string_view(container.asked)
                                                    : audit::split_label(container.carried[0]).profile;
  if (name == unconfined) return;
  const ProfileStatus* profile = find(profiles, name);
  if (profile != nullptr) {
    container.mode = profile->mode;
    container.back_by = profile->back_by;
  }
  if (is_engines_own(name)) container.back_by = {"the engine"};
}

}  // namespace

void find_disagreements(ContainerStatus& container, const std::vector<ProfileStatus>& profiles) {
  auto say = [&](std::string text) { container.findings.push_back(std::move(text)); };
  const std::string& asked = container.asked;
  const bool asked_for_one = asked != unconfined && !asked.empty();
  if (!asked_for_one) say("asks for no profile");
  if (container.carried.empty() && asked_for_one && find(profiles, asked) == nullptr &&
      !is_engines_own(asked))
    say(fmt::format("asks for {}, which is not loaded: it does not start", asked));
  for (const std::string& label : container.carried) {
    std::string_view carried = audit::split_label(label).profile;
    if (carried == unconfined && asked_for_one)
      say(fmt::format(
          "asks for {}, but has processes that are unconfined: the profile was removed, or was not "
          "there when they started; only a new start helps",
          asked));
    else if (carried != asked && carried != unconfined)
      say(fmt::format("asks for {}, but has processes under {}", asked.empty() ? unconfined : asked, label));
  }
  // Seen on 20.10: the container's first program is under the profile, and what `docker exec` starts is not.
  if (container.privileged && asked_for_one)
    say("is privileged: what `docker exec` starts in it is unconfined, whatever profile it asks for");
  if (container.mode == "complain") say("what its profile does not allow is only logged (complain)");
  if (container.mode == unconfined) say("its profile confines nothing (flags=(unconfined))");
  bool has_profile = !container.mode.empty() || (container.carried.empty() && asked_for_one);
  if (has_profile && container.back_by.empty() &&
      (find(profiles, asked) != nullptr || !container.carried.empty()))
    say("its profile is gone after a boot, and then it does not start");
}

Result<std::vector<ContainerStatus>> container_status(Session& session, const docker::Target& target) {
  BH_TRY(StatusReport report, status(session, {}));
  BH_TRY(auto engine, docker::Engine::connect(target));
  BH_TRY(auto summaries, engine.containers(true));
  std::vector<std::string> ids;
  for (const auto& summary : summaries) ids.push_back(summary.id);
  auto inspected = engine.inspect_containers(ids);
  auto processes = audit::collect_processes(audit::HostFs(session.world.os), ids);
  std::vector<ContainerStatus> all;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    // One that was removed meanwhile is none of them.
    if (!inspected[i] && inspected[i].error().sys == ENOENT) continue;
    if (!inspected[i])
      return tl::unexpected(std::move(inspected[i].error()).in(fmt::format("container {}", ids[i])));
    ContainerStatus container = describe(*inspected[i], processes[ids[i]]);
    look_up_profile(container, report.profiles);
    find_disagreements(container, report.profiles);
    all.push_back(std::move(container));
  }
  std::ranges::sort(all, {}, [](const ContainerStatus& container) {
    return std::pair(container.state != "running", container.name);
  });
  return all;
}

}  // namespace bh::app
