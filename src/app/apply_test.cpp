// apply and mode under every fault that a system can have: nothing is half-written, and the kernel has what
// it had.
#include "app/apply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"
#include "app/mode.h"
#include "compile/known_features.h"

namespace bh::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* file = "/etc/apparmor.d/web";
constexpr const char* old_text = "profile web {\n  /old r,\n  deny /no r,\n}\n";
constexpr const char* new_text = "profile web {\n  /new r,\n  deny /no r,\n}\n";

class ApplyTest : public testing::Test {
 protected:
  ApplyTest() {
    kernel_.put("/in/old", old_text);
    kernel_.put("/in/new", new_text);
    kernel_.put("/etc/apparmor.d/abi/3.0", std::string(compile::known_features().front().text));
  }

  Result<ApplyReport> try_to(ApplyOptions options, PolicySettings settings = {}) {
    Session session(kernel_.world());
    settings.features = "6.12";
    settings.base = kernel_.path("/etc/apparmor.d");
    Pipeline pipeline(session, settings);
    options.input = kernel_.path(options.input);
    if (options.output_dir) options.output_dir = kernel_.path(*options.output_dir);
    auto report = apply(session, pipeline, options);
    codes_.clear();
    for (const auto& diagnostic : session.sink.diagnostics()) codes_.push_back(diagnostic.code);
    return report;
  }
  Result<ModeReport> switch_to(WantedMode mode, ModeOptions options = {}) {
    Session session(kernel_.world());
    Pipeline pipeline(session, {.features = "6.12"});
    options.mode = mode;
    return set_mode(session, pipeline, "web", options);
  }

  /// Applies the old text, then remembers all that must still be so after a fault.
  void old_in_place() {
    ASSERT_TRUE(try_to({.input = "/in/old"}));
    before_raw_ = kernel_.raw("web");
    before_file_ = kernel_.get(file);
    kernel_.writes_to_kernel = 0;
  }
  void expect_as_before() {
    EXPECT_EQ(kernel_.raw("web"), before_raw_);
    EXPECT_EQ(kernel_.loaded().at("web"), "enforce");
    EXPECT_EQ(kernel_.get(file), before_file_);
    EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi", "web"));
  }

  FakeKernel kernel_{testing::TempDir() + "bh_apply_test." + std::to_string(::getpid())};
  std::vector<diag::Code> codes_;
  std::string before_raw_, before_file_;
};

TEST_F(ApplyTest, loads_compares_and_keeps) {
  auto report = try_to({.input = "/in/old"}).value();
  EXPECT_TRUE(report.loaded);
  EXPECT_EQ(report.verified, Verified::bytes);
  EXPECT_EQ(report.file, FileOutcome::written);
  EXPECT_THAT(kernel_.get(file), HasSubstr(old_text));
  EXPECT_EQ(try_to({.input = "/in/old"}).value().file, FileOutcome::unchanged);
  EXPECT_EQ(try_to({.input = file}).value().file, FileOutcome::is_input);
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi", "web"));
}

TEST_F(ApplyTest, a_dry_run_touches_nothing) {
  EXPECT_EQ(try_to({.input = "/in/old", .dry_run = true}).value().file, FileOutcome::would_write);
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi"));
}

TEST_F(ApplyTest, an_expectation_that_fails_stops_all) {
  kernel_.put("/in/spec.toml", "Name = \"web\"\n[[Expect]]\nAllow = [\"write /proc/sysrq-trigger\"]\n");
  auto report = try_to({.input = "/in/spec.toml"}).value();
  EXPECT_FALSE(report.as_expected());
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi"));
}

TEST_F(ApplyTest, a_full_disk_stops_before_the_load) {
  old_in_place();
  kernel_.full_disk = ENOSPC;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text,
              testing::AllOf(HasSubstr("cannot write"), HasSubstr("No space left on device")));
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  expect_as_before();
}

TEST_F(ApplyTest, a_disk_that_does_not_sync_stops_before_the_load) {
  old_in_place();
  kernel_.refuse_sync = EIO;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text, HasSubstr("Input/output error"));
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  expect_as_before();
}

TEST_F(ApplyTest, a_kernel_that_refuses_leaves_no_file) {
  old_in_place();
  kernel_.refuse_load = EPROTO;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text, HasSubstr("write .replace: Protocol error"));
  kernel_.refuse_load = 0;
  expect_as_before();
}

TEST_F(ApplyTest, a_rename_that_fails_takes_the_load_back) {
  old_in_place();
  kernel_.refuse_rename = EROFS;
  EXPECT_THAT(
      try_to({.input = "/in/new"}).error().text,
      testing::AllOf(HasSubstr("Read-only file system"), HasSubstr("the kernel has the old profile again")));
  EXPECT_EQ(kernel_.writes_to_kernel, 2u);
  expect_as_before();
}

TEST_F(ApplyTest, a_new_profile_is_taken_out_again) {
  kernel_.refuse_rename = EROFS;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text, HasSubstr("; nothing is loaded"));
  EXPECT_THAT(kernel_.loaded(), IsEmpty());
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi"));
}

