#include "cli/json.h"

#include <nlohmann/json.hpp>

#include "check/ignore.h"

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

std::string_view word(app::Verified verified) {
  constexpr std::string_view words[] = {"bytes", "digest", "listed"};
  return words[static_cast<std::size_t>(verified)];
}

Json entries_json(const std::vector<app::LoadedEntry>& entries) {
  Json all = Json::array();
  for (const auto& entry : entries)
    all.push_back({{"name", entry.name}, {"mode", entry.mode}, {"replaced", entry.replaced}});
  return all;
}

Json place_json(const app::Session& session, diag::Span span) {
  if (!span.valid()) return nullptr;
  auto at = session.sources.position(span.source, span.begin);
  return {{"file", session.sources.name(span.source)}, {"line", at.line}, {"column", at.column}};
}

Json diagnostic_json(const app::Session& session, const diag::Diagnostic& diagnostic,
                     diag::Severity severity) {
  constexpr std::string_view severities[] = {"note", "warning", "error"};
  Json labels = Json::array();
  for (const auto& label : diagnostic.labels)
    labels.push_back({{"place", place_json(session, label.span)}, {"text", label.text}});
  return {{"code", fmt::format("BH{}", diag::info(diagnostic.code).number)},
          {"severity", severities[static_cast<std::size_t>(severity)]},
          {"place", place_json(session, diagnostic.span)},
          {"message", diagnostic.message},
          {"labels", labels},
          {"help", diagnostic.help}};
}

Json diagnostics_json(const app::Session& session, std::size_t begin, std::size_t end) {
  Json all = Json::array();
  for (std::size_t i = begin; i < end; ++i) {
    const diag::Diagnostic& diagnostic = session.sink.diagnostics()[i];
    all.push_back(diagnostic_json(session, diagnostic, diagnostic.severity));
  }
  return all;
}

/// Of many inputs, in their order.
Json diagnostics_json(const std::vector<app::Said>& said, const Warnings& warnings) {
  Json all = Json::array();
  for (const app::Said& some : said)
    for (std::size_t i = some.begin; i < some.end; ++i) {
      const diag::Diagnostic& diagnostic = some.session->sink.diagnostics()[i];
      if (warnings.shows(diagnostic))
        all.push_back(
            diagnostic_json(*some.session, diagnostic,
                            warnings.stops_at(diagnostic) ? diag::Severity::error : diagnostic.severity));
    }
  return all;
}

Json passes_json(const PassTimes& times) {
  Json all = Json::array();
  for (std::size_t i = 0; i < std::size(pass_infos); ++i) {
    const auto figures = times.of(static_cast<Pass>(i));
    all.push_back({{"pass", pass_infos[i].name},
                   {"cpu_ms", static_cast<double>(figures.nanoseconds) / 1e6},
                   {"times", figures.times}});
  }
  return all;
}

Json expectations_json(const std::vector<app::ExpectationResult>& expectations) {
  Json all = Json::array();
  for (const auto& one : expectations)
    all.push_back({{"action", one.action},
                   {"expect", one.allow ? "allow" : "deny"},
                   {"holds", one.holds},
                   {"verdict", one.verdict}});
  return all;
}

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json lines_json(const std::vector<query::DecidingLine>& lines) {
  Json all = Json::array();
  for (const auto& line : lines)
    all.push_back({{"place", or_null(line.place)},
                   {"rule", line.rule},
                   {"deny", line.deny},
                   {"included", line.included}});
  return all;
}

Json findings_json(const std::vector<query::FindingLines>& findings) {
  Json all = Json::array();
  for (const auto& one : findings) {
    Json turn = nullptr;
    if (one.turn)
      turn = {{"without", lines_json(one.turn->without)},
              {"then", one.turn->lets_through ? "allowed" : "denied"}};
    all.push_back({{"what", one.what},
                   {"verdict", query::verdict_text(one.verdict)},
                   {"transition", or_null(one.transition)},
                   {"note", or_null(one.note)},
                   {"rules", lines_json(one.rules)},
                   {"near", lines_json(one.near)},
                   {"turn", turn}});
  }
  return all;
}

Json asked_json(const app::Asked& asked) {
  Json json = {{"action", asked.text}, {"allowed", asked.is_allowed()}, {"denied", asked.is_denied()}};
  const bool has_answer = !asked.any || asked.any->example;
  json["owner"] = has_answer ? Json(query::verdict_text(asked.answer.owner.verdict)) : Json(nullptr);
  json["other"] = has_answer ? Json(query::verdict_text(asked.answer.other.verdict)) : Json(nullptr);
  json["rules"] = asked.places;
  json["explanation"] = asked.explanation;
  json["findings"] = {{"owner", findings_json(asked.owner)}, {"other", findings_json(asked.other)}};
  if (asked.any)
    json["any"] = {{"example", asked.any->example ? Json(asked.any->example->text) : Json(nullptr)},
                   {"allowed", asked.any->allowed_texts},
                   {"except", asked.any->except_texts},
                   {"exact", asked.any->exact},
                   {"not_mediated", asked.any->not_mediated}};
  return json;
}

