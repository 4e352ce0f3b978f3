// Golden cases (testdata/*.profile; UPDATE=1 rewrites what is expected): what is found, and what the fixes
// make of it. Then laws: fixes keep the policy, and nothing that they left does nothing.
#include "check/catalogue.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "check/edit.h"
#include "check/ignore.h"
#include "compile/compile.h"
#include "diag/render.h"
#include "generate/generate.h"
#include "generate/golden_file.h"
#include "generate/runtime_default.h"
#include "policy/print.h"
#include "policy/random_policy.h"
#include "query/equal.h"

namespace bh::check {
namespace {

namespace fs = std::filesystem;
using generate::expect_file;
using generate::slurp;
const fs::path source_dir = BH_SOURCE_DIR;
const fs::path testdata = source_dir / "src/check/testdata";

/// A text with all that was found in it.
struct Checked {
  explicit Checked(const std::string& text, const std::string& name = "text",
                   const generate::ImageNames* image = nullptr) {
    policy::ResolveOptions options;
    options.base = testdata / "base";
    options.known_abi = [](std::string_view) -> std::string_view { return "file {mask {read}}"; };
    policy::Library library(Os::real(), sources, options);
    source = sources.add(name, text);
    resolved = policy::resolve(library, source, sink);
    resolved.abi.reset();
    const std::string features_path = source_dir / "tests/features/7.2";
    const auto features = compile::parse_features(sources, sources.add("7.2", slurp(features_path)), sink);
    compile::Options compile_options;
    compile_options.keep_tags = compile_options.keep_meetings = true;
    auto made = compile::compile(resolved, *features, compile_options, sources, sink);
    if (!made) return;
    compiled = std::move(*made);
    compiles = true;
    // As resolved again, for what find_missing_abi looks at.
    resolved = policy::resolve(library, source, sink);
    found = findings({sources, source, resolved, compiled, image});
    Findings of_comments;
    Ignores ignores(sources, source, of_comments);
    ignores.apply(found);
    ignores.report_unused(of_comments);
    for (Finding& finding : of_comments.take()) found.push_back(std::move(finding));
  }

  [[nodiscard]] std::string rendered() const {
    std::string out;
    for (const Finding& finding : found) out += diag::render(sources, finding.diagnostic) + "\n";
    // Included files are named by their path, which is not the same everywhere.
    const std::string here = testdata.string() + "/";
    for (std::size_t at = out.find(here); at != std::string::npos; at = out.find(here))
      out.erase(at, here.size());
    return out;
  }
  [[nodiscard]] std::string fixed(bool unsafe) const {
    std::vector<Edit> edits;
    for (const Finding& finding : found)
      if (finding.keeps_policy || unsafe)
        edits.insert(edits.end(), finding.edits.begin(), finding.edits.end());
    return edited(sources.text(source), std::move(edits));
  }
  [[nodiscard]] std::vector<std::string> codes() const {
    std::vector<std::string> codes;
    for (const Finding& finding : found) codes.push_back(name_of(finding.diagnostic.code));
    return codes;
  }

