#include "app/container_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bh::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ProfileStatus loaded(std::string name, std::string mode, std::vector<std::string> back_by) {
  return {std::move(name), std::move(mode), {}, {}, FileState::absent, std::move(back_by)};
}

const std::vector<ProfileStatus> profiles = {loaded("web", "enforce", {"apparmor.service"}),
                                             loaded("lax", "complain", {"apparmor.service"}),
                                             loaded("fleeting", "enforce", {})};

std::vector<std::string> found(ContainerStatus container) {
  find_disagreements(container, profiles);
  return container.findings;
}

ContainerStatus running(std::string asked, std::vector<std::string> carried, std::string mode = "enforce",
                        std::vector<std::string> back_by = {"apparmor.service"}) {
  return {.state = "running",
          .asked = std::move(asked),
          .carried = std::move(carried),
          .mode = std::move(mode),
          .back_by = std::move(back_by)};
}

TEST(ContainerStatus, SaysNothingWhereAllAgree) {
  EXPECT_THAT(found(running("web", {"web (enforce)"})), IsEmpty());
  EXPECT_THAT(found(running("docker-default", {"docker-default (enforce)"}, "enforce", {"the engine"})),
              IsEmpty());
  EXPECT_THAT(found({.state = "exited", .asked = "web", .back_by = {"apparmor.service"}}), IsEmpty());
}

TEST(ContainerStatus, TheKernelsLabelDecides) {
  EXPECT_THAT(
      found(running("web", {"unconfined"}, "", {})),
      ElementsAre("asks for web, but has processes that are unconfined: the profile was removed, or was not "
                  "there when they started; only a new start helps"));
  EXPECT_THAT(found(running("web", {"lax (complain)"}, "complain")),
              ElementsAre("asks for web, but has processes under lax (complain)",
                          "what its profile does not allow is only logged (complain)"));
  EXPECT_THAT(found(running("web", {"web (enforce)", "unconfined"})), ElementsAre(HasSubstr("unconfined")));
  EXPECT_THAT(found(running("unconfined", {"unconfined"}, "", {})), ElementsAre("asks for no profile"));
}

TEST(ContainerStatus, SaysThatExecInAPrivilegedOneIsUnconfined) {
  ContainerStatus container = running("web", {"web (enforce)"});
  container.privileged = true;
  EXPECT_THAT(found(container), ElementsAre(HasSubstr("docker exec")));
  container = running("unconfined", {"unconfined"}, "", {});
  container.privileged = true;
  EXPECT_THAT(found(container), ElementsAre("asks for no profile"));
}

TEST(ContainerStatus, SaysWhatABootWillDo) {
  EXPECT_THAT(found(running("fleeting", {"fleeting (enforce)"}, "enforce", {})),
              ElementsAre("its profile is gone after a boot, and then it does not start"));
  EXPECT_THAT(found({.state = "created", .asked = "nowhere"}),
              ElementsAre("asks for nowhere, which is not loaded: it does not start"));
}

}  // namespace
}  // namespace bh::app
