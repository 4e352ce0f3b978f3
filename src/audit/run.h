// What the commands call: where facts come from, and when a report counts as bad.
#pragma once

#include <string>

#include "audit/audit.h"
#include "audit/collect.h"
#include "base/os.h"
#include "docker/find.h"

namespace bh::audit {

struct Source {
  std::string from;     ///< a snapshot file; empty: the engine and the host
  std::string host;     ///< --host URL
  std::string context;  ///< --context NAME
  CollectOptions collect;
};

/// Errors: no engine, no permission, a snapshot that cannot be read.
[[nodiscard]] Result<Snapshot> obtain(Os& os, const docker::Environment& environment, const Source& source,
                                      std::string tool_version);

/// "fail", "unknown" (and fail), "warn" (and those), "never": whether the report ends the run with 1.
[[nodiscard]] bool is_bad(const report::Document& document, std::string_view fail_on);

/// The files that audit-rules would watch on this host: the engine is asked for its data root where it
/// answers, else the usual is taken.
[[nodiscard]] std::vector<FileFact> watchable_files(Os& os, const docker::Environment& environment,
                                                    const Source& source);

}  // namespace bh::audit
