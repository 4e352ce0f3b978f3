#include "app/persist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"

namespace bh::app {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class PersistTest : public testing::Test {
 protected:
  FakeKernel kernel_{testing::TempDir() + "bh_persist_test." + std::to_string(::getpid())};
  std::string path_ = kernel_.path("/etc/apparmor.d/docker-web");
  FileState state(std::string_view profile = "docker-web") {
    return inspect_file(kernel_, path_, profile).value().state;
  }
};

TEST(FileName, follows_the_distributions) {
  EXPECT_EQ(file_name_for("docker-web"), "docker-web");
  EXPECT_EQ(file_name_for("/usr/sbin/nscd"), "usr.sbin.nscd");
  EXPECT_EQ(file_name_for("a b\nc"), "a_b_c");
  EXPECT_EQ(file_name_for("web~"), "web_");
  for (const char* unusable : {"", "/", "..", "/../x", ".hidden", "web.orig", "README"})
    EXPECT_EQ(file_name_for(unusable), std::nullopt) << unusable;
  EXPECT_EQ(file_name_for(std::string(300, 'a')), std::nullopt);
}

TEST_F(PersistTest, knows_its_own_files) {
  EXPECT_EQ(state(), FileState::absent);
  kernel_.put("/etc/apparmor.d/docker-web",
              with_mark("profile docker-web {}\n", "docker-web", "/x/web.toml"));
  EXPECT_EQ(state(), FileState::ours);
  EXPECT_EQ(state("docker-other"), FileState::foreign);
  kernel_.put("/etc/apparmor.d/docker-web", kernel_.get("/etc/apparmor.d/docker-web") + "# mine\n");
  EXPECT_EQ(state(), FileState::edited);
  kernel_.put("/etc/apparmor.d/docker-web", "profile docker-web {}\n");
  EXPECT_EQ(state(), FileState::foreign);
}

TEST_F(PersistTest, the_mark_says_where_it_came_from_on_one_line) {
  std::string bytes = with_mark("text\n", "p", "a\nb.toml");
  EXPECT_THAT(bytes, HasSubstr("from a?b.toml: change that"));
  EXPECT_EQ(without_mark(bytes), "text\n");
  EXPECT_EQ(without_mark("text\n"), "text\n");
  // A mark anywhere else is not ours.
  EXPECT_EQ(without_mark("x\n\n" + bytes), "x\n\n" + bytes);
}

TEST_F(PersistTest, says_why_a_file_may_not_be_overwritten) {
  EXPECT_EQ(reason_not_to_overwrite({FileState::absent, ""}, "/p"), std::nullopt);
  EXPECT_EQ(reason_not_to_overwrite({FileState::ours, ""}, "/p"), std::nullopt);
  EXPECT_THAT(*reason_not_to_overwrite({FileState::edited, ""}, "/p"),
              StartsWith("/p was edited since bulkhead wrote it (--force"));
  EXPECT_THAT(*reason_not_to_overwrite({FileState::foreign, ""}, "/p"),
              StartsWith("/p was not written by bulkhead"));
}

TEST_F(PersistTest, backups_have_names_that_loaders_pass_over) {
  EXPECT_EQ(keep_backup(kernel_, path_, "one").value(), path_ + ".orig");
  EXPECT_EQ(keep_backup(kernel_, path_, "two").value(), path_ + ".2.orig");
  EXPECT_EQ(kernel_.get("/etc/apparmor.d/docker-web.orig"), "one");
}

}  // namespace
}  // namespace bh::app
