// Why a profile has no score; that it has one, and which, audit_apparmor_test asks of a real kernel.
#include "app/profile_score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/fake_kernel.h"

namespace bh::app {
namespace {

using testing::HasSubstr;

TEST(ProfileScore, SaysWhyThereIsNone) {
  FakeKernel kernel(testing::TempDir() + "bh_score_test." + std::to_string(::getpid()));
  Session session(kernel.world());
  EXPECT_THAT(score_loaded(session, "docker-web").unknown, HasSubstr("docker-web"));
  kernel.load("docker-web", "enforce", "no policy");
  auto score = score_loaded(session, "docker-web");
  EXPECT_EQ(score.profile, "docker-web");
  EXPECT_EQ(score.attacks, 0);
  EXPECT_NE(score.unknown, "");
  kernel.keep_copies = false;
  kernel.load("docker-web", "enforce");
  EXPECT_THAT(score_loaded(session, "docker-web").unknown, HasSubstr("export_binary"));
}

}  // namespace
}  // namespace bh::app
