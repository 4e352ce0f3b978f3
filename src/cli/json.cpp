#include "cli/json.h"

#include <nlohmann/json.hpp>

namespace bh::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string finish(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json processes_json(const std::vector<kernel::ConfinedProcess>& processes) {
  Json all = Json::array();
  for (const auto& process : processes)
    all.push_back({{"pid", process.pid},
                   {"command", process.command},
                   {"label", process.label},
                   {"mode", process.mode}});
  return all;
}

std::string_view word(app::FileState state) {
  constexpr std::string_view words[] = {"absent", "bulkhead", "edited", "other"};
  return words[static_cast<std::size_t>(state)];
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

}  // namespace

std::string to_json(const app::StatusReport& report) {
  Json profiles = Json::array();
  for (const auto& profile : report.profiles)
    profiles.push_back(
        {{"name", profile.name},
         {"mode", profile.mode},
         {"persisted", !profile.file.empty()},
         {"file", or_null(profile.file)},
         {"file_written_by", profile.file.empty() ? Json(nullptr) : Json(word(profile.file_state))},
         {"processes", processes_json(profile.processes)}});
  return finish({{"profiles", profiles}, {"strays", processes_json(report.strays)}});
}

std::string to_json(const std::vector<app::RemoveReport>& reports) {
  Json all = Json::array();
  for (const auto& report : reports)
    all.push_back({{"name", report.name},
                   {"was_loaded", report.was_loaded},
                   {"removed", report.removed},
                   {"children", report.children},
                   {"processes", processes_json(report.processes)},
                   {"file", or_null(report.file)},
                   {"file_removed", report.file_removed},
                   {"file_kept_because", or_null(report.file_kept_because)}});
  return finish(all);
}

}  // namespace bh::cli