  diag::SourceMap sources;
  diag::Sink sink;
  diag::SourceId source;
  policy::ResolvedPolicy resolved;
  compile::KernelPolicy compiled;
  bool compiles = false;
  std::vector<Finding> found;
};

/// Until there is nothing more to mend.
std::string mended(std::string text, bool unsafe) {
  for (int round = 0; round < 20; ++round) {
    std::string next = Checked(text).fixed(unsafe);
    if (next == text) return text;
    text = std::move(next);
  }
  ADD_FAILURE() << "still not done:\n" << text;
  return text;
}

TEST(Check, golden_cases) {
  for (const auto& entry : fs::directory_iterator(testdata)) {
    if (entry.path().extension() != ".profile") continue;
    const std::string text = slurp(entry.path());
    const Checked checked(text, entry.path().filename());
    EXPECT_TRUE(checked.compiles) << entry.path() << "\n" << diag::render(checked.sources, checked.sink);
    expect_file(fs::path(entry.path()).replace_extension(".expected"),
                fmt::format("{}==== safe fixes\n{}==== all fixes\n{}", checked.rendered(),
                            mended(text, false), mended(text, true)));
  }
}

TEST(Check, every_finding_has_a_case) {
  std::string all;
  for (const auto& entry : fs::directory_iterator(testdata))
    if (entry.path().extension() == ".expected") all += slurp(entry.path());
  for (const Check& check : catalogue())
    for (const diag::Code code : check.codes)
      EXPECT_THAT(all, testing::HasSubstr(fmt::format("[BH{}]", diag::info(code).number)))
          << diag::info(code).name;
}

TEST(Check, dockers_default_profile_lets_kernel_settings_be_written) {
  const std::string text =
      generate::runtime_default(generate::Runtime::docker, {.tunables = false, .base = false});
  const Checked checked(text, "docker-default");
  const std::string told = checked.rendered();
  EXPECT_THAT(told, testing::HasSubstr("deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,"));
  EXPECT_THAT(told, testing::HasSubstr("`/proc/sys/kernel/sysrq`, `/proc/sys/kernel/yama/ptrace_scope`"));
  EXPECT_THAT(told, testing::HasSubstr("`/proc/bus/pci/00/00.0`"));
  // Mended, nothing slips through, and shared memory's settings stay writable.
  const Checked after(mended(text, true), "docker-default");
  EXPECT_THAT(after.codes(), testing::Not(testing::Contains("negated-run")));
  const auto may_write = [&](const char* path) {
    const auto& file = *after.compiled.profiles.front().file;
    return (file.perms[file.dfa.accept[file.dfa.run(path)]].other.allow & compile::perm::write) != 0;
  };
  for (const char* path :
       {"/proc/sys/kernel/sysrq", "/proc/sys/kernel/sem", "/proc/sys/kernel/threads-max",
        "/proc/sys/kernel/yama/ptrace_scope", "/proc/sys/kernel/s", "/proc/bus/pci/00/00.0"})
    EXPECT_FALSE(may_write(path)) << path;
  EXPECT_TRUE(may_write("/proc/sys/kernel/shmmax"));
  EXPECT_TRUE(may_write("/proc/1234/oom_score_adj"));
}

TEST(Check, the_profiles_of_the_examples_are_clean) {
  for (const auto& entry : fs::directory_iterator(source_dir / "examples")) {
    diag::SourceMap sources;
    diag::Sink sink;
    const auto spec = generate::read_spec(sources, sources.add(entry.path(), slurp(entry.path())), sink);
    ASSERT_TRUE(spec) << diag::render(sources, sink);
    for (const generate::Abi abi : {generate::Abi::v3_0, generate::Abi::v4_0}) {
      generate::Options options = generate::options_of(*spec);
      options.abi = abi;
      const std::string text = generate::generate(*spec, options, sources, sink).text;
      EXPECT_TRUE(generate::is_strict_text(text));
      Checked checked(text, entry.path().stem());
      EXPECT_TRUE(checked.compiles);
      // Each list says its own, so some things are said twice; the verb leaves that out (app/check.cpp).
      std::erase_if(checked.found, [](const Finding& finding) {
        return finding.diagnostic.code == diag::Code::rule_shadowed ||
               finding.diagnostic.code == diag::Code::quiet_deny;
      });
      EXPECT_EQ(checked.rendered(), "") << entry.path();
    }
  }
}

/// An image with a merged /usr and dash as its shell.
class Merged : public generate::ImageNames {
 public:
  [[nodiscard]] const std::string& words() const override { return words_; }
  [[nodiscard]] std::string real(std::string_view path) const override {
    if (path == "/bin/sh" || path == "/usr/bin/sh") return "/usr/bin/dash";
    if (path.starts_with("/bin/")) return "/usr" + std::string(path);
    if (path == "/etc/alternatives/editor" || path == "/usr/bin/editor") return "/usr/bin/vim";
    return std::string(path);
  }
  [[nodiscard]] bool has(std::string_view) const override { return true; }
  [[nodiscard]] std::vector<std::string> link_targets(
      const std::function<bool(std::string_view)>&) const override {
    return {};
  }

