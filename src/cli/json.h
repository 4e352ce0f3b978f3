// Reports of verbs as JSON. One file knows the JSON library; keys are stable, new ones may be added.
#pragma once

#include <string>

#include "app/remove.h"
#include "app/session.h"
#include "app/status.h"

namespace bh::cli {

// Each ends in a newline. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const app::StatusReport& report);
[[nodiscard]] std::string to_json(const std::vector<app::RemoveReport>& reports);

}  // namespace bh::cli
