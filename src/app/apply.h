// apply, the main job: a spec or profile becomes a profile that the kernel enforces and that is back after a
// reboot.
//
// Everything that can fail without a trace comes first: generate, compile, expectations, whether the file may
// be written, the file itself (staged, not in place), the host's parser. Then the load and its proof; then
// the rename. What fails after the load takes the load back. So either all of it happened, or nothing did, or
// the error says what is left.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "app/boot.h"
#include "app/host_parser.h"
#include "app/load.h"
#include "app/load_and_keep.h"
#include "app/pipeline.h"
#include "app/query.h"
#include "generate/generate.h"

namespace bh::app {

/// Whether what is written to this folder (none: the policy folder) is read by the host's own parser at boot.
[[nodiscard]] bool persists_for_host_parser(Session& session, const std::optional<std::string>& output_dir);

struct ApplyOptions {
  std::string input;
  bool dry_run = false;
  bool force = false;                     ///< overwrite a file that is not ours or was edited, keeping a copy
  std::optional<std::string> output_dir;  ///< instead of the policy folder; made if missing
};

enum class FileOutcome : std::uint8_t {
  written,
  unchanged,   ///< it held the same bytes already
  is_input,    ///< the user applied that very file
  not_kept,    ///< a compiled policy has no text to keep
  would_write  ///< dry run
};

struct ApplyReport {
  std::string name;
  std::vector<LoadedEntry> profiles;
  std::size_t bytes = 0;
  bool dry_run = false;

  bool loaded = false;
  Verified verified = Verified::listed;
  kernel::Availability kernel;  ///< why it is not loaded, where the kernel has no AppArmor
  ChosenFeatures features;

  std::string path;  ///< of the persisted file
  FileOutcome file = FileOutcome::not_kept;
  std::string backup;          ///< copy of what was overwritten
  std::string unsynced;        ///< the file is in place, but the disk did not confirm it: why
  bool silent_denies = false;  ///< kept for complain mode, with denies that another parser enforces silently
  bool in_policy_folder = false;     ///< where the distribution's boot service reads
  std::vector<std::string> back_by;  ///< the units that load the file at a boot; empty: none will
  HostParser host_parser = HostParser::not_installed;

  std::vector<ExpectationResult>
      expectations;  ///< the spec's; one that does not hold: nothing was loaded or written
  [[nodiscard]] bool as_expected() const {
    return std::ranges::all_of(expectations, &ExpectationResult::holds);
  }
  bool exec_lists = false;                     ///< the spec speaks of what may be executed
  std::vector<generate::Tightened> tightened;  ///< of a bane file under strict: what bane let be done
};

[[nodiscard]] Result<ApplyReport> apply(Session& session, Pipeline& pipeline, const ApplyOptions& options);

}  // namespace bh::app