TEST_F(ApplyTest, a_new_profile_in_use_cannot_be_taken_out) {
  kernel_.refuse_rename = EROFS;
  kernel_.add_process(7, "nginx", "web (enforce)");
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text,
              HasSubstr("web is loaded and in use until the next boot"));
}

TEST_F(ApplyTest, a_kernel_that_keeps_no_copies_cannot_go_back_and_says_so) {
  kernel_.keep_copies = false;
  ASSERT_EQ(try_to({.input = "/in/old"}).value().verified, Verified::digest);
  kernel_.refuse_rename = EROFS;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text,
              HasSubstr("the new profile is loaded, and the kernel has no copy of the old one"));
}

TEST_F(ApplyTest, going_back_takes_nothing_else_back) {
  kernel_.put("/in/two", std::string(old_text) + "profile other {\n  /old r,\n}\n");
  kernel_.put("/in/other", "profile other {\n  /new r,\n}\n");
  ASSERT_TRUE(try_to({.input = "/in/two", .output_dir = "/out"}));
  ASSERT_TRUE(try_to({.input = "/in/other", .output_dir = "/out"}));
  std::string other = kernel_.raw("other");
  kernel_.refuse_rename = EROFS;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text, HasSubstr("no copy of the old one alone"));
  EXPECT_EQ(kernel_.raw("other"), other);
}

TEST_F(ApplyTest, what_is_read_back_must_be_what_was_written) {
  kernel_.lie_about_bytes = true;
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text,
              testing::AllOf(HasSubstr("the kernel's copy of web differs"), HasSubstr("nothing is loaded")));
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi"));
}

TEST_F(ApplyTest, a_file_in_place_that_the_disk_does_not_confirm_stays) {
  kernel_.refuse_sync = EIO;
  kernel_.syncs_before = 1;
  auto report = try_to({.input = "/in/new"}).value();
  EXPECT_TRUE(report.loaded);
  EXPECT_THAT(report.unsynced, HasSubstr("Input/output error"));
  EXPECT_THAT(kernel_.get(file), HasSubstr(new_text));
}

TEST_F(ApplyTest, never_over_somebody_elses_work) {
  kernel_.put(file, "profile web {}\n");
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text, HasSubstr("was not written by bulkhead"));
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  // A backup that cannot be kept is a reason to go back too.
  kernel_.refuse_sync = ENOSPC;
  kernel_.syncs_before = 1;
  EXPECT_FALSE(try_to({.input = "/in/new", .force = true}));
  EXPECT_THAT(kernel_.loaded(), IsEmpty());
  EXPECT_EQ(kernel_.get(file), "profile web {}\n");
  EXPECT_THAT(kernel_.names("/etc/apparmor.d"), ElementsAre("abi", "web"));
  kernel_.refuse_sync = 0;
  EXPECT_EQ(try_to({.input = "/in/new", .force = true}).value().backup,
            kernel_.path(file) + std::string(".orig"));
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/web.orig"), "profile web {}\n");
}

TEST_F(ApplyTest, not_beside_another_file_with_that_profile) {
  kernel_.put("/etc/apparmor.d/by-hand", "profile web {}\n");
  EXPECT_THAT(try_to({.input = "/in/new"}).error().text,
              HasSubstr("by-hand has a profile of that name already"));
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  // That very file is applied as it is, and not written a second time.
  auto report = try_to({.input = "/etc/apparmor.d/by-hand"}).value();
  EXPECT_EQ(report.file, FileOutcome::is_input);
  EXPECT_EQ(report.path, kernel_.path("/etc/apparmor.d/by-hand"));
  EXPECT_EQ(kernel_.get(file), "(absent)");
}

TEST_F(ApplyTest, without_apparmor_the_file_is_written) {
  kernel_.take_apparmor_away();
  auto report = try_to({.input = "/in/new"}).value();
  EXPECT_FALSE(report.loaded);
  EXPECT_EQ(report.kernel.kind, kernel::Availability::Kind::not_built);
  EXPECT_THAT(kernel_.get(file), HasSubstr(new_text));
}

TEST_F(ApplyTest, complain_is_in_the_text_that_is_kept) {
  auto report = try_to({.input = "/in/new"}, {.complain = true}).value();
  EXPECT_EQ(kernel_.loaded().at("web"), "complain");
  EXPECT_TRUE(report.silent_denies);
  EXPECT_THAT(kernel_.get(file), HasSubstr("profile web flags=(complain) {\n  /new r,\n"));
  // What is kept compiles to what is loaded; as input it stays as it is.
  std::string held = kernel_.raw("web");
  EXPECT_EQ(try_to({.input = file}).value().file, FileOutcome::is_input);
  EXPECT_EQ(kernel_.raw("web"), held);
}

