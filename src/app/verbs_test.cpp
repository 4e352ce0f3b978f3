// The verbs that need no compiler: status, remove, and what an input is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"
#include "app/input.h"
#include "app/remove.h"
#include "app/status.h"

namespace bh::app {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class VerbsTest : public testing::Test {
 protected:
  FakeKernel kernel_{testing::TempDir() + "bh_verbs_test." + std::to_string(::getpid())};
  Session session_{kernel_.world()};
};

TEST_F(VerbsTest, status_joins_profiles_processes_and_files) {
  kernel_.load("docker-web", "enforce");
  kernel_.load("docker-web//hat", "complain");
  kernel_.load("/usr/sbin/nscd", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark("x", "docker-web", "web.toml"));
  kernel_.put("/etc/apparmor.d/usr.sbin.nscd", "profile\n");
  kernel_.add_process(7, "nginx", "docker-web (enforce)");
  kernel_.add_process(8, "sh", "docker-web//hat//&unconfined (mixed)");
  kernel_.add_process(9, "old", "docker-gone (enforce)");
  auto report = status(session_, {}).value();
  ASSERT_EQ(report.profiles.size(), 3u);
  EXPECT_EQ(report.profiles[0].name, "/usr/sbin/nscd");
  EXPECT_EQ(report.profiles[0].file_state, FileState::foreign);
  EXPECT_EQ(report.profiles[1].file_state, FileState::ours);
  ASSERT_EQ(report.profiles[1].processes.size(), 1u);
  EXPECT_EQ(report.profiles[1].processes[0].command, "nginx");
  EXPECT_EQ(report.profiles[2].processes[0].pid, 8);
  ASSERT_EQ(report.strays.size(), 1u);
  EXPECT_EQ(report.strays[0].pid, 9);
}

TEST_F(VerbsTest, status_of_one_profile_or_of_none) {
  kernel_.load("a", "enforce");
  kernel_.load("b", "enforce");
  EXPECT_EQ(status(session_, {"b"}).value().profiles.size(), 1u);
  EXPECT_EQ(status(session_, {"c"}).error().text, "no profile named c is loaded");
}

TEST_F(VerbsTest, remove_takes_the_profile_and_our_file) {
  kernel_.load("docker-web", "enforce");
  kernel_.load("docker-web//hat", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark("x", "docker-web", "web.toml"));
  auto report = remove(session_, "docker-web", {}).value();
  EXPECT_TRUE(report.removed);
  EXPECT_TRUE(report.file_removed);
  EXPECT_THAT(report.children, ElementsAre("docker-web//hat"));
  EXPECT_TRUE(kernel_.loaded().empty());
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/docker-web"), "(absent)");
}

TEST_F(VerbsTest, remove_refuses_while_processes_use_it) {
  kernel_.load("docker-web", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark("x", "docker-web", "web.toml"));
  kernel_.add_process(7, "nginx", "docker-web//null-/bin/sh (complain)");
  auto report = remove(session_, "docker-web", {}).value();
  EXPECT_FALSE(report.removed);
  EXPECT_FALSE(report.file_removed);
  ASSERT_EQ(report.processes.size(), 1u);
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  report = remove(session_, "docker-web", {.force = true}).value();
  EXPECT_TRUE(report.removed);
  EXPECT_EQ(report.processes.size(), 1u);
}

TEST_F(VerbsTest, remove_keeps_what_is_not_ours) {
  kernel_.load("docker-web", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", "profile docker-web {}\n");
  auto report = remove(session_, "docker-web", {.force = true}).value();
  EXPECT_TRUE(report.removed);
  EXPECT_FALSE(report.file_removed);
  EXPECT_EQ(report.file_kept_because, "bulkhead did not write it");
}

TEST_F(VerbsTest, remove_in_a_dry_run_touches_nothing) {
  kernel_.load("docker-web", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark("x", "docker-web", "web.toml"));
  auto report = remove(session_, "docker-web", {.dry_run = true}).value();
  EXPECT_FALSE(report.removed);
  EXPECT_FALSE(report.file_removed);
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  EXPECT_EQ(kernel_.loaded().size(), 1u);
}

TEST_F(VerbsTest, remove_says_that_nothing_is_there) {
  EXPECT_EQ(remove(session_, "docker-web", {}).error().text, "no profile named docker-web is loaded");
  kernel_.load("docker-web", "enforce");
  kernel_.refuse_load = EACCES;
  EXPECT_THAT(remove(session_, "docker-web", {}).error().text, HasSubstr("write .remove: Permission denied"));
}

TEST(LooksLikeSpec, tells_toml_from_policy) {
  for (const char* toml :
       {"Name = \"x\"\n", "# c\n\n[Filesystem]\n", "\xef\xbb\xbfName=\"x\"", "  a.b = 1", "\"Name\" = 'x'"})
    EXPECT_TRUE(looks_like_spec(toml)) << toml;
  for (const char* policy :
       {"", "# only\n", "profile x {\n}\n", "#include <tunables/global>\n", "# include <x>\n",
        "include if exists <a>\n", "abi <abi/3.0>,\n", "@{PROC}=/proc/\n", "$x = true\n", "/usr/bin/x {\n",
        "^hat {\n", "profile x flags=(complain) {", "alias /a -> /b=c,"})
    EXPECT_FALSE(looks_like_spec(policy)) << policy;
}

TEST_F(VerbsTest, an_input_is_what_it_holds) {
  kernel_.put("/a", "profile x { }\n");
  kernel_.put("/b", "Name = \"x\"\n");
  kernel_.put("/c.toml", "profile x { }\n");
  kernel_.put("/d", "\x04\x08\0version\0\x02rest"s);
  kernel_.put("/e", "profile x {\n \0 }\n"s);
  kernel_.load("loaded one", "enforce", "raw");
  auto kind = [&](const char* name) { return read_input(session_, kernel_.path(name)).value().kind; };
  EXPECT_EQ(kind("/a"), InputKind::text);
  EXPECT_EQ(kind("/b"), InputKind::spec);
  EXPECT_EQ(kind("/c.toml"), InputKind::spec);
  EXPECT_EQ(kind("/d"), InputKind::compiled);
  EXPECT_EQ(read_input(session_, "loaded:loaded one").value().bytes, "raw");
  EXPECT_THAT(read_input(session_, "loaded:none").error().text,
              HasSubstr("cannot read profile none from the kernel"));
  EXPECT_EQ(read_input(session_, kernel_.path("/e")).error().text, "1 error in the input");
  EXPECT_EQ(session_.sources.describe(session_.sink.diagnostics()[0].span), kernel_.path("/e") + ":2:2");
  EXPECT_THAT(read_input(session_, kernel_.path("/etc")).error().text,
              HasSubstr("is a folder, not a profile"));
  EXPECT_EQ(read_input(session_, kernel_.path("/none")).error().sys, ENOENT);
}

}  // namespace
}  // namespace bh::app
