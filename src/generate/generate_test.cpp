// Golden cases (testdata/*.toml, examples/*.toml; UPDATE=1 rewrites what is expected), the generated
// reference, and the oracle: every text that is generated must be readable to the host's apparmor_parser.
#include "generate/generate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/spawn.h"
#include "diag/render.h"
#include "generate/golden_file.h"

namespace bh::generate {
namespace {

namespace fs = std::filesystem;

const fs::path source_dir = BH_SOURCE_DIR;
const fs::path testdata = source_dir / "src/generate/testdata";

std::vector<fs::path> specs() {
  std::vector<fs::path> all;
  for (const fs::path& folder : {testdata, source_dir / "examples"})
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".toml") all.push_back(entry.path());
  std::ranges::sort(all);
  return all;
}

struct Made {
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<Spec> spec;
  Generated generated;
};

Made make(const fs::path& path, Style style, Abi abi = Abi::v3_0) {
  Made made;
  diag::SourceId id = made.sources.add(path.filename().string(), slurp(path));
  made.spec = read_spec(made.sources, id, made.sink);
  if (made.spec) {
    Options options = options_of(*made.spec);
    options.style = style;
    options.abi = abi;
    made.generated = generate(*made.spec, options, made.sources, made.sink);
  }
  return made;
}

class Golden : public testing::TestWithParam<std::pair<fs::path, Style>> {};

TEST_P(Golden, TextAndDiagnostics) {
  auto [path, style] = GetParam();
  Made made = make(path, style);
  std::string got = made.generated.text;
  if (!made.sink.diagnostics().empty()) got += "==== diagnostics\n" + diag::render(made.sources, made.sink);
  std::string name = (path.parent_path() == testdata ? "" : "example-") + path.stem().string();
  expect_file(testdata / fmt::format("{}.{}.expected", name, style == Style::bane ? "bane" : "strict"), got);
}

TEST_P(Golden, ApparmorParserReadsIt) {
  auto [path, style] = GetParam();
  Made made = make(path, style);
  if (made.generated.text.empty()) GTEST_SKIP() << "nothing is generated";
  if (!fs::exists("/etc/apparmor.d/abstractions/base"))
    GTEST_SKIP() << "the package apparmor is not installed";
  fs::path file = fs::path(testing::TempDir()) / fmt::format("bulkhead-{}-{}.aa", path.stem().string(),
                                                             style == Style::bane ? "bane" : "strict");
  std::ofstream(file) << made.generated.text;
  auto outcome = spawn({"apparmor_parser", "-QKS", file.string()});
  fs::remove(file);
  if (!outcome) GTEST_SKIP() << "apparmor_parser is not installed";
  EXPECT_EQ(outcome->exit_code, 0) << outcome->err;
  EXPECT_THAT(outcome->err, testing::Not(testing::HasSubstr("arning from")));
}

std::vector<std::pair<fs::path, Style>> cases() {
  std::vector<std::pair<fs::path, Style>> all;
  for (const fs::path& path : specs()) {
    all.emplace_back(path, Style::strict);
    bool both = path.parent_path() == testdata || path.stem() == "nginx-sample";
    if (both) all.emplace_back(path, Style::bane);
  }
  return all;
}

std::string test_name(const testing::TestParamInfo<std::pair<fs::path, Style>>& test) {
  const auto& [path, style] = test.param;
  std::string name = path.stem().string() + (style == Style::bane ? "_bane" : "_strict");
  std::ranges::replace(name, '-', '_');
  return (path.parent_path() == testdata ? "" : "example_") + name;
}

INSTANTIATE_TEST_SUITE_P(Specs, Golden, testing::ValuesIn(cases()), test_name);

/// What newer abis add, beside the text of 3.0.
std::string added_by(Abi abi, const fs::path& path) {
  std::string got;
  std::istringstream old_lines(make(path, Style::strict).generated.text),
      new_lines(make(path, Style::strict, abi).generated.text);
  std::vector<std::string> old;
  for (std::string line; std::getline(old_lines, line);) old.push_back(line);
  for (std::string line; std::getline(new_lines, line);)
    if (std::ranges::find(old, line) == old.end()) got += line + "\n";
  return got;
}

TEST(Abi, NewerOnesAddWhatOnlyTheyHaveWordsFor) {
  fs::path nginx = source_dir / "examples/nginx.toml", userns = testdata / "userns.toml";
  EXPECT_EQ(added_by(Abi::v4_0, nginx),
            "# For apparmor_parser 4.0 and newer: older ones have no words for all of it.\n"
            "abi <abi/4.0>,\n"
            "  audit deny userns,\n"
            "  mqueue,  # of the container's own ipc namespace\n");
  EXPECT_EQ(added_by(Abi::v5_0, userns),
            "# For apparmor_parser 5.0 and newer: older ones have no words for all of it.\n"
            "abi <abi/5.0>,\n"
            "  audit deny userns,  # Create, line 3\n"
            "  audit deny io_uring,\n"
            "  mqueue,  # of the container's own ipc namespace\n");
}

TEST(Abi, TheSpecsOwnLineHasTheLastWord) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto id = sources.add("x.toml", "Name = \"x\"\nImports = [\"abi <abi/4.0>,\"]\n[Userns]\nCreate = true\n");
  auto spec = read_spec(sources, id, sink);
  ASSERT_TRUE(spec);
  for (Abi abi : abis) {
    Options options;
    options.abi = abi;
    std::string text = generate(*spec, options, sources, sink).text;
    EXPECT_THAT(text, testing::HasSubstr("\nabi <abi/4.0>,\n"));
    EXPECT_THAT(text, testing::HasSubstr("  userns,  # Create, line 4\n"));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("io_uring")));
    EXPECT_THAT(text, testing::Not(testing::HasSubstr("abi/3.0")));
  }
}

