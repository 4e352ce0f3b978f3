// Diagnostics as the user sees them: testdata/*.txt, each a row of cases
//
//   === what the case shows
//   profile text
//   --- file /etc/apparmor.d/abstractions/x     (optional, any number: other files)
//   text
//   --- expect
//   what is rendered; empty when there is nothing to say
//
// UPDATE=1 writes what is rendered now into the files. Every BH2xxx code must be shown by some case.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "diag/render.h"
#include "policy/fake_os.h"
#include "policy/resolve.h"

namespace bh::policy {
namespace {

struct Case {
  std::string title, profile, expected;
  std::map<std::string, std::string> files;
};

std::vector<std::filesystem::path> golden_files() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(BH_SOURCE_DIR "/src/policy/testdata"))
    if (entry.path().extension() == ".txt") out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Case> cases;
  std::string* into = nullptr;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), {}, {}, {}});
      into = &cases.back().profile;
    } else if (line.starts_with("--- file ")) {
      into = &cases.back().files[line.substr(9)];
    } else if (line == "--- expect") {
      into = &cases.back().expected;
    } else if (into) {
      *into += line + "\n";
    }
  }
  return cases;
}

/// `<NUL>`, `<CR>` and `<ESC>` in the files stand for bytes that an editor would not keep.
std::string with_bytes(std::string text) {
  for (const auto& [name, byte] : {std::pair{"<NUL>", '\0'}, {"<CR>", '\r'}, {"<ESC>", '\x1b'}})
    for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name))
      text.replace(at, std::string_view(name).size(), 1, byte);
  return text;
}

std::string rendered(const Case& one) {
  FakeOs os;
  for (const auto& [path, text] : one.files) os.files[path] = with_bytes(text);
  diag::SourceMap sources;
  diag::Sink sink;
  ResolveOptions options;
  options.max_files = 5;
  options.max_expanded_bytes = 1 << 20;
  Library library(os, sources, options);
  (void)resolve(library, sources.add("profile", with_bytes(one.profile)), sink);
  return diag::render(sources, sink);
}

TEST(Golden, diagnostics) {
  bool update = std::getenv("UPDATE") != nullptr;
  for (const auto& path : golden_files()) {
    std::ostringstream updated;
    for (const Case& one : read_cases(path)) {
      std::string now = rendered(one);
      if (!update) {
        EXPECT_EQ(now, one.expected) << path.filename() << ": " << one.title;
      }
      updated << "=== " << one.title << "\n" << one.profile;
      for (const auto& [name, text] : one.files) updated << "--- file " << name << "\n" << text;
      updated << "--- expect\n" << now;
    }
    if (update) std::ofstream(path) << updated.str();
  }
}

TEST(Golden, every_code_has_a_case) {
  std::set<int> shown;
  std::regex code("\\[BH(2[0-9]{3})\\]");
  for (const auto& path : golden_files())
    for (const Case& one : read_cases(path))
      for (std::sregex_iterator at(one.expected.begin(), one.expected.end(), code), end; at != end; ++at)
        shown.insert(std::stoi((*at)[1]));
  for (const diag::CodeInfo& info : diag::all_codes())
    if (info.number / 1000 == 2) {
      EXPECT_TRUE(shown.contains(info.number)) << "BH" << info.number << " (" << info.name << ")";
    }
}

}  // namespace
}  // namespace bh::policy
