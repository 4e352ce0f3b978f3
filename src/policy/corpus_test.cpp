// The parser's own cases of upstream AppArmor and Debian's profiles, read in this process: parse and resolve
// must accept and refuse what they should, and print what parses to the same again. Where the texts are not
// on the machine the test is skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "diag/render.h"
#include "policy/print.h"
#include "policy/resolve.h"
#include "policy/same.h"

namespace bh::policy {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> files_under(const fs::path& folder) {
  std::vector<fs::path> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

fs::path corpora() {
  const char* set = std::getenv("BULKHEAD_CORPORA");
  return set ? fs::path(set) : fs::path(BH_SOURCE_DIR "/../shared/corpora");
}

/// A folder that is the working directory while it lives.
class WorkingFolder {
 public:
  WorkingFolder() : before_(fs::current_path()) {
    std::string name = (fs::temp_directory_path() / "bulkhead-policy-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~WorkingFolder() {
    fs::current_path(before_);
    fs::remove_all(path_);
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path before_, path_;
};

struct Outcome {
  std::string rendered;
  bool good = false;
};

Outcome run(const std::string& path, const std::string& base) {
  diag::SourceMap sources;
  diag::Sink sink;
  ResolveOptions options;
  options.base = base;
  Library library(Os::real(), sources, options);
  (void)resolve(library, sources.add(path, read(path)), sink);
  return {diag::render(sources, sink), sink.ok()};
}

/// "" when what `path` says survives a turn through the printer.
std::string round_trip_problem(const fs::path& path) {
  diag::SourceMap sources;
  diag::Sink first_sink, second_sink;
  Fragment first = parse(sources, sources.add("first", read(path)), Context::preamble, first_sink);
  if (!first_sink.ok()) return "";
  std::string printed = print(first.block);
  Fragment second = parse(sources, sources.add("second", printed), Context::preamble, second_sink);
  if (!second_sink.ok()) return diag::render(sources, second_sink);
  return same(first.block, second.block) ? "" : printed;
}

TEST(Corpus, upstream_cases_pass_and_fail_as_they_say) {
  fs::path corpus = corpora() / "policy";
  if (!fs::is_directory(corpus)) GTEST_SKIP() << "no corpus at " << corpus;
  WorkingFolder work;
  fs::create_directory(work.path() / "tst");  // some cases include through `../tst`
  fs::create_directory_symlink(fs::canonical(corpus), work.path() / "tst/simple_tests");
  fs::current_path(work.path() / "tst");
  int active = 0, known_defects = 0;
  for (const fs::path& file : files_under(corpus)) {
    std::string text = read(file);
    bool pass = text.find("#=EXRESULT PASS") != std::string::npos;
    if (!pass && text.find("#=EXRESULT FAIL") == std::string::npos) continue;
    if (text.find("#=TODO") != std::string::npos || text.find("#=DISABLED") != std::string::npos) {
      ++known_defects;
      continue;
    }
    ++active;
    std::string path = (fs::path("simple_tests") / fs::relative(file, corpus)).string();
    Outcome outcome = run(path, "simple_tests");
    EXPECT_EQ(outcome.good, pass) << path << "\n" << outcome.rendered;
    EXPECT_EQ(round_trip_problem(path), "") << path;
  }
  std::cout << fmt::format("{} active cases, {} left out as TODO or DISABLED\n", active, known_defects);
  EXPECT_GT(active, 0);
}

TEST(Corpus, debian_profiles_have_no_errors) {
  int count = 0;
  for (const char* folder : {"/etc/apparmor.d", "/usr/share/apparmor/extra-profiles"}) {
    if (!fs::is_directory(folder)) continue;
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (!entry.is_regular_file() || entry.path().filename() == "README") continue;
      ++count;
      Outcome outcome = run(entry.path().string(), "/etc/apparmor.d");
      EXPECT_TRUE(outcome.good) << outcome.rendered;
      EXPECT_EQ(round_trip_problem(entry.path()), "") << entry.path();
    }
  }
  if (count == 0) GTEST_SKIP() << "no profiles in /etc/apparmor.d";
  std::cout << fmt::format("{} profile files\n", count);
}

}  // namespace
}  // namespace bh::policy
