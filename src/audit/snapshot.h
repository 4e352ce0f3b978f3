// A snapshot as a file: JSON, written and read by the same list of fields (audit/facts_fields.h).
#pragma once

#include <string>
#include <string_view>

#include "audit/facts.h"
#include "base/result.h"

namespace bh::audit {

[[nodiscard]] std::string write_snapshot(const Snapshot& snapshot);
/// Errors: not JSON, not a snapshot, a newer format than this program knows, a field of the wrong type.
[[nodiscard]] Result<Snapshot> read_snapshot(std::string_view text);

}  // namespace bh::audit
