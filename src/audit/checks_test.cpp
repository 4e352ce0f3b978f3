// Every check on small snapshots: testdata/clean.json, changed in one place as testdata/checks.json says, and
// the outcome expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "audit/audit.h"
#include "audit/snapshot.h"
#include "base/file.h"
#include "docker/json.h"

namespace bh::audit {
namespace {

using docker::Json;

Json read_test_json(const std::string& name) {
  auto text = read_file(Os::real(), std::string(BH_SOURCE_DIR) + "/src/audit/testdata/" + name);
  EXPECT_TRUE(text) << name;
  return Json::parse(*text);
}

/// "containers.value.0.init": walks objects and lists; a `log-opts` in the middle is one step. null removes.
void set_at(Json& root, std::string_view path, const Json& value) {
  Json* at = &root;
  for (;;) {
    auto dot = path.find('.');
    std::string step(path.substr(0, dot));
    bool last = dot == std::string_view::npos;
    if (last && value.is_null() && at->is_object()) {
      at->erase(step);
      return;
    }
    at = at->is_array() ? &(*at)[std::stoul(step)] : &(*at)[step];
    if (last) break;
    path.remove_prefix(dot + 1);
  }
  *at = value;
}

report::Finding run_one(const Json& snapshot_json, const std::string& key) {
  auto snapshot = read_snapshot(snapshot_json.dump());
  EXPECT_TRUE(snapshot) << (snapshot ? "" : snapshot.error().text);
  for (const auto& check : catalogue()) {
    if (check.key != key) continue;
    std::string version = "1.8.0";
    for (auto candidate : benchmark_versions)
      if (check.id(version).empty()) version = candidate;
    auto report = run_audit(*snapshot, {}, {.benchmark = version, .checks = {key}});
    EXPECT_TRUE(report) << (report ? "" : report.error().text);
    return report->findings.front();
  }
  ADD_FAILURE() << "no check " << key;
  return {};
}

TEST(Checks, GiveTheExpectedOutcome) {
  const auto clean = read_test_json("clean.json");
  for (const auto& row : read_test_json("checks.json")) {
    auto snapshot = clean;
    for (const auto& [path, value] : row["set"].items()) set_at(snapshot, path, value);
    auto finding = run_one(snapshot, row["check"]);
    EXPECT_EQ(word(finding.outcome), row["outcome"].get<std::string>())
        << row["check"] << ", " << row["when"] << ": " << finding.summary;
  }
}

TEST(Checks, EachHasCases) {
  // A check that can decide has a case for each way; families are represented by one of them.
  std::set<std::string> seen;
  for (const auto& row : read_test_json("checks.json")) seen.insert(row["check"]);
  std::set<CheckFunction> covered;
  for (const auto& check : catalogue())
    if (seen.contains(std::string(check.key))) covered.insert(check.function);
  for (const auto& check : catalogue())
    if (check.section != Section::enterprise) {
      EXPECT_TRUE(covered.contains(check.function)) << check.key << " has no case";
    }
}

TEST(Checks, EmptySnapshotPassesNothingByMistake) {
  auto snapshot = read_snapshot(R"({"schema": "bulkhead.snapshot", "format": 1, "local": true})");
  ASSERT_TRUE(snapshot);
  for (auto version : benchmark_versions) {
    auto report = run_audit(*snapshot, {}, {.benchmark = std::string(version)});
    ASSERT_TRUE(report);
    for (const auto& finding : report->findings)
      EXPECT_NE(finding.outcome, Outcome::pass) << finding.key << ": " << finding.summary;
  }
}

TEST(Catalogue, IdsAgreeWithTheReferenceTable) {
  const char* corpora = std::getenv("BULKHEAD_CORPORA");
  std::string path =
      (corpora != nullptr ? std::string(corpora) : std::string(BH_SOURCE_DIR) + "/../shared/corpora") +
      "/../spec/cis-docker.json";
  auto text = read_file(Os::real(), path);
  if (!text) GTEST_SKIP() << path << " is not here";
  auto reference = Json::parse(*text);
  std::size_t found = 0;
  for (const auto& entry : reference) {
    for (const auto& check : catalogue()) {
      if (check.key != entry["key"].get<std::string>()) continue;
      ++found;
      for (auto version : benchmark_versions) {
        auto id = check.id(version);
        auto expected = entry["ids"].value(std::string(version), std::string(check.own_id));
        EXPECT_EQ(id, expected) << check.key << " in " << version;
      }
      EXPECT_EQ(word(check.section), entry["section"].get<std::string>()) << check.key;
      EXPECT_EQ(check.automated, entry["automated"].get<bool>()) << check.key;
      EXPECT_EQ(check.level, entry["level"].is_null() ? 0 : entry["level"].get<int>()) << check.key;
    }
  }
  EXPECT_EQ(found, reference.size());
  EXPECT_EQ(found, 155u);
}

TEST(Selection, ErrorsNameTheNearest) {
  auto snapshot = read_snapshot(read_test_json("clean.json").dump());
  ASSERT_TRUE(snapshot);
  EXPECT_THAT(run_audit(*snapshot, {}, {.benchmark = "1.8"}).error().text,
              testing::HasSubstr("there is no benchmark version 1.8; there are 1.0.0, "));
  EXPECT_THAT(run_audit(*snapshot, {}, {.sections = {"runtme"}}).error().text,
              testing::HasSubstr("did you mean runtime?"));
  EXPECT_THAT(run_audit(*snapshot, {}, {.containers = {"wbe"}}).error().text,
              testing::HasSubstr("did you mean web?"));
}

TEST(Selection, IdsAreOrderedAsNumbers) {
  EXPECT_TRUE(id_less("2.9", "2.10"));
  EXPECT_TRUE(id_less("1.1", "1.1.1"));
  EXPECT_TRUE(id_less("7.10", "BH.1"));
  EXPECT_FALSE(id_less("C.5", "7.1"));
}

TEST(Snapshot, SurvivesWritingAndReading) {
  auto first = read_snapshot(read_test_json("clean.json").dump());
  ASSERT_TRUE(first);
  auto text = write_snapshot(*first);
  auto second = read_snapshot(text);
  ASSERT_TRUE(second) << second.error().text;
  EXPECT_EQ(write_snapshot(*second), text);
}

TEST(Snapshot, RefusesWhatItDoesNotKnow) {
  EXPECT_THAT(read_snapshot("{}").error().text, testing::HasSubstr("not a snapshot"));
  EXPECT_THAT(read_snapshot("[1").error().text, testing::HasSubstr("not JSON at byte"));
  EXPECT_THAT(read_snapshot(R"({"schema": "bulkhead.snapshot", "format": 99, "local": true})").error().text,
              testing::HasSubstr("format 99"));
  EXPECT_THAT(read_snapshot(R"({"schema": "bulkhead.snapshot", "format": 1, "local": "yes"})").error().text,
              testing::HasSubstr("local is a string"));
  EXPECT_THAT(read_snapshot(std::string(100, '[')).error().text, testing::HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace bh::audit
