// The runtimes' default profiles: that they are policy, and that they do what is known of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"
#include "app/loaded_default.h"
#include "app/pipeline.h"
#include "diag/render.h"
#include "query/score.h"

namespace bh::app {
namespace {

using query::RowOutcome;

std::map<std::string_view, RowOutcome> outcomes(const std::string& name) {
  FakeKernel kernel(testing::TempDir() + "bh_default_test." + std::to_string(::getpid()));
  Session session(kernel.world());
  PolicySettings settings;
  settings.base = "/nonexistent";  // as on a host without the package apparmor
  settings.features = "6.1";
  Pipeline pipeline(session, std::move(settings));
  auto compiled = pipeline.open(name);
  EXPECT_TRUE(compiled) << diag::render(session.sources, session.sink);
  std::map<std::string_view, RowOutcome> rows;
  if (compiled)
    for (const query::RowScore& row : query::score(compiled->policy.profiles.at(0)).rows)
      rows[row.row->id] = row.outcome;
  return rows;
}

void expect_rows(const std::string& name, std::initializer_list<std::string_view> blocked,
                 std::initializer_list<std::string_view> allowed) {
  auto rows = outcomes(name);
  for (std::string_view id : blocked) EXPECT_EQ(outcome_text(rows[id]), "blocked") << name << " " << id;
  for (std::string_view id : allowed) EXPECT_EQ(outcome_text(rows[id]), "allowed") << name << " " << id;
}

TEST(RuntimeDefault, docker) {
  for (const char* name : {"docker-default", "docker-default@docker"})
    expect_rows(
        name,
        {"A01", "A02", "A03", "A06", "A07", "A12", "A13", "A15", "A17", "A18", "A19", "A20", "A28", "A30",
         "A32", "A34", "A48", "A53"},
        // A04, A05, A09: the pattern of 2019 lets them through.
        {"A04", "A05", "A08", "A09", "A10", "A11", "A14", "A21", "A22", "A23", "A24", "A26", "A29", "A31",
         "A33", "A35", "A36", "A38", "A39", "A40", "A41", "A42", "A43", "A44", "A45", "A46", "F5",  "F7"});
}

TEST(RuntimeDefault, containerd_leaves_crypto_sockets_open) {
  expect_rows("docker-default@containerd", {"A01", "A19", "A20"}, {"A04", "A09", "A29", "A31", "A34"});
}

TEST(RuntimeDefault, podman_has_the_pattern_of_2015_and_no_word_on_energy_counters) {
  expect_rows("docker-default@podman", {"A01", "A04", "A05", "A09", "A19"}, {"A20", "A29", "A34"});
}

/// What the kernel holds is compared by meaning, whichever profile the daemon is under.
TEST(RuntimeDefault, is_recognised_in_the_kernel) {
  FakeKernel kernel(testing::TempDir() + "bh_default_test." + std::to_string(::getpid()));
  Session session(kernel.world());
  PolicySettings settings;
  settings.base = "/nonexistent";
  settings.features = "6.12";
  Pipeline pipeline(session, std::move(settings));
  const auto compare = [&](const std::string& text) {
    Profile profile;
    profile.input.name = "default";
    profile.input.source = profile.text = session.sources.add("default", text);
    auto compiled = pipeline.compile(profile);
    EXPECT_TRUE(compiled) << diag::render(session.sources, session.sink);
    kernel.load("docker-default", "enforce", compiled ? compiled->bytes : "");
    auto loaded = compare_with_loaded(session, pipeline, generate::Runtime::docker);
    EXPECT_TRUE(loaded) << loaded.error().text;
    return loaded.value_or(LoadedDefault{});
  };
  generate::HostIncludes host{.tunables = false, .base = false};
  EXPECT_TRUE(compare(generate::runtime_default(generate::Runtime::docker, host)).same);
  host.manager = "unconfined";
  const std::string usual = generate::runtime_default(generate::Runtime::docker, host);
  EXPECT_EQ(compare(usual).manager, "unconfined");
  host.manager = "docker-daemon";
  kernel.add_process(71, "dockerd", "docker-daemon (enforce)");
  EXPECT_EQ(compare(generate::runtime_default(generate::Runtime::docker, host)).manager, "docker-daemon");
  std::string other = usual;
  other.replace(other.find("  deny /sys/firmware/** rwklx,\n"), 31, "");
  const LoadedDefault differs = compare(other);
  EXPECT_FALSE(differs.same);
  ASSERT_FALSE(differs.differences.empty());
  EXPECT_EQ(differs.differences.front().part, "file");
}

TEST(RuntimeDefault, no_other_runtime) {
  FakeKernel kernel(testing::TempDir() + "bh_default_test." + std::to_string(::getpid()));
  Session session(kernel.world());
  EXPECT_EQ(read_input(session, "docker-default@lxc").error().sys, ENOENT);  // a file's name, then
}

}  // namespace
}  // namespace bh::app
