#include "app/remove.h"

#include <cerrno>

#include "app/persist.h"
#include "app/status.h"

namespace bh::app {
namespace {

Result<void> remove_file(Session& session, const RemoveOptions& options, RemoveReport& report) {
  report.file = persisted_path(session.world.os, session.world.policy_folder, report.name);
  if (report.file.empty()) return {};
  BH_TRY(PersistedFile file, inspect_file(session.world.os, report.file, report.name));
  if (options.keep_file) {
    report.file_kept_because = "--keep-file";
  } else if (file.state == FileState::foreign) {
    report.file_kept_because = "bulkhead did not write it";
  } else if (file.state == FileState::edited && !options.force) {
    report.file_kept_because = "it was edited since bulkhead wrote it (--force removes it)";
  } else if (!options.dry_run) {
    BH_TRY_DO(session.world.os.unlink(report.file));
    report.file_removed = true;
  }
  return {};
}

}  // namespace

Result<RemoveReport> remove(Session& session, const std::string& name, const RemoveOptions& options) {
  RemoveReport report;
  report.name = name;
  BH_TRY(auto loaded, session.kernel.profiles());
  for (const auto& profile : loaded) {
    if (profile.name == name) report.was_loaded = true;
    if (profile.name.starts_with(name + "//")) report.children.push_back(profile.name);
  }
  if (!report.was_loaded && persisted_path(session.world.os, session.world.policy_folder, name).empty())
    return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});
  if (report.was_loaded) {
    BH_TRY(auto processes, session.kernel.processes());
    for (auto& process : processes)
      if (kernel::label_holds(process.label, name)) report.processes.push_back(std::move(process));
    if (!report.processes.empty() && !options.force) return report;
    if (!options.dry_run) {
      BH_TRY_DO(session.kernel.remove(name));
      report.removed = true;
    }
  }
  auto removed = remove_file(session, options, report);
  if (!removed)
    return tl::unexpected(
        std::move(removed.error())
            .in(report.removed
                    ? fmt::format("{} is out of the kernel, but its file stays and would bring it back "
                                  "after a reboot",
                                  name)
                    : std::string("cannot remove its file")));
  return report;
}

}  // namespace bh::app
