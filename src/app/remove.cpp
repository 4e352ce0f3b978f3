#include "app/remove.h"

#include <algorithm>
#include <cerrno>

#include "app/input.h"
#include "app/kept_files.h"

namespace bh::app {
namespace {

/// Another profile that the file holds and the kernel has loaded; empty: none.
std::string other_user(const KeptFiles& files, const KeptFile& file,
                       const std::vector<kernel::LoadedProfile>& loaded) {
  for (const KeptFile& each : files.all())
    if (each.path == file.path && each.profile != file.profile &&
        std::ranges::find(loaded, each.profile, &kernel::LoadedProfile::name) != loaded.end())
      return each.profile;
  return {};
}

/// Whether applying the file's origin again makes the same file.
bool origin_is_there(Session& session, const PersistedFile& file, const std::string& path) {
  std::string origin = origin_of(file.bytes);
  if (file.state != FileState::ours || !origin.starts_with('/') || origin == path) return false;
  auto text = read_file(session.world.os, origin);
  if (!text) return false;
  return looks_like_spec(*text) || *text == without_mark(file.bytes);
}

Result<void> remove_file(Session& session, const KeptFile& file, const RemoveOptions& options,
                         RemoveReport& report) {
  if (!options.keep_file && file.state == FileState::edited && !options.force)
    report.file_kept_because = "it was edited since bulkhead wrote it (--force removes it)";
  if (file.state == FileState::foreign) report.file_kept_because = "bulkhead did not write it";
  if (options.keep_file) report.file_kept_because = "--keep-file";
  if (!report.file_kept_because.empty()) {
    report.undo = "bulkhead load " + file.path;
    return {};
  }
  PersistedFile content{file.state, {}};
  BH_TRY(content.bytes, read_file(session.world.os, file.path));
  bool again = origin_is_there(session, content, file.path);
  if (again) report.undo = "bulkhead apply " + origin_of(content.bytes);
  if (options.dry_run) return {};
  if (!again) {
    BH_TRY(report.backup, keep_backup(session.world.os, file.path, content.bytes));
    report.undo = "bulkhead apply " + report.backup;
  }
  BH_TRY_DO(session.world.os.unlink(file.path));
  report.file_removed = true;
  return {};
}

/// Takes it out of the kernel, unless it is in use. False: it is, and stays.
Result<bool> remove_loaded(Session& session, const RemoveOptions& options, RemoveReport& report) {
  BH_TRY(auto processes, session.kernel.processes());
  for (auto& process : processes)
    if (kernel::label_holds(process.label, report.name)) report.processes.push_back(std::move(process));
  if (!report.processes.empty() && !options.force) return false;
  if (options.dry_run) return true;
  BH_TRY_DO(session.kernel.remove(report.name));
  report.removed = true;
  return true;
}

}  // namespace

Result<RemoveReport> remove(Session& session, const std::string& name, const RemoveOptions& options) {
  RemoveReport report;
  report.name = name;
  report.kernel = session.kernel.availability();
  std::vector<kernel::LoadedProfile> loaded;
  if (report.kernel.ready()) {
    BH_TRY(loaded, session.kernel.profiles());
  }
  for (const auto& profile : loaded) {
    if (profile.name == name) report.was_loaded = true;
    if (profile.name.starts_with(name + "//")) report.children.push_back(profile.name);
  }
  KeptFiles files = KeptFiles::read(session);
  const KeptFile* file = files.find(name);
  if (file != nullptr && file->profile != name) file = nullptr;  // a child has no file of its own
  if (file != nullptr) report.file = file->path;
  if (!report.was_loaded && file == nullptr) {
    if (!report.kernel.ready()) BH_TRY_DO(session.kernel.require());
    return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});
  }
  if (report.was_loaded) {
    BH_TRY(bool free, remove_loaded(session, options, report));
    if (!free) return report;
  }
  if (file == nullptr) return report;
  std::string user = other_user(files, *file, loaded);
  if (!user.empty()) {
    report.file_kept_because = fmt::format("it also holds {}, which is loaded", user);
    return report;
  }
  auto removed = remove_file(session, *file, options, report);
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
