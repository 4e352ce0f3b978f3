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

}  // namespace

Result<StatusReport> status(Session& session, const std::vector<std::string>& names) {
  BH_TRY(auto loaded, session.kernel.profiles());
  BH_TRY(auto processes, session.kernel.processes());
  std::ranges::sort(loaded, {}, &kernel::LoadedProfile::name);
  for (const std::string& name : names)
    if (std::ranges::find(loaded, name, &kernel::LoadedProfile::name) == loaded.end())
      return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});

  KeptFiles files = KeptFiles::read(session);
  StatusReport report{.boot = boot_services(session.world.os, session.world)};
  std::set<int> known;
  for (const auto& profile : loaded) {
    ProfileStatus entry{profile.name, profile.mode, {}, {}, FileState::absent, {}};
    for (const auto& process : processes) {
      auto parts = parts_of(process.label);
      if (std::ranges::find(parts, profile.name) == parts.end()) continue;
      entry.processes.push_back(process);
      known.insert(process.pid);
    }
    if (!names.empty() && std::ranges::find(names, profile.name) == names.end()) continue;
    if (const KeptFile* file = files.find(profile.name)) {
      entry.file = file->path;
      entry.file_state = file->state;
      entry.back_by = brought_back_by(report.boot, session.world, *file);
    }
    report.profiles.push_back(std::move(entry));
  }
  for (const auto& process : processes)
    if (!known.contains(process.pid)) report.strays.push_back(process);
  return report;
}

}  // namespace bh::app