Json change_json(const diff::Change& change) {
  Json objects = Json::array(), examples = Json::array();
  for (std::size_t i = 0; i < change.object_texts.size(); ++i)
    objects.push_back({{"pattern", change.object_texts[i]}, {"exact", change.objects.rows[i].exact}});
  for (const auto& example : change.examples)
    examples.push_back({{"action", example.action},
                        {"a", query::verdict_text(example.verdict_a)},
                        {"b", query::verdict_text(example.verdict_b)},
                        {"rules_a", lines_json(example.lines_a)},
                        {"rules_b", lines_json(example.lines_b)}});
  return {{"gain", change.gain},
          {"severity", diff::word(change.severity)},
          {"why", or_null(change.why)},
          {"kind", change.kind},
          {"what", change.what},
          {"who", change.owner_only   ? "owner"
                  : change.other_only ? "other"
                                      : "everybody"},
          {"objects", objects},
          {"except", change.except_texts},
          {"examples", examples}};
}

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
         {"back_by", profile.back_by},
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
                   {"file_kept_because", or_null(report.file_kept_because)},
                   {"backup", or_null(report.backup)},
                   {"undo", or_null(report.undo)}});
  return finish(all);
}

std::string to_json(const std::vector<app::LoadReport>& reports) {
  Json all = Json::array();
  for (const auto& report : reports)
    all.push_back({{"input", report.input},
                   {"bytes", report.bytes},
                   {"loaded", !report.dry_run},
                   {"verified", report.dry_run ? Json(nullptr) : Json(word(report.verified))},
                   {"profiles", entries_json(report.profiles)}});
  return finish(all);
}

std::string to_json(const std::vector<app::ModeReport>& reports) {
  Json all = Json::array();
  for (const auto& report : reports)
    all.push_back({{"name", report.name},
                   {"before", report.before},
                   {"now", report.now},
                   {"with_it", report.with_it},
                   {"source", or_null(report.source)},
                   {"file", or_null(report.file)},
                   {"file_changed", report.file_changed},
                   {"file_kept_because", or_null(report.file_kept_because)},
                   {"backup", or_null(report.backup)},
                   {"verified", word(report.verified)}});
  return finish(all);
}

std::string to_json(const app::RestoreReport& report) {
  Json all = Json::array();
  for (const auto& file : report.files)
    all.push_back({{"file", file.path},
                   {"file_written_by", word(file.state)},
                   {"loaded", file.trouble.empty() && !report.dry_run},
                   {"trouble", or_null(file.trouble)},
                   {"profiles", entries_json(file.profiles)}});
  return finish(all);
}

std::string to_json(const app::CompileReport& report, const Warnings& warnings, const PassTimes* times) {
  Json files = Json::array();
  for (const auto& file : report.files) {
    Json profiles = Json::array();
    for (const auto& profile : file.profiles)
      profiles.push_back({{"name", profile.name},
                          {"mode", profile.mode},
                          {"file_states", profile.file_states},
                          {"policy_states", profile.policy_states}});
    constexpr std::string_view cache_words[] = {"off", "hit", "miss"};
    files.push_back({{"input", file.input},
                     {"bytes", file.bytes},
                     {"cache", cache_words[static_cast<std::size_t>(file.cache)]},
                     {"profiles", profiles}});
  }
  Json failed = Json::array();
  for (const auto& file : report.failed) failed.push_back({{"input", file.input}, {"error", file.why}});
  Json all = {{"features", report.features},
              {"assumed", report.assumed},
              {"files", files},
              {"failed", failed},
              {"diagnostics", diagnostics_json(report.said, warnings)}};
  if (times != nullptr) all["passes"] = passes_json(*times);
  return finish(all);
}

std::string to_json(const app::QueryReport& report) {
  Json answers = Json::array();
  for (const auto& asked : report.asked) answers.push_back(asked_json(asked));
  return finish({{"profile", report.profile}, {"features", or_null(report.features)}, {"answers", answers}});
}

std::string to_json(const diff::Report& report) {
  Json profiles = Json::array();
  for (const auto& pair : report.profiles) {
    Json changes = Json::array();
    for (const auto& change : pair.changes) changes.push_back(change_json(change));
    Json catalogue = Json::array();
    for (const auto& change : pair.catalogue)
      catalogue.push_back({{"id", change.row->id},
                           {"title", change.row->title},
                           {"a", query::outcome_text(change.a)},
                           {"b", query::outcome_text(change.b)}});
    profiles.push_back({{"a", pair.a}, {"b", pair.b}, {"changes", changes}, {"catalogue", catalogue}});
  }
  const auto* worst = report.severest_gain();
  return finish({{"a", report.a},
                 {"b", report.b},
                 {"same", report.same()},
                 {"gains", report.count(true)},
                 {"losses", report.count(false)},
                 {"severest_gain", worst == nullptr ? Json(nullptr) : Json(diff::word(worst->severity))},
                 {"profiles", profiles},
                 {"only_a", report.only_a},
                 {"only_b", report.only_b}});
}

