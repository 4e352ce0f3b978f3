#include "app/status.h"

#include <algorithm>
#include <cerrno>
#include <set>

namespace bh::app {
namespace {

/// The parts of a stack: `a//&b` -> a, b.
std::vector<std::string_view> parts_of(std::string_view label) {
  std::vector<std::string_view> parts;
  while (!label.empty()) {
    std::size_t end = label.find("//&");
    parts.push_back(label.substr(0, end));
    label = end == std::string_view::npos ? std::string_view() : label.substr(end + 3);
  }
  return parts;
}

std::string_view outermost(std::string_view profile) { return profile.substr(0, profile.find("//")); }

}  // namespace

std::string persisted_path(Os& os, const std::string& folder, std::string_view profile) {
  if (profile.starts_with(':')) return {};  // another namespace is not the boot service's
  auto name = file_name_for(outermost(profile));
  if (!name) return {};
  std::string path = folder + "/" + *name;
  return os.stat(path) ? path : std::string();
}

Result<StatusReport> status(Session& session, const std::vector<std::string>& names) {
  BH_TRY(auto loaded, session.kernel.profiles());
  BH_TRY(auto processes, session.kernel.processes());
  std::ranges::sort(loaded, {}, &kernel::LoadedProfile::name);
  for (const std::string& name : names)
    if (std::ranges::find(loaded, name, &kernel::LoadedProfile::name) == loaded.end())
      return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});

  StatusReport report;
  std::set<int> known;
  for (const auto& profile : loaded) {
    ProfileStatus entry{profile.name, profile.mode, {}, {}, FileState::absent};
    for (const auto& process : processes) {
      auto parts = parts_of(process.label);
      if (std::ranges::find(parts, profile.name) == parts.end()) continue;
      entry.processes.push_back(process);
      known.insert(process.pid);
    }
    if (!names.empty() && std::ranges::find(names, profile.name) == names.end()) continue;
    entry.file = persisted_path(session.world.os, session.world.policy_folder, profile.name);
    if (!entry.file.empty()) {
      auto file = inspect_file(session.world.os, entry.file, profile.name);
      entry.file_state = file ? file->state : FileState::foreign;
    }
    report.profiles.push_back(std::move(entry));
  }
  for (const auto& process : processes)
    if (!known.contains(process.pid)) report.strays.push_back(process);
  return report;
}

}  // namespace bh::app
