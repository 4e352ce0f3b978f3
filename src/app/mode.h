// mode: a loaded profile to complain or enforce, without touching what it says, now and after the next boot.
//
// Where the file that keeps the profile compiles to exactly what is loaded, it is compiled again for the
// other mode. Else the kernel's own copy is decoded and changed. Complain must log every refusal, and the
// kernel keeps quiet about (and enforces!) plain denies also in complain mode; so complain clears what is
// quiet, and the way back from a changed copy leaves those denies audible. The file follows by one word in
// the head of the profile.
#pragma once

#include <string>
#include <vector>

#include "app/kept_files.h"
#include "app/mode_text.h"
#include "app/pipeline.h"
#include "app/verify.h"

namespace bh::app {

struct ModeOptions {
  WantedMode mode = WantedMode::enforce;
  bool keep_file = false;  ///< the file keeps its own mode for the next boot
  bool force = false;      ///< also change a file that bulkhead did not write, keeping a copy
};

struct ModeReport {
  std::string name;
  std::string before;
  std::string now;
  std::vector<std::string> with_it;  ///< children and hats that changed too
  std::string source;                ///< the file it was compiled from; empty: the kernel's copy was changed
  std::string file;                  ///< that brings it back after a boot; empty: none
  bool file_changed = false;
  std::string file_kept_because;  ///< the file says another mode than the kernel now: why; else empty
  std::string backup;
  /// The file's plain denies, which the distributions' parser would enforce without a line in the log.
  bool silent_denies = false;
  Verified verified = Verified::listed;
};

/// Errors: not loaded; a mode that is not between these two (unconfined, kill, user); no copy and no source;
/// the kernel refuses; the file cannot be written (then the kernel has the old mode again).
[[nodiscard]] Result<ModeReport> set_mode(Session& session, Pipeline& pipeline, const std::string& name,
                                          const ModeOptions& options);

/// In a compiled policy: the mode of `name` and what is under it (`name//…`). Complain also clears every
/// quiet mask. Returns the names that changed, `name` first.
std::vector<std::string> change_mode(compile::KernelPolicy& policy, const std::string& name, WantedMode mode);

}  // namespace bh::app
