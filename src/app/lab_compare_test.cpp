// The lab's table of several profiles, from results that no kernel had to make.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lab/compare.h"

namespace bh::lab {
namespace {

using testing::HasSubstr;

/// A plan of probes and what came of them, one profile after the other.
struct Said {
  LabPlan plan;
  LabReport report;
  std::vector<Column> columns;

  void profile(const std::string& title) { columns.push_back({title, plan.steps.size(), 0}); }
  void probe(const std::string& id, int confined, int alone, Expect expect = Expect::nothing) {
    Step step{.what = Do::probe, .argv = {id}, .profile = "x", .expect = expect, .control = true};
    StepResult result{.reached = true};
    result.outcome.sys = confined;
    result.control.sys = alone;
    plan.steps.push_back(std::move(step));
    report.steps.push_back(std::move(result));
    ++columns.back().count;
  }
  [[nodiscard]] Comparison compared() const { return compare(columns, plan, report); }
};

Said two_profiles() {
  Said said;
  said.profile("loose");
  said.probe("A01", 0, 0, Expect::allowed);
  said.probe("A08", EACCES, 0, Expect::refused);
  said.probe("A08.2", 0, 0, Expect::allowed);
  said.probe("A37", 0, 0, Expect::unmediated);
  said.probe("A34", EPERM, EPERM);  // this machine has none of it
  said.probe("F5", EACCES, 0, Expect::refused);
  said.profile("tight");
  said.probe("A01", EACCES, 0, Expect::refused);
  said.probe("A08", EACCES, 0, Expect::refused);
  said.probe("A08.2", ENOENT, 0, Expect::refused);
  said.probe("A37", EACCES, 0, Expect::refused);
  said.probe("A34", EACCES, EPERM);
  said.probe("F5", 0, 0, Expect::allowed);
  said.report.kernel = "7.2";
  return said;
}

TEST(LabCompare, a_row_is_refused_when_every_way_to_do_it_is) {
  EXPECT_EQ(to_markdown(two_profiles().compared()),
            "| | | loose | tight |\n"
            "| --- | --- | --- | --- |\n"
            "| A01 | overwrite the core-dump handler | **allowed** | refused |\n"
            "| A08 | read kernel symbols and keys | **partly** | refused |\n"
            "| A37 | create a user namespace | not mediated | refused |\n"
            "| F5 | use a socket pair | **refused** | works |\n"
            "| | attacks refused | 0 of 3 | 3 of 3 |\n"
            "| | functions that work | 0 of 1 | 1 of 1 |\n");
}

TEST(LabCompare, text_marks_what_a_reader_looks_for) {
  std::string text = to_text(two_profiles().compared());
  EXPECT_THAT(text, HasSubstr("kernel 7.2\n"));
  EXPECT_THAT(text, HasSubstr("  A01  overwrite the core-dump handler  allowed <      refused\n"));
  EXPECT_THAT(text, HasSubstr("  A37  create a user namespace          not mediated   refused\n"));
}

TEST(LabCompare, json_has_the_rows_beside_the_steps) {
  Said said = two_profiles();
  std::string json = to_json(said.compared(), said.plan, said.report);
  EXPECT_THAT(json, HasSubstr("\"columns\": [\n  \"loose\",\n  \"tight\"\n ]"));
  EXPECT_THAT(json, HasSubstr("\"id\": \"A08\""));
  EXPECT_THAT(json, HasSubstr("\"steps\""));
}

}  // namespace
}  // namespace bh::lab
