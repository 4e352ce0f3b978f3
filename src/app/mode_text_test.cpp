#include "app/mode_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"

namespace bh::app {
namespace {

using testing::ElementsAre;

class ModeTextTest : public testing::Test {
 protected:
  ModeText change(const std::string& text, std::string_view name, WantedMode mode) {
    Session session(kernel_.world());
    policy::Library library(session.world.os, session.sources, {.base = kernel_.path("/etc/apparmor.d")});
    auto source = session.sources.add("text", text);
    auto resolved = policy::resolve(library, source, session.sink);
    EXPECT_TRUE(session.sink.ok()) << text;
    return with_mode(text, source, resolved, name, mode);
  }
  std::string complain(const std::string& text, std::string_view name = {}) {
    return change(text, name, WantedMode::complain).text;
  }
  std::string enforce(const std::string& text) { return change(text, {}, WantedMode::enforce).text; }

  FakeKernel kernel_{testing::TempDir() + "bh_mode_text_test." + std::to_string(::getpid())};
};

TEST_F(ModeTextTest, there_and_back_changes_one_word) {
  constexpr std::pair<const char*, const char*> heads[] = {
      {"profile x {", "profile x flags=(complain) {"},
      {"profile x /bin/x {", "profile x /bin/x flags=(complain) {"},
      {"/bin/x {", "/bin/x flags=(complain) {"},
      {"profile \"a b\" {", "profile \"a b\" flags=(complain) {"},
      {"profile x flags=(attach_disconnected) {", "profile x flags=(complain, attach_disconnected) {"},
      {"profile x flags=( attach_disconnected , mediate_deleted ) {",
       "profile x flags=( complain, attach_disconnected , mediate_deleted ) {"},
      {"/bin/x (audit) {", "/bin/x (complain, audit) {"},
      {"profile x flags=(attach_disconnected.path=/a) {",
       "profile x flags=(complain, attach_disconnected.path=/a) {"},
      {"profile x xattrs=(user.a=b) {", "profile x xattrs=(user.a=b) flags=(complain) {"},
  };
  for (auto [head, with_flag] : heads) {
    std::string text = fmt::format("# x {{\n{}  # why\n  /a r,\n}}\n", head);
    std::string changed = fmt::format("# x {{\n{}  # why\n  /a r,\n}}\n", with_flag);
    EXPECT_EQ(complain(text), changed);
    EXPECT_EQ(enforce(changed), text);
    EXPECT_EQ(complain(changed), changed);
    EXPECT_EQ(enforce(text), text);
  }
}

TEST_F(ModeTextTest, complain_alone_or_last_goes_with_what_joins_it) {
  EXPECT_EQ(enforce("/bin/x (complain) {\n}\n"), "/bin/x {\n}\n");
  EXPECT_EQ(enforce("profile x flags = ( complain, ) {\n}\n"), "profile x {\n}\n");
  EXPECT_EQ(enforce("profile x flags=(audit,complain) {\n}\n"), "profile x flags=(audit) {\n}\n");
  EXPECT_EQ(enforce("profile x flags=(audit complain) {\n}\n"), "profile x flags=(audit) {\n}\n");
  EXPECT_EQ(enforce("profile x flags=(complain audit) {\n}\n"), "profile x flags=(audit) {\n}\n");
}

TEST_F(ModeTextTest, complain_takes_the_place_of_another_mode) {
  EXPECT_EQ(complain("profile x flags=(kill) {\n}\n"), "profile x flags=(complain) {\n}\n");
  EXPECT_EQ(complain("profile x flags=(audit,enforce) {\n}\n"), "profile x flags=(audit,complain) {\n}\n");
  EXPECT_EQ(enforce("profile x flags=(kill) {\n}\n"), "profile x flags=(kill) {\n}\n");
}

TEST_F(ModeTextTest, a_profile_with_what_is_under_it) {
  std::string text = "profile x {\n  ^hat {\n  }\n  profile y {\n  }\n}\nprofile xy {\n}\n";
  EXPECT_EQ(
      complain(text, "x"),
      "profile x flags=(complain) {\n  ^hat flags=(complain) {\n  }\n  profile y flags=(complain) {\n  }\n}\n"
      "profile xy {\n}\n");
  EXPECT_EQ(complain(text, "x//y"),
            "profile x {\n  ^hat {\n  }\n  profile y flags=(complain) {\n  }\n}\nprofile xy {\n}\n");
}

TEST_F(ModeTextTest, heads_in_other_files_are_named) {
  kernel_.put("/etc/apparmor.d/local/y", "profile y {\n}\n");
  auto made = change("profile x {\n  include <local/y>\n}\n", {}, WantedMode::complain);
  EXPECT_EQ(made.text, "profile x flags=(complain) {\n  include <local/y>\n}\n");
  EXPECT_THAT(made.elsewhere, ElementsAre("x//y"));
}

}  // namespace
}  // namespace bh::app
