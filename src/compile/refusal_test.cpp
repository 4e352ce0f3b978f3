// What the compiler refuses by itself, although the policy parser lets none of it through: rules that other
// programs build, or a later parser might pass. testdata/refusals.txt holds what is rendered; UPDATE=1 writes
// it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>

#include "compile/compile.h"
#include "compile/known_features.h"
#include "diag/render.h"
#include "policy/fake_os.h"

namespace bh::compile {
namespace {

/// Compiles `rule` after `change` made something of it that no text gives.
template <class Body>
std::string refusal(const std::string& rule, const std::function<void(Body&)>& change) {
  policy::FakeOs os;
  diag::SourceMap sources;
  diag::Sink sink;
  policy::Library library(os, sources, {});
  auto policy = policy::resolve(library, sources.add("profile", "profile x {\n  " + rule + "\n}\n"), sink);
  EXPECT_TRUE(sink.ok());
  change(std::get<Body>(policy.profiles.at(0).rules.at(0).rule.body));
  const auto text = sources.add("features", std::string(known_features().back().text));
  const auto features = parse_features(sources, text, sink);
  EXPECT_FALSE(compile(policy, *features, {}, sources, sink));
  return diag::render(sources, sink);
}

TEST(Refusals, are_said_with_their_place) {
  const std::string now =
      "=== a pattern that is not well formed\n" +
      refusal<policy::FileRule>("/a/[b] r,", [](auto& rule) { rule.path->value = "/a/[b"; }) +
      "=== a word that is none\n" +
      refusal<policy::CapabilityRule>("capability net_admin,",
                                      [](auto& rule) { rule.names[0].value = "net_amdin"; }) +
      "=== conditions that go with no mount\n" +
      refusal<policy::ClassRule>("mount options=(remount) -> /b,", [](auto& rule) {
        policy::Condition type = rule.conditions.at(0);
        type.key.value = "fstype";
        type.values.at(0).value = "ext4";
        rule.conditions.push_back(type);
      });
  const std::string path = BH_SOURCE_DIR "/src/compile/testdata/refusals.txt";
  if (std::getenv("UPDATE") != nullptr) std::ofstream(path) << now;
  std::stringstream wanted;
  wanted << std::ifstream(path).rdbuf();
  EXPECT_EQ(now, wanted.str());
}

}  // namespace
}  // namespace bh::compile
