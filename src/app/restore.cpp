#include "app/restore.h"

#include "app/kept_files.h"
#include "base/file.h"

namespace bh::app {
namespace {

bool forced_to_complain(Os& os, const std::string& path) {
  auto slash = path.rfind('/');
  return os.lstat(path.substr(0, slash) + "/force-complain" + path.substr(slash)).has_value();
}

}  // namespace

Result<RestoreReport> restore(Session& session, const PolicySettings& settings,
                              const RestoreOptions& options) {
  BH_TRY_DO(session.kernel.require());
  Pipeline as_written(session, settings);
  PolicySettings complaining = settings;
  complaining.complain = true;
  Pipeline in_complain(session, complaining);

  std::vector<std::string> folders = options.folders;
  if (folders.empty()) folders = {session.world.policy_folder, session.world.own_folder};
  RestoreReport report{.dry_run = options.dry_run};
  for (const std::string& folder : folders) {
    for (const std::string& path : profile_files(session.world.os, folder)) {
      auto bytes = read_file(session.world.os, path);
      FileState state = bytes ? state_of(*bytes) : FileState::foreign;
      if (state == FileState::foreign) continue;
      RestoredFile& file = report.files.emplace_back(RestoredFile{path, state, {}, {}});
      Pipeline& pipeline = forced_to_complain(session.world.os, path) ? in_complain : as_written;
      auto loaded = load(session, pipeline, path, {.dry_run = options.dry_run});
      if (loaded)
        file.profiles = std::move(loaded->profiles);
      else
        file.trouble = std::move(loaded.error().text);
    }
  }
  return report;
}

}  // namespace bh::app
