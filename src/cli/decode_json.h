// A compiled policy as JSON: what `bulkhead decode --format json` prints.
#pragma once

#include <string>

#include "compile/policydb.h"

namespace bh::cli {

/// Ends in a newline. Bytes that are not printable ASCII stand as `\xNN` in names and examples
/// (compile::escaped).
[[nodiscard]] std::string to_json(const compile::KernelPolicy& policy);

}  // namespace bh::cli
