#include <gtest/gtest.h>

#include <algorithm>

#include "diag/render.h"
#include "diag/suggest.h"

namespace bh::diag {
namespace {

TEST(SourceMap, counts_columns_in_code_points) {
  SourceMap sources;
  SourceId id = sources.add("x", "ab\n\xc3\xa9tat z\n");
  EXPECT_EQ(sources.position(id, 4).line, 2u);
  EXPECT_EQ(sources.position(id, 9).column, 6u);
  EXPECT_EQ(sources.offset(id, {2, 6}), 9u);
  EXPECT_EQ(sources.line_text(id, 9), "\xc3\xa9tat z");
}

TEST(Render, shows_the_line_with_carets_and_help) {
  SourceMap sources;
  SourceId id = sources.add("docker-web", "profile web {\n  /etc/** r\n}\n");
  Sink sink;
  sink.report(Code::unexpected_token, {id, 16, 23}, "expected a comma")
      .with_help("end every rule with a comma");
  EXPECT_EQ(render(sources, sink),
            "error[BH2001]: expected a comma\n"
            " --> docker-web:2:3\n"
            "  |\n"
            "2 |   /etc/** r\n"
            "  |   ^^^^^^^\n"
            "  = help: end every rule with a comma\n"
            "\n"
            "1 error, 0 warnings\n");
}

TEST(Render, never_passes_control_bytes_on) {
  EXPECT_EQ(printable("a\x1b[31mb\xff"), "a\\x1b[31mb\\xff");
  EXPECT_EQ(printable("\xc3\xa9"), "\xc3\xa9");
}

TEST(Suggest, finds_slips_and_nothing_far) {
  constexpr std::string_view words[] = {"capability", "network", "signal"};
  EXPECT_EQ(did_you_mean("capabilty", words), "capability");
  EXPECT_EQ(did_you_mean("ntework", words), "network");
  EXPECT_EQ(did_you_mean("zebra", words), std::nullopt);
}

TEST(Codes, numbers_are_unique) {
  std::vector<int> seen;
  for (const CodeInfo& code : all_codes()) seen.push_back(code.number);
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

}  // namespace
}  // namespace bh::diag