/// Debian's parsers of three releases, where tools/fetch-parsers has put them: each reads every abi up to its
/// own.
TEST(Abi, EachParserReadsItsOwnAndOlderOnes) {
  const char* home = std::getenv("HOME");
  const char* cache = std::getenv("XDG_CACHE_HOME");
  fs::path parsers = (cache != nullptr ? fs::path(cache) : fs::path(home != nullptr ? home : "") / ".cache") /
                     "bulkhead/parsers";
  if (!fs::exists(parsers / "5.0")) GTEST_SKIP() << "tools/fetch-parsers has not been run";
  fs::path file = fs::path(testing::TempDir()) / "bulkhead-abi.aa";
  for (const fs::path& path : specs())
    for (Abi abi : abis) {
      std::string text = make(path, Style::strict, abi).generated.text;
      if (text.empty()) continue;
      std::ofstream(file) << text;
      for (auto [version, newest] :
           {std::pair("3.0.8", Abi::v3_0), std::pair("4.1", Abi::v4_0), std::pair("5.0", Abi::v5_0)}) {
        if (abi > newest) continue;
        fs::path slot = parsers / version;
        auto outcome = spawn({(slot / "apparmor_parser").string(), "-QKS", "--config-file", "/dev/null",
                              "--base", (slot / "root/etc/apparmor.d").string(), "-M",
                              (source_dir / "tests/features/7.2").string(), file.string()});
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->exit_code, 0)
            << path << " abi " << bh::generate::name_of(abi) << " parser " << version << "\n"
            << outcome->err;
      }
    }
  fs::remove(file);
}

TEST(Generate, OriginsPointAtTheLineThatAsked) {
  Made made = make(source_dir / "examples/nginx.toml", Style::strict);
  std::istringstream lines(made.generated.text);
  std::vector<std::string> text;
  for (std::string line; std::getline(lines, line);) text.push_back(line);
  ASSERT_FALSE(made.generated.origins.empty());
  for (const LineOrigin& origin : made.generated.origins) {
    ASSERT_LE(origin.line, text.size());
    auto place = made.sources.position(origin.span.source, origin.span.begin);
    EXPECT_THAT(text[origin.line - 1], testing::EndsWith(fmt::format(", line {}", place.line)));
  }
}

TEST(Generate, TheSameInputGivesTheSameText) {
  fs::path path = source_dir / "examples/nginx-sample.toml";
  EXPECT_EQ(make(path, Style::strict).generated.text, make(path, Style::strict).generated.text);
}

TEST(Tightened, WhatBaneLetsBeDoneAndStrictDoesNot) {
  std::string got;
  for (const char* name : {"examples/nginx-sample.toml", "src/generate/testdata/name-only.toml",
                           "src/generate/testdata/imports.toml"}) {
    got += fmt::format("== {}\n", name);
    Made made = make(source_dir / name, Style::strict);
    ASSERT_TRUE(made.spec);
    for (const Tightened& one : tightened_against_bane(*made.spec))
      got += fmt::format("{} {}: {}\n", one.what, one.where, one.why);
  }
  expect_file(testdata / "tightened.expected", got);
}

TEST(Reference, PageAndSchemaAreMadeFromTheTable) {
  expect_file(source_dir / "docs/spec.md", spec_reference_markdown());
  expect_file(source_dir / "docs/spec.schema.json", spec_schema_json());
}

TEST(Reference, EveryExampleInThePageCanBeRead) {
  std::string page = spec_reference_markdown();
  std::string table;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## [")) table = line.substr(3);
    if (line != "```toml" || !std::getline(lines, line) || line.starts_with("Name")) continue;
    std::string toml = "Name = \"x\"\n" + (table.empty() ? "" : table + "\n") + line + "\n";
    diag::SourceMap sources;
    diag::Sink sink;
    diag::SourceId id = sources.add("example.toml", toml);
    EXPECT_TRUE(read_spec(sources, id, sink)) << toml << diag::render(sources, sink);
    EXPECT_TRUE(sink.diagnostics().empty()) << toml << diag::render(sources, sink);
  }
}

}  // namespace
}  // namespace bh::generate
