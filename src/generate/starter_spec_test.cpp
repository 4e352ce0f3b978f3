#include "generate/starter_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "diag/render.h"
#include "generate/generate.h"

namespace bh::generate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// What is wrong with the spec, and with the profile that strict makes of it; empty: nothing, not even a
/// warning.
std::string problems(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto spec = read_spec(sources, sources.add("start.toml", text), sink);
  if (spec) (void)generate(*spec, options_of(*spec), sources, sink);
  std::string all;
  for (const auto& diagnostic : sink.diagnostics()) all += diagnostic.message + "\n";
  return all;
}

ImageStart service() {
  return {.reference = "registry:5000/team/web:1.2",
          .id = "sha256:abc",
          .programs = {{"/usr/sbin/web", "CMD web"}},
          .shell = "/usr/bin/dash",
          .volumes = {"/var/cache/web"},
          .ports = {{80, "tcp"}},
          .user = "web",
          .has_tmp = true,
          .writes_run = true};
}

TEST(StarterSpec, SetsWhatTheImageStates) {
  std::string text = starter_spec(service());
  EXPECT_EQ(problems(text), "");
  EXPECT_THAT(text, HasSubstr("Name = \"web\"\n"));
  EXPECT_THAT(text, HasSubstr("\n  \"/var/cache/web/**\",  # VOLUME\n"));
  EXPECT_THAT(text, HasSubstr("\nAllowExec = [\n  \"/usr/sbin/web\",  # CMD web\n]\n"));
  EXPECT_THAT(text, HasSubstr("\nAllow = [\"net_bind_service\"]\n"));
  EXPECT_THAT(text, HasSubstr("# EXPOSE: 80/tcp."));
  EXPECT_THAT(text, HasSubstr("  \"exec /usr/bin/dash\",\n"));
}

TEST(StarterSpec, LeavesInCommentsWhatItCannotKnow) {
  auto start = service();
  start.by_shell = true;
  start.user = "";
  std::string text = starter_spec(start);
  EXPECT_EQ(problems(text), "");
  EXPECT_THAT(text, HasSubstr("\n# AllowExec = [\n"));
  EXPECT_THAT(text, HasSubstr("\n# [Capabilities]\n"));
  EXPECT_THAT(text, Not(HasSubstr("exec /usr/bin/dash")));
}

TEST(StarterSpec, NamesComeFromReferences) {
  EXPECT_EQ(spec_name("nginx"), "nginx");
  EXPECT_EQ(spec_name("registry:5000/team/app_1:1.2@sha256:00"), "app_1");
  EXPECT_EQ(spec_name("/srv/images/web-root/"), "web-root");
  EXPECT_EQ(spec_name("../\"\n"), "container");
  EXPECT_EQ(spec_name("a..b"), "a.b");
  EXPECT_EQ(spec_name(""), "container");
  EXPECT_EQ(spec_name("/"), "container");
}

RC_GTEST_PROP(StarterSpec, IsASpecWhateverTheImageSays, ()) {
  auto text = [] { return *rc::gen::arbitrary<std::string>(); };
  ImageStart start{
      .reference = text(), .id = text(), .by_shell = *rc::gen::arbitrary<bool>(), .user = text()};
  for (int i = 0; i < 3; ++i) {
    start.programs.push_back({"/" + text(), text()});
    start.volumes.push_back(i == 0 ? text() : "/" + text());
    start.ports.push_back({*rc::gen::arbitrary<std::uint16_t>(), text()});
  }
  start.shell = "/" + text();
  diag::SourceMap sources;
  diag::Sink sink;
  std::string spec = starter_spec(start);
  RC_LOG() << spec;
  RC_ASSERT(read_spec(sources, sources.add("start.toml", spec), sink).has_value());
  RC_ASSERT(sink.ok());
}

}  // namespace
}  // namespace bh::generate
