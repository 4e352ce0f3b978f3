// The file rules of strict. A plan first (which sets, which exceptions), then text.
//
// The one difficulty: in AppArmor's language a denial always wins, so "read-only but for this" cannot be a
// denial. A read-only folder with something writable inside is therefore left out of what is allowed
// (glob_sets.h, everything_but); a set that is no folder is denied less its exceptions; where neither can be
// said in globs, the denial stays whole and a warning says what it costs.
#pragma once

#include <string>
#include <vector>

#include "generate/image_names.h"
#include "generate/path_set.h"
#include "generate/strict.h"

namespace bh::generate {

/// What may be written although nobody asked: a process cannot live without.
[[nodiscard]] const std::vector<PathSet>& always_writable();
/// `*.so`, `*.so.*`, `*.node`, anywhere.
[[nodiscard]] const PathSet& loadable_libraries();
/// The dynamic loader, run as a command.
[[nodiscard]] const PathSet& dynamic_loader();
/// Files that exist in memory only (memfd_create): whoever runs one wrote it.
[[nodiscard]] const PathSet& memory_files();
/// Programs and libraries of the system.
[[nodiscard]] const PathSet& system_programs();
/// What every program reads to start.
[[nodiscard]] const std::vector<PathSet>& always_readable();

struct FileLists {
  std::vector<PathSet> read_only, log, writable, allow_exec, deny_exec, read, deny, quiet;
  std::vector<PathSet> shell_targets;  ///< what DenyExec's `sh` usually is
  bool writable_by_default = true;
  bool exec_listed = false;
  bool read_listed = false;
  bool floor = true;
  Globs settings;  ///< kernel settings of own namespaces that WritablePaths asks for
};

/// Reads and checks the lists: errors and warnings that concern them go to `sink`. Nothing after an error.
[[nodiscard]] std::optional<FileLists> file_lists(const Spec& spec, diag::Sink& sink,
                                                  const ImageNames* image = nullptr);

/// The union of several sets.
[[nodiscard]] Globs all_globs(const std::vector<PathSet>& sets);

}  // namespace bh::generate
