// Patches are what patch(1) makes the second text of; TAP is told apart by its own words only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <charconv>
#include <string>
#include <vector>

#include "report/render.h"
#include "report/unified_diff.h"

namespace bh::report {
namespace {

using testing::HasSubstr;

TEST(UnifiedDiff, is_what_diff_u_prints) {
  EXPECT_EQ(unified_diff("x", "same\n", "same\n"), "");
  EXPECT_EQ(unified_diff("/etc/x", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n6\n7\n8\n9\n"),
            "--- a/etc/x\n+++ b/etc/x\n@@ -2,7 +2,6 @@\n 2\n 3\n 4\n-5\n 6\n 7\n 8\n");
  EXPECT_EQ(unified_diff("x", "", "one\n"), "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+one\n");
  EXPECT_EQ(unified_diff("x", "one\ntwo", "one\n"),
            "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n one\n-two\n\\ No newline at end of file\n");
  // Far changes are hunks of their own, near ones are one.
  const std::string far = unified_diff("x", "a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n");
  EXPECT_THAT(far, HasSubstr("@@ -1,4 +1,4 @@\n"));
  EXPECT_THAT(far, HasSubstr("@@ -6,4 +6,4 @@\n"));
}

/// What patch(1) does, without its tolerance: hunks at exactly the lines that they name.
std::string patched(const std::string& before, const std::string& patch) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < before.size();) {
    const std::size_t end = std::min(before.find('\n', at), before.size() - 1) + 1;
    lines.push_back(before.substr(at, end - at));
    at = end;
  }
  std::string out;
  std::size_t taken = 0;
  for (std::size_t at = patch.find("@@ -"); at < patch.size();) {
    const std::size_t end = patch.find('\n', at) + 1;
    std::string line = patch.substr(at, end - at);
    at = end;
    if (line.starts_with("@@ -")) {
      std::size_t first = 0, count = 1;
      const char* stop = std::from_chars(line.data() + 4, line.data() + line.size(), first).ptr;
      if (*stop == ',') std::from_chars(stop + 1, line.data() + line.size(), count);
      for (const std::size_t until = count == 0 ? first : first - 1; taken < until;) out += lines.at(taken++);
      continue;
    }
    if (line.starts_with('\\')) continue;
    std::string text = line.substr(1);
    if (patch.substr(at).starts_with('\\')) text.pop_back();
    if (line[0] != '+') RC_ASSERT(lines.at(taken++) == text);
    if (line[0] != '-') out += text;
  }
  while (taken < lines.size()) out += lines[taken++];
  return out;
}

RC_GTEST_PROP(UnifiedDiff, makes_the_second_text_of_the_first, ()) {
  const auto text = [] {
    const auto words = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a\n", "b\n", "c\n", "\n", "longer line\n"));
    std::string all;
    for (const std::string& word : words) all += word;
    if (*rc::gen::arbitrary<bool>()) all += "no end";
    return all;
  };
  const std::string before = text(), after = text();
  RC_ASSERT(patched(before, unified_diff("x", before, after)) == after);
}

TEST(Tap, words_of_the_protocol_are_escaped) {
  Document document;
  document.sections = {{.name = "one", .title = "file # 1"}};
  document.findings = {
      {.id = "1", .section = "one", .title = "a # TODO b"},
      {.id = "2", .section = "one", .title = "bad", .outcome = Outcome::fail, .summary = "it's"},
      {.id = "3", .section = "one", .title = "left", .outcome = Outcome::manual, .summary = "by hand"}};
  EXPECT_EQ(to_tap(document),
            "TAP version 13\n1..3\nok 1 - file \\# 1: a \\# TODO b\nnot ok 2 - file \\# 1: bad\n  ---\n"
            "  message: 'it''s'\n  severity: fail\n  ...\nok 3 - file \\# 1: left # SKIP by hand\n");
}

}  // namespace
}  // namespace bh::report
