// Which rules a compiled profile came from.
#pragma once

#include <cstddef>
#include <optional>

#include "app/pipeline.h"
#include "query/explain.h"

namespace bh::app {

/// `index`: in `compiled.policy.profiles`. None: the policy came compiled. Refers to both.
[[nodiscard]] std::optional<query::Origin> origin_of(const Session& session, const Compiled& compiled,
                                                     std::size_t index);

}  // namespace bh::app
