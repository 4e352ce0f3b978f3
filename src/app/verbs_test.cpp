// The verbs that need no compiler: status, remove, and what an input is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"
#include "app/input.h"
#include "app/loadable.h"
#include "app/remove.h"
#include "app/restore.h"
#include "app/status.h"

namespace bh::app {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* web_text = "profile docker-web {\n}\n";

class VerbsTest : public testing::Test {
 protected:
  FakeKernel kernel_{testing::TempDir() + "bh_verbs_test." + std::to_string(::getpid())};
  Session session_{kernel_.world()};
};

TEST_F(VerbsTest, status_joins_profiles_processes_and_files) {
  kernel_.load("docker-web", "enforce");
  kernel_.load("docker-web//hat", "complain");
  kernel_.load("/usr/sbin/nscd", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
  kernel_.put("/etc/apparmor.d/usr.sbin.nscd", "/usr/sbin/nscd {\n}\n");
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
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
  auto report = remove(session_, "docker-web", {}).value();
  EXPECT_TRUE(report.removed);
  EXPECT_TRUE(report.file_removed);
  EXPECT_THAT(report.children, ElementsAre("docker-web//hat"));
  EXPECT_TRUE(kernel_.loaded().empty());
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/docker-web"), "(absent)");
}

TEST_F(VerbsTest, remove_refuses_while_processes_use_it) {
  kernel_.load("docker-web", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
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
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
  auto report = remove(session_, "docker-web", {.dry_run = true}).value();
  EXPECT_FALSE(report.removed);
  EXPECT_FALSE(report.file_removed);
  EXPECT_EQ(kernel_.writes_to_kernel, 0u);
  EXPECT_EQ(kernel_.loaded().size(), 1u);
}

TEST_F(VerbsTest, files_are_found_by_what_they_hold) {
  for (const char* name : {"a", "b", "c//child", "/usr/bin/{d,e}", "f", ":ns://h", "gone", "own"})
    kernel_.load(name, "enforce");
  kernel_.put("/etc/apparmor.d/odd.name", "profile a /bin/a {\n}\nprofile b {\n  ^hat {\n  }\n}\n");
  kernel_.put("/etc/apparmor.d/c", "profile not-c {\n}\n");
  kernel_.put("/etc/apparmor.d/with.child", "profile c {\n  profile child {\n  }\n}\n");
  kernel_.put("/etc/apparmor.d/x", "/usr/bin/{d,e} {\n}\n");
  kernel_.put("/etc/apparmor.d/y", "@{n} = f\nprofile @{n} {\n}\n");
  kernel_.put("/etc/apparmor.d/z", "profile :ns:h {\n}\n");
  kernel_.put("/etc/apparmor.d/gone", "profile gone {\n}\n");
  kernel_.put("/etc/apparmor.d/disable/gone", "");
  kernel_.put("/etc/apparmor.d/gone.orig", "profile gone {\n}\n");
  kernel_.put("/etc/apparmor.d/broken", "profile gone {\n  ((\n");
  kernel_.put("/var/lib/bulkhead/profiles/own", with_mark("profile own {\n}\n", "own", "o.toml"));
  auto report = status(session_, {}).value();
  auto file = [&](std::string_view name) {
    auto at = std::ranges::find(report.profiles, name, &ProfileStatus::name);
    return at->file.empty() ? "" : at->file.substr(at->file.rfind('/') + 1);
  };
  EXPECT_EQ(file("a"), "odd.name");
  EXPECT_EQ(file("b"), "odd.name");
  EXPECT_EQ(file("c//child"), "with.child");
  EXPECT_EQ(file("/usr/bin/{d,e}"), "x");
  EXPECT_EQ(file("f"), "y");
  EXPECT_EQ(file(":ns://h"), "z");
  EXPECT_EQ(file("gone"), "");
  EXPECT_EQ(file("own"), "own");
}

TEST_F(VerbsTest, status_says_who_brings_a_profile_back) {
  kernel_.load("docker-web", "enforce");
  kernel_.load("other", "enforce");
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
  kernel_.put("/etc/apparmor.d/other", "profile other {\n}\n");
  auto back_by = [&](std::size_t which) { return status(session_, {}).value().profiles[which].back_by; };
  EXPECT_THAT(back_by(0), testing::IsEmpty());
  kernel_.put("/etc/rcS.d/S12apparmor", "");
  EXPECT_THAT(back_by(1), ElementsAre("apparmor.service"));
  // With systemd, what is enabled there counts.
  kernel_.put("/etc/systemd/system/multi-user.target.wants/bulkhead-restore.service", "");
  EXPECT_THAT(back_by(0), ElementsAre("bulkhead-restore.service"));
  EXPECT_THAT(back_by(1), testing::IsEmpty());
  kernel_.put("/etc/systemd/system/sysinit.target.wants/apparmor.service", "");
  EXPECT_THAT(back_by(0), ElementsAre("apparmor.service", "bulkhead-restore.service"));
  EXPECT_THAT(back_by(1), ElementsAre("apparmor.service"));
  std::filesystem::create_symlink("/dev/null", kernel_.path("/etc/systemd/system/apparmor.service"));
  EXPECT_THAT(back_by(1), testing::IsEmpty());
}

TEST_F(VerbsTest, restore_loads_what_is_ours_and_no_more) {
  kernel_.put("/etc/apparmor.d/a", with_mark("profile a {\n}\n", "a", "a.toml"));
  kernel_.put("/etc/apparmor.d/b", with_mark("profile b {\n}\n", "b", "b.toml") + "# edited\n");
  kernel_.put("/etc/apparmor.d/broken", with_mark("profile broken {\n  ((\n}\n", "broken", "x"));
  kernel_.put("/etc/apparmor.d/disable/c", "");
  kernel_.put("/etc/apparmor.d/c", with_mark("profile c {\n}\n", "c", "c.toml"));
  kernel_.put("/etc/apparmor.d/theirs", "profile theirs {\n}\n");
  kernel_.put("/etc/apparmor.d/force-complain/b", "");
  kernel_.put("/var/lib/bulkhead/profiles/d", with_mark("profile d {\n}\n", "d", "d.toml"));
  auto report = restore(session_, {.features = "6.12"}, {}).value();
  ASSERT_EQ(report.files.size(), 4u);
  EXPECT_EQ(report.files[2].path, kernel_.path("/etc/apparmor.d/broken"));
  EXPECT_NE(report.files[2].trouble, "");
  EXPECT_THAT(kernel_.loaded(),
              ElementsAre(std::pair("a", "enforce"), std::pair("b", "complain"), std::pair("d", "enforce")));
}

TEST_F(VerbsTest, remove_never_takes_the_only_copy) {
  auto set = [&](const std::string& origin) {
    kernel_.load("docker-web", "enforce");
    kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", origin));
  };
  set(kernel_.path("/web.toml"));
  kernel_.put("/web.toml", "Name = \"docker-web\"\n");
  auto report = remove(session_, "docker-web", {}).value();
  EXPECT_EQ(report.undo, "bulkhead apply " + kernel_.path("/web.toml"));
  EXPECT_EQ(report.backup, "");
  std::filesystem::remove(kernel_.path("/web.toml"));
  set(kernel_.path("/web.toml"));
  report = remove(session_, "docker-web", {}).value();
  EXPECT_EQ(report.backup, kernel_.path("/etc/apparmor.d/docker-web.orig"));
  EXPECT_EQ(report.undo, "bulkhead apply " + report.backup);
  EXPECT_THAT(kernel_.get("/etc/apparmor.d/docker-web.orig"), HasSubstr(web_text));
}

TEST_F(VerbsTest, remove_keeps_a_file_that_others_need) {
  kernel_.put("/etc/apparmor.d/a", with_mark("profile a {\n}\nprofile b {\n}\n", "a", "x"));
  kernel_.load("a", "enforce");
  kernel_.load("b", "enforce");
  EXPECT_EQ(remove(session_, "a", {}).value().file_kept_because, "it also holds b, which is loaded");
  EXPECT_TRUE(remove(session_, "b", {}).value().file_removed);
}

TEST_F(VerbsTest, remove_without_apparmor_takes_the_file) {
  kernel_.put("/etc/apparmor.d/docker-web", with_mark(web_text, "docker-web", "web.toml"));
  kernel_.take_apparmor_away();
  EXPECT_TRUE(remove(session_, "docker-web", {}).value().file_removed);
  EXPECT_THAT(remove(session_, "docker-web", {}).error().text, HasSubstr("without AppArmor"));
}

TEST_F(VerbsTest, what_would_fail_half_way_is_refused_before) {
  compile::KernelPolicy policy;
  policy.profiles.emplace_back().name = std::string(300, 'x');
  EXPECT_EQ(check_loadable(session_, policy).error().sys, ENAMETOOLONG);
  policy.profiles[0].name = "a//b";
  EXPECT_EQ(check_loadable(session_, policy).error().text,
            "a is neither in this policy nor loaded, and a//b belongs under it");
  kernel_.load("a", "enforce");
  EXPECT_TRUE(check_loadable(session_, policy));
  policy.profiles[0].name = "a///b";
  EXPECT_TRUE(check_loadable(session_, policy));
  policy.profiles[0].name = "c//d";
  policy.profiles.emplace_back().name = "c";
  EXPECT_TRUE(check_loadable(session_, policy));
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
