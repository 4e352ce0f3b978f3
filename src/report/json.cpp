// The reports that are JSON: our own and SARIF.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "report/render.h"

namespace bh::report {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"; }

Json score_json(const Score& score) {
  Json json = {{"percent", static_cast<double>(static_cast<long>(score.percent() * 10 + 0.5)) / 10}};
  for (auto outcome : {Outcome::pass, Outcome::warn, Outcome::fail, Outcome::unknown, Outcome::manual,
                       Outcome::not_applicable})
    json[std::string(word(outcome))] = score.of(outcome);
  return json;
}

Json evidence_json(const Evidence& item) {
  Json json = {{"outcome", word(item.outcome)}, {"subject", item.subject}, {"text", item.text}};
  if (!item.where.empty()) json["where"] = item.where;
  return json;
}

std::string_view sarif_level(Outcome outcome) {
  switch (outcome) {
    case Outcome::fail:
      return "error";
    case Outcome::warn:
    case Outcome::unknown:
      return "warning";
    default:
      return "note";
  }
}

/// What a result is about. SARIF wants a file for each result; most of ours are about containers, so a
/// logical location says what, and a path is a physical one.
Json location(const Evidence& item) {
  Json json = Json::object();
  if (item.subject.starts_with('/'))
    json["physicalLocation"] = {{"artifactLocation", {{"uri", "file://" + item.subject}}}};
  json["logicalLocations"] = Json::array(
      {{{"fullyQualifiedName", item.subject.empty() ? "host" : item.subject}, {"kind", "resource"}}});
  return json;
}

Json result(const Finding& finding, std::size_t rule, const Evidence& item) {
  auto where = item.where.empty() ? std::string() : fmt::format(" [{}]", item.where);
  auto text =
      item.subject.empty() ? item.text + where : fmt::format("{}: {}{}", item.subject, item.text, where);
  Json json = {
      {"ruleId", finding.id},
      {"ruleIndex", rule},
      {"kind", item.outcome == Outcome::manual || item.outcome == Outcome::unknown ? "review" : "fail"},
      {"level", item.outcome == Outcome::manual || item.outcome == Outcome::unknown
                    ? "none"
                    : sarif_level(item.outcome)},
      {"message", {{"text", text}}},
      {"locations", Json::array({location(item)})},
      {"partialFingerprints", {{"bulkhead/v1", fmt::format("{}|{}", finding.key, item.subject)}}}};
  return json;
}

}  // namespace

std::string to_json(const Document& document) {
  Json json = {{"schema", "bulkhead.audit"},
               {"format", 1},
               {"tool_version", document.tool_version},
               {"standard", document.standard},
               {"subject", document.subject},
               {"taken_at", document.taken_at},
               {"score", score_json(document.total)}};
  json["sections"] = Json::array();
  for (const auto& section : document.sections)
    json["sections"].push_back(
        {{"name", section.name}, {"title", section.title}, {"score", score_json(section.score)}});
  json["findings"] = Json::array();
  for (const auto& finding : document.findings) {
    Json item = {{"id", finding.id},
                 {"key", finding.key},
                 {"section", finding.section},
                 {"title", finding.title},
                 {"level", finding.level == 0 ? Json() : Json(finding.level)},
                 {"automated", finding.automated},
                 {"outcome", word(finding.outcome)},
                 {"summary", finding.summary},
                 {"help", finding.help}};
    item["evidence"] = Json::array();
    for (const auto& evidence : finding.evidence) item["evidence"].push_back(evidence_json(evidence));
    json["findings"].push_back(std::move(item));
  }
  return dump(json);
}

std::string to_sarif(const Document& document) {
  Json rules = Json::array();
  Json results = Json::array();
  for (std::size_t rule = 0; rule < document.findings.size(); ++rule) {
    const auto& finding = document.findings[rule];
    rules.push_back(
        {{"id", finding.id},
         {"name", finding.key},
         {"shortDescription", {{"text", finding.title}}},
         {"help", {{"text", finding.help.empty() ? finding.title : finding.help}}},
         {"properties",
          {{"section", finding.section}, {"level", finding.level}, {"automated", finding.automated}}}});
    if (finding.outcome == Outcome::pass || finding.outcome == Outcome::not_applicable) continue;
    bool any = false;
    for (const auto& item : finding.evidence) {
      if (item.outcome == Outcome::pass || item.outcome == Outcome::not_applicable) continue;
      results.push_back(result(finding, rule, item));
      any = true;
    }
    if (!any) results.push_back(result(finding, rule, {finding.outcome, "", finding.summary, ""}));
  }
  Json run = {
      {"tool",
       {{"driver",
         {{"name", "bulkhead"},
          {"version", document.tool_version.empty() ? "0" : document.tool_version},
          {"rules", std::move(rules)}}}}},
      {"invocations", Json::array({{{"executionSuccessful", true}, {"endTimeUtc", document.taken_at}}})},
      {"results", std::move(results)},
      {"properties",
       {{"standard", document.standard},
        {"subject", document.subject},
        {"score", score_json(document.total)}}}};
  if (document.taken_at.empty()) run["invocations"][0].erase("endTimeUtc");
  return dump({{"$schema",
                "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", Json::array({std::move(run)})}});
}

}  // namespace bh::report
