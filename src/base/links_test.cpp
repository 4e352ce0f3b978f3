#include "base/links.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <map>

namespace bh {
namespace {

std::string followed(const std::map<std::string, std::string>& links, std::string_view path) {
  auto end = follow_links(path, [&](const std::string& here, bool) -> Result<std::optional<std::string>> {
    auto found = links.find(here);
    return found == links.end() ? std::nullopt : std::optional(found->second);
  });
  return end ? *end : end.error().text;
}

TEST(Links, AreFollowedInsideTheRoot) {
  EXPECT_EQ(followed({{"/bin", "usr/bin"}, {"/usr/bin/sh", "dash"}}, "/bin/sh"), "/usr/bin/dash");
  EXPECT_EQ(followed({{"/a/up", "../../../etc"}}, "/a/up/x"), "/etc/x");
  EXPECT_EQ(followed({{"/var/run", "/run"}}, "//var/./run/..//lib/"), "/lib");
  EXPECT_EQ(followed({}, "/"), "/");
  EXPECT_EQ(followed({{"/self", "/"}}, "/self/self/x"), "/x");
  EXPECT_EQ(followed({{"/loop", "loop"}}, "/loop/x"), "/loop/x leads through more than 40 links");
}

TEST(Links, TheWalkEndsWhereSomethingIsWrong) {
  auto end =
      follow_links("/a/b", [](const std::string& here, bool last) -> Result<std::optional<std::string>> {
        EXPECT_FALSE(last) << here;
        return fail_errno(EACCES, here);
      });
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().sys, EACCES);
}

}  // namespace
}  // namespace bh
