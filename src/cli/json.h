// Reports of verbs as JSON. One file knows the JSON library; keys are stable, new ones may be added.
#pragma once

#include <string>

#include <vector>

#include "app/apply.h"
#include "app/check.h"
#include "app/compile_files.h"
#include "app/container_status.h"
#include "app/diff.h"
#include "app/load.h"
#include "app/mode.h"
#include "app/query.h"
#include "app/remove.h"
#include "app/restore.h"
#include "app/run_args.h"
#include "app/score.h"
#include "app/session.h"
#include "app/status.h"
#include "cli/warnings.h"

namespace bh::cli {

// Each ends in a newline. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string to_json(const app::StatusReport& report);
[[nodiscard]] std::string to_json(const std::vector<app::RemoveReport>& reports);
[[nodiscard]] std::string to_json(const std::vector<app::LoadReport>& reports);
[[nodiscard]] std::string to_json(const std::vector<app::ModeReport>& reports);
[[nodiscard]] std::string to_json(const app::RestoreReport& report);
/// With what was said, as `warnings` choose; and where the time went, if `times` know.
[[nodiscard]] std::string to_json(const app::CompileReport& report, const Warnings& warnings,
                                  const PassTimes* times);
[[nodiscard]] std::string to_json(const app::QueryReport& report);
[[nodiscard]] std::string to_json(const diff::Report& report);
[[nodiscard]] std::string to_json(const std::vector<query::PolicyDifference>& differences);
/// With the session's warnings.
[[nodiscard]] std::string to_json(const app::ApplyReport& report, const app::Session& session);

[[nodiscard]] std::string to_json(const app::RunArgs& args);
[[nodiscard]] std::string to_json(const std::vector<app::ContainerStatus>& containers);

[[nodiscard]] std::string to_json(const std::vector<app::CheckedFile>& files, const app::Session& session);

[[nodiscard]] std::string to_json(const app::ScoreReport& report);

/// The text as one JSON string, quotes included.
[[nodiscard]] std::string json_string(const std::string& text);

}  // namespace bh::cli
