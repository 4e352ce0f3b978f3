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

namespace bh::generate {
namespace {

namespace fs = std::filesystem;

const fs::path source_dir = BH_SOURCE_DIR;
const fs::path testdata = source_dir / "src/generate/testdata";

std::string slurp(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Compares with the file, or writes it.
void expect_file(const fs::path& path, const std::string& got) {
  if (std::getenv("UPDATE") != nullptr) {
    std::ofstream(path, std::ios::binary) << got;
    return;
  }
  EXPECT_EQ(slurp(path), got) << path << " (UPDATE=1 rewrites it)";
}

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

Made make(const fs::path& path, Style style) {
  Made made;
  diag::SourceId id = made.sources.add(path.filename().string(), slurp(path));
  made.spec = read_spec(made.sources, id, made.sink);
  if (made.spec) {
    Options options = options_of(*made.spec);
    options.style = style;
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
  if (made.generated.text.find("abi/4.0") != std::string::npos && !fs::exists("/etc/apparmor.d/abi/4.0"))
    GTEST_SKIP() << "needs apparmor_parser 4.0";
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

std::string name_of(const testing::TestParamInfo<std::pair<fs::path, Style>>& test) {
  const auto& [path, style] = test.param;
  std::string name = path.stem().string() + (style == Style::bane ? "_bane" : "_strict");
  std::ranges::replace(name, '-', '_');
  return (path.parent_path() == testdata ? "" : "example_") + name;
}

INSTANTIATE_TEST_SUITE_P(Specs, Golden, testing::ValuesIn(cases()), name_of);

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