std::string to_json(const std::vector<query::PolicyDifference>& differences) {
  Json all = Json::array();
  for (const auto& one : differences)
    all.push_back({{"profile", or_null(one.profile)},
                   {"part", one.part},
                   {"difference", one.what},
                   {"witness", one.witness ? Json(*one.witness) : Json(nullptr)}});
  return finish({{"same", differences.empty()}, {"differences", all}});
}

std::string to_json(const app::ApplyReport& report, const app::Session& session) {
  constexpr std::string_view files[] = {"written", "unchanged", "is_input", "not_kept", "would_write"};
  constexpr std::string_view parsers[] = {"not_asked", "accepts", "refuses"};
  Json tightened = Json::array();
  for (const auto& one : report.tightened)
    tightened.push_back({{"what", one.what}, {"where", one.where}, {"why", one.why}});
  return finish({{"name", report.name},
                 {"dry_run", report.dry_run},
                 {"loaded", report.loaded},
                 {"verified", report.loaded ? Json(word(report.verified)) : Json(nullptr)},
                 {"not_loaded_because", or_null(report.kernel.cause)},
                 {"way_out", or_null(report.kernel.way_out)},
                 {"profiles", entries_json(report.profiles)},
                 {"bytes", report.bytes},
                 {"features", or_null(report.features.origin)},
                 {"features_assumed", report.features.assumed},
                 {"file", or_null(report.path)},
                 {"file_outcome", files[static_cast<std::size_t>(report.file)]},
                 {"backup", or_null(report.backup)},
                 {"file_unsynced", or_null(report.unsynced)},
                 {"survives_reboot", !report.back_by.empty()},
                 {"back_by", report.back_by},
                 {"host_parser", parsers[static_cast<std::size_t>(report.host_parser)]},
                 {"docker_flag", "--security-opt apparmor=" + report.name},
                 {"as_expected", report.as_expected()},
                 {"expectations", expectations_json(report.expectations)},
                 {"tightened", tightened},
                 {"diagnostics", diagnostics_json(session, 0, session.sink.diagnostics().size())}});
}

std::string to_json(const std::vector<app::ContainerStatus>& containers) {
  Json all = Json::array();
  for (const auto& container : containers)
    all.push_back({{"id", container.id},
                   {"name", container.name},
                   {"image", container.image},
                   {"state", container.state},
                   {"asked", container.asked},
                   {"carried", container.carried},
                   {"mode", or_null(container.mode)},
                   {"back_by", container.back_by},
                   {"findings", container.findings}});
  return finish({{"containers", all}});
}

std::string to_json(const app::RunArgs& args) {
  return finish({{"name", args.name},
                 {"security_opt", "apparmor=" + args.name},
                 {"cap_drop", args.drop_all ? Json::array({"ALL"}) : Json(args.drop)},
                 {"cap_add", args.add}});
}

std::string to_json(const std::vector<app::CheckedFile>& files, const app::Session& session) {
  Json all = Json::array();
  for (const auto& file : files) {
    Json findings = Json::array();
    for (const auto& finding : file.findings) {
      Json one = diagnostic_json(session, finding.diagnostic, finding.diagnostic.severity);
      one["name"] = check::name_of(finding.diagnostic.code);
      one["fix"] = finding.edits.empty() ? Json(nullptr) : Json(finding.keeps_policy ? "safe" : "unsafe");
      findings.push_back(std::move(one));
    }
    all.push_back({{"file", file.input},
                   {"failed", or_null(file.failed)},
                   {"profile", or_null(file.profile)},
                   {"expectations", expectations_json(file.expectations)},
                   {"findings", findings},
                   {"diagnostics", diagnostics_json(session, file.said_begin, file.said_end)}});
  }
  return finish({{"files", all}});
}

std::string to_json(const app::ScoreReport& report) {
  Json profiles = Json::array();
  for (const auto& profile : report.profiles)
    profiles.push_back({{"input", profile.input},
                        {"title", profile.title},
                        {"name", profile.name},
                        {"attacks_blocked", profile.score.attacks_blocked},
                        {"attacks", profile.score.attacks},
                        {"functions_kept", profile.score.functions_kept},
                        {"functions", profile.score.functions}});
  Json rows = Json::array();
  for (std::size_t i = 0; i < query::catalogue().size(); ++i) {
    const query::CatalogueRow& row = query::catalogue()[i];
    Json cells = Json::array();
    for (const auto& profile : report.profiles) {
      const query::RowScore& scored = profile.score.rows[i];
      cells.push_back({{"outcome", query::outcome_text(scored.outcome)},
                       {"good", scored.good()},
                       {"silent", scored.silent},
                       {"rules", profile.deciding[i]}});
    }
    rows.push_back({{"id", row.id},
                    {"kind", row.kind == query::RowKind::attack ? "attack" : "function"},
                    {"title", row.title},
                    {"stands_for", row.stands_for},
                    {"remedy", row.remedy},
                    {"cells", cells}});
  }
  return finish({{"features", or_null(report.features)}, {"profiles", profiles}, {"rows", rows}});
}

std::string json_string(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bh::cli
