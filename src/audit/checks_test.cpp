// Every check on small snapshots: testdata/clean.json, changed in one place as testdata/checks.json says, and
// the outcome expected.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "audit/audit.h"
#include "audit/checks.h"
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

/// The benchmark's table that the catalogue was made from, beside the corpora; null where it is not there.
Json reference_table() {
  const char* corpora = std::getenv("BULKHEAD_CORPORA");
  std::string path =
      (corpora != nullptr ? std::string(corpora) : std::string(BH_SOURCE_DIR) + "/../shared/corpora") +
      "/../spec/cis-docker.json";
  auto text = read_file(Os::real(), path);
  return text ? Json::parse(*text) : Json();
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

/// What the owner of the host has decided in a row: "policy": {"allowed_ports": [8080]}.
Policy policy_of(const Json& row) {
  Policy policy;
  if (!row.contains("policy")) return policy;
  const auto& said = row["policy"];
  policy.trusted_users = said.value("trusted_users", std::set<std::string>{});
  policy.trusted_registries = said.value("trusted_registries", std::vector<std::string>{});
  policy.allowed_ports = said.value("allowed_ports", std::set<std::uint32_t>{});
  policy.allowed_cgroup_parents = said.value("allowed_cgroup_parents", std::set<std::string>{});
  policy.swarm_needed = said.value("swarm_needed", false);
  return policy;
}

report::Finding run_one(const Json& snapshot_json, const Check& check, const Policy& policy) {
  auto snapshot = read_snapshot(snapshot_json.dump());
  EXPECT_TRUE(snapshot) << (snapshot ? "" : snapshot.error().text);
  std::string version = "1.8.0";
  for (auto candidate : benchmark_versions)
    if (check.id(version).empty()) version = candidate;
  auto report = run_audit(*snapshot, policy, {.benchmark = version, .checks = {std::string(check.key)}});
  EXPECT_TRUE(report) << (report ? "" : report.error().text);
  return report->findings.front();
}

/// A family is the checks of one function that differ in a parameter; a row for a family holds for each of
/// them, less those under "except".
CheckFunction family_function(const std::string& name) {
  if (name == "audited") return checks::audited;
  if (name == "file_mode") return checks::file_mode;
  if (name == "file_owner") return checks::file_owner;
  if (name == "no_capability") return checks::no_capability;
  ADD_FAILURE() << "no family " << name;
  return nullptr;
}

std::vector<const Check*> checks_of(const Json& row) {
  std::vector<const Check*> out;
  for (const auto& check : catalogue()) {
    if (row.contains("check") && check.key == row["check"].get<std::string>()) out.push_back(&check);
    if (!row.contains("family") || check.function != family_function(row["family"])) continue;
    auto except = row.value("except", std::vector<std::string>{});
    if (std::ranges::find(except, check.key) == except.end()) out.push_back(&check);
  }
  return out;
}

/// "$ROLE" is the first word of a check's parameter: which file it is about.
Json instantiated(const Json& set, const Check& check) {
  auto text = set.dump();
  auto role = check.parameter.substr(0, check.parameter.find(' '));
  for (auto at = text.find("$ROLE"); at != std::string::npos; at = text.find("$ROLE"))
    text.replace(at, 5, role);
  return Json::parse(text);
}

TEST(Checks, GiveTheExpectedOutcome) {
  const auto clean = read_test_json("clean.json");
  for (const auto& row : read_test_json("checks.json")) {
    auto checks = checks_of(row);
    EXPECT_FALSE(checks.empty()) << row.dump();
    for (const auto* check : checks) {
      auto snapshot = clean;
      const auto set = instantiated(row["set"], *check);
      for (const auto& [path, value] : set.items()) set_at(snapshot, path, value);
      auto finding = run_one(snapshot, *check, policy_of(row));
      EXPECT_EQ(word(finding.outcome), row["outcome"].get<std::string>())
          << check->key << ", " << row["when"] << ": " << finding.summary;
    }
  }
}

TEST(Checks, EachHasCases) {
  // A check that can decide has a case for each way; families are represented by one of them.
  std::set<CheckFunction> covered;
  for (const auto& row : read_test_json("checks.json"))
    for (const auto* check : checks_of(row)) covered.insert(check->function);
  for (const auto& check : catalogue())
    if (check.section != Section::enterprise) {
      EXPECT_TRUE(covered.contains(check.function)) << check.key << " has no case";
    }
}

/// What the best known peer (docker-bench-security) would print for an outcome, were it right.
std::string_view in_the_peers_words(std::string_view outcome) {
  if (outcome == "pass") return "pass";
  if (outcome == "fail" || outcome == "warn") return "warn";
  return outcome == "manual" ? "note" : outcome == "not-applicable" ? "info" : "unknown";
}

TEST(Traps, ARowWithAPeerIsOneThatThePeerGetsWrong) {
  for (const auto& row : read_test_json("checks.json")) {
    if (row.contains("peer")) {
      EXPECT_NE(in_the_peers_words(row["outcome"].get<std::string>()), row["peer"].get<std::string>())
          << row.dump();
    }
  }
}

TEST(Traps, EachOfTheReferenceIsStagedOrSaysWhyNot) {
  auto reference = reference_table();
  if (reference.is_null()) GTEST_SKIP() << "the reference table is not here";
  std::set<std::string> staged;
  for (const auto& row : read_test_json("checks.json"))
    if (row.contains("peer"))
      for (const auto* check : checks_of(row)) staged.insert(std::string(check->key));
  const auto reasons = read_test_json("no_traps.json");
  std::size_t traps = 0;
  for (const auto& entry : reference) {
    auto key = entry["key"].get<std::string>();
    if (!entry.contains("gotchas") || entry["gotchas"].is_null()) continue;
    ++traps;
    EXPECT_NE(staged.contains(key), reasons.contains(key)) << key << " has neither or both";
  }
  EXPECT_EQ(staged.size() + reasons.size(), traps);
  RecordProperty("staged", static_cast<int>(staged.size()));
  EXPECT_GE(staged.size(), 127u);
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
  auto reference = reference_table();
  if (reference.is_null()) GTEST_SKIP() << "the reference table is not here";
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
