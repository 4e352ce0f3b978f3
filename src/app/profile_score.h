// What the audit asks of the policy modules: how a profile in the kernel fares against the catalogue.
#pragma once

#include <string>

#include "app/session.h"
#include "audit/facts.h"

namespace bh::app {

/// Never an error: what cannot be scored says why.
[[nodiscard]] audit::ProfileScore score_loaded(Session& session, const std::string& profile);

}  // namespace bh::app
