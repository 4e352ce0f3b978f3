// load: compiled policy into the kernel, in one atomic write, then read back. New profiles are added, loaded
// ones replaced: running processes go on under the new rules.
#pragma once

#include <string>
#include <vector>

#include "app/pipeline.h"
#include "app/verify.h"

namespace bh::app {

struct LoadedEntry {
  std::string name;
  std::string mode;
  bool replaced = false;  ///< a profile of that name was loaded before
};

struct LoadReport {
  std::string input;  ///< as the user wrote it
  std::vector<LoadedEntry> profiles;
  std::size_t bytes = 0;
  Verified verified = Verified::listed;
  bool dry_run = false;
};

struct LoadOptions {
  bool dry_run = false;     ///< everything but the write
  bool no_replace = false;  ///< an error if one of the profiles is loaded already
};

/// Compiles `input` and loads it.
[[nodiscard]] Result<LoadReport> load(Session& session, Pipeline& pipeline, const std::string& input,
                                      const LoadOptions& options);

/// The profiles of `policy` as they are listed; `replaced` by what `loaded` holds.
[[nodiscard]] std::vector<LoadedEntry> entries_of(const compile::KernelPolicy& policy,
                                                  const std::vector<kernel::LoadedProfile>& loaded);

}  // namespace bh::app
