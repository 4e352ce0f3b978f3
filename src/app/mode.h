// mode: a loaded profile to complain or enforce, without touching what it says.
//
// Where the file in the policy folder compiles to exactly what is loaded, it is compiled again for the other
// mode. Else the kernel's own copy is decoded and changed. Complain must log every refusal, and the kernel
// keeps quiet about (and enforces!) plain denies also in complain mode; so complain clears what is quiet, and
// the way back from a changed copy leaves those denies audible.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "app/verify.h"

namespace bh::app {

enum class WantedMode : std::uint8_t { enforce, complain };

struct ModeReport {
  std::string name;
  std::string before;
  std::string now;
  std::vector<std::string> with_it;  ///< children and hats that changed too
  std::string source;                ///< the file it was compiled from; empty: the kernel's copy was changed
  std::string file;  ///< the persisted file, which keeps its own mode for the next boot; may be empty
  Verified verified = Verified::listed;
};

/// Errors: not loaded; a mode that is not between these two (unconfined, kill, user); no copy and no source;
/// the kernel refuses.
[[nodiscard]] Result<ModeReport> set_mode(Session& session, Pipeline& pipeline, const std::string& name,
                                          WantedMode mode);

/// In a compiled policy: the mode of `name` and what is under it (`name//…`). Complain also clears every
/// quiet mask. Returns the names that changed, `name` first.
std::vector<std::string> change_mode(compile::KernelPolicy& policy, const std::string& name, WantedMode mode);

}  // namespace bh::app