 private:
  std::string words_ = "image merged";
};

TEST(Check, an_image_knows_its_links) {
  const Merged image;
  const Checked checked(
      "abi <abi/4.0>,\nprofile p {\n  /usr/bin/editor ix,\n  /bin/cat ix,\n  /var/run/x w,\n  /bin/sh ix,\n"
      "  /usr/bin/dash ix,\n}\n",
      "p", &image);
  EXPECT_THAT(checked.rendered(), testing::HasSubstr("in image merged it asks about `/usr/bin/vim`"));
  EXPECT_EQ(checked.found.size(), 2u) << checked.rendered();
  EXPECT_THAT(checked.fixed(true),
              testing::HasSubstr("  /usr/bin/vim ix,\n  /usr/bin/cat ix,\n  /var/run/x w,"));
}

std::string random_text() {
  auto rules = *rc::gen::container<std::vector<policy::Rule>>(policy::random::rule());
  if (rules.size() > 12) rules.resize(12);
  std::string text = "abi <abi/4.0>,\nprofile p {\n";
  for (const policy::Rule& rule : rules) {
    text += "  " + policy::print(rule) + "\n";
    if (*rc::gen::inRange(0, 4) == 0) text += "  " + policy::print(rule) + "  # again\n";
  }
  return text + "}\n";
}

std::size_t comments(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '#'));
}

RC_GTEST_PROP(CheckLaws, safe_fixes_keep_the_policy_and_the_comments, ()) {
  const std::string text = random_text();
  const Checked before(text);
  RC_PRE(before.compiles);
  const std::string after_text = mended(text, false);
  const Checked after(after_text);
  RC_ASSERT(after.compiles);
  const auto differences = query::policy_differences(before.compiled, after.compiled);
  RC_ASSERT(differences.has_value());
  if (!differences->empty()) RC_LOG() << text << "----\n" << after_text << differences->front().what;
  RC_ASSERT(differences->empty());
  RC_ASSERT(comments(text) == comments(after_text));
}

/// Any rule that could be taken away alone, with the policy the same, is found: the automata say so, not us.
RC_GTEST_PROP(CheckLaws, what_is_left_does_something, ()) {
  const std::string text = mended(random_text(), false);
  const Checked left(text);
  RC_PRE(left.compiles && left.resolved.profiles.size() == 1);
  for (const policy::ResolvedRule& rule : left.resolved.profiles[0].rules) {
    const bool judged = !std::holds_alternative<policy::ChangeProfileRule>(rule.rule.body) &&
                        !std::holds_alternative<policy::RlimitRule>(rule.rule.body) &&
                        rule.rule.qualifiers.access != policy::Access::deny;
    if (!judged) continue;
    const Checked without(edited(text, {removal(text, rule.rule.span)}));
    RC_ASSERT(without.compiles);
    const auto differences = query::policy_differences(left.compiled, without.compiled);
    RC_ASSERT(differences.has_value());
    // What no kernel mediates is in no automaton, and nothing is said about it.
    const auto index = static_cast<std::uint32_t>(&rule - left.resolved.profiles[0].rules.data());
    const auto knows = [&](const std::optional<compile::Pdb>& pdb) {
      return pdb && std::ranges::find(pdb->meetings->rules, index) != pdb->meetings->rules.end();
    };
    const bool mediated = knows(left.compiled.profiles[0].file) || knows(left.compiled.profiles[0].policydb);
    if (differences->empty() && mediated) RC_LOG() << text << "does nothing: " << policy::print(rule.rule);
    RC_ASSERT(!differences->empty() || !mediated);
  }
}

TEST(Edit, a_line_goes_with_its_rule_and_a_comment_stays) {
  const std::string text = "p {\n  /a r,\n  /b r,  # why\n  /c r, /d r,\n}\n";
  const auto without = [&](std::string_view rule) {
    const auto at = static_cast<std::uint32_t>(text.find(rule));
    return edited(text, {removal(text, {{}, at, at + static_cast<std::uint32_t>(rule.size())})});
  };
  EXPECT_EQ(without("/a r,"), "p {\n  /b r,  # why\n  /c r, /d r,\n}\n");
  EXPECT_EQ(without("/b r,"), "p {\n  /a r,\n  # why\n  /c r, /d r,\n}\n");
  EXPECT_EQ(without("/c r,"), "p {\n  /a r,\n  /b r,  # why\n  /d r,\n}\n");
  EXPECT_EQ(without("/d r,"), "p {\n  /a r,\n  /b r,  # why\n  /c r,\n}\n");
}

}  // namespace
}  // namespace bh::check