TEST_F(ApplyTest, complain_of_our_own_file_rewrites_it) {
  old_in_place();
  EXPECT_EQ(try_to({.input = file}, {.complain = true}).value().file, FileOutcome::written);
  EXPECT_THAT(kernel_.get(file), HasSubstr("profile web flags=(complain) {\n"));
  EXPECT_EQ(state_of(kernel_.get(file)), FileState::ours);
}

TEST_F(ApplyTest, says_which_heads_it_cannot_mark) {
  kernel_.put("/etc/apparmor.d/local/child", "profile child {\n}\n");
  kernel_.put("/in/with-child", "profile web {\n  include <local/child>\n}\n");
  ASSERT_TRUE(try_to({.input = "/in/with-child"}, {.complain = true}));
  EXPECT_THAT(codes_, testing::Contains(diag::Code::mode_not_kept));
  EXPECT_EQ(kernel_.loaded().at("web//child"), "complain");
}

TEST_F(ApplyTest, folders_are_made_for_output_dir) {
  auto report = try_to({.input = "/in/new", .output_dir = "/var/a/b"}).value();
  EXPECT_EQ(report.path, kernel_.path("/var/a/b/web"));
  EXPECT_THAT(report.back_by, IsEmpty());
  EXPECT_THAT(kernel_.get("/var/a/b/web"), HasSubstr(new_text));
}

TEST_F(ApplyTest, mode_changes_the_kernel_and_the_file) {
  old_in_place();
  auto report = switch_to(WantedMode::complain).value();
  EXPECT_EQ(report.before, "enforce");
  EXPECT_EQ(report.source, kernel_.path(file));
  EXPECT_TRUE(report.file_changed);
  EXPECT_TRUE(report.silent_denies);
  EXPECT_EQ(kernel_.loaded().at("web"), "complain");
  EXPECT_THAT(kernel_.get(file), HasSubstr("profile web flags=(complain) {\n  /old r,\n"));
  EXPECT_EQ(state_of(kernel_.get(file)), FileState::ours);
  ASSERT_TRUE(switch_to(WantedMode::enforce));
  expect_as_before();
}

TEST_F(ApplyTest, a_mode_that_cannot_be_kept_is_not_set) {
  old_in_place();
  kernel_.refuse_rename = EROFS;
  EXPECT_THAT(switch_to(WantedMode::complain).error().text,
              HasSubstr("the kernel has the old profile again"));
  expect_as_before();
  kernel_.refuse_rename = 0;
  kernel_.full_disk = ENOSPC;
  EXPECT_FALSE(switch_to(WantedMode::complain));
  expect_as_before();
  kernel_.full_disk = 0;
  kernel_.refuse_load = EACCES;
  EXPECT_FALSE(switch_to(WantedMode::complain));
  kernel_.refuse_load = 0;
  expect_as_before();
}

TEST_F(ApplyTest, a_mode_that_is_set_already_is_still_kept) {
  old_in_place();
  ASSERT_TRUE(switch_to(WantedMode::complain, {.keep_file = true}));
  EXPECT_EQ(kernel_.get(file), before_file_);
  auto report = switch_to(WantedMode::complain).value();
  EXPECT_EQ(report.before, "complain");
  EXPECT_TRUE(report.file_changed);
  EXPECT_THAT(kernel_.get(file), HasSubstr("flags=(complain)"));
}

TEST_F(ApplyTest, somebody_elses_file_keeps_its_mode_unless_forced) {
  kernel_.put("/etc/apparmor.d/by-hand", new_text);
  ASSERT_TRUE(try_to({.input = "/etc/apparmor.d/by-hand"}));
  auto report = switch_to(WantedMode::complain).value();
  EXPECT_EQ(report.file, kernel_.path("/etc/apparmor.d/by-hand"));
  EXPECT_EQ(report.source, report.file);
  EXPECT_THAT(report.file_kept_because, StartsWith("bulkhead did not write it"));
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/by-hand"), new_text);
  report = switch_to(WantedMode::complain, {.force = true}).value();
  EXPECT_TRUE(report.file_changed);
  EXPECT_EQ(report.backup, report.file + ".orig");
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/by-hand.orig"), new_text);
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/by-hand"),
            "profile web flags=(complain) {\n  /new r,\n  deny /no r,\n}\n");
}

TEST_F(ApplyTest, from_the_kernels_copy_where_no_file_says_what_is_loaded) {
  old_in_place();
  kernel_.put(file, with_mark(new_text, "web", "/in/new"));
  auto report = switch_to(WantedMode::complain).value();
  EXPECT_EQ(report.source, "");
  EXPECT_EQ(kernel_.loaded().at("web"), "complain");
  EXPECT_NE(kernel_.raw("web"), before_raw_);
}

TEST_F(ApplyTest, other_modes_are_left_alone) {
  kernel_.load("web", "kill", "x");
  EXPECT_THAT(switch_to(WantedMode::complain).error().text, HasSubstr("in mode kill"));
  EXPECT_THAT(switch_to(WantedMode::enforce).error().text, Not(HasSubstr("no profile")));
}

}  // namespace
}  // namespace bh::app
