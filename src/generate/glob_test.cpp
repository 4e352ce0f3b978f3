#include "generate/glob.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "generate/glob_sets.h"

namespace bh::generate {
namespace {

Globs parsed(std::string_view text) {
  GlobError error;
  auto globs = parse_globs(text, error);
  EXPECT_TRUE(globs) << text << ": " << error.message;
  return globs.value_or(Globs{});
}

bool match(std::string_view glob, std::string_view path) { return matches(parsed(glob), path); }

TEST(Glob, OneStarStaysInAComponentAndWantsAByteWhenAlone) {
  EXPECT_TRUE(match("/a/*", "/a/b"));
  EXPECT_FALSE(match("/a/*", "/a/"));
  EXPECT_FALSE(match("/a/*", "/a/b/c"));
  EXPECT_FALSE(match("/a/*/c", "/a//c"));
  EXPECT_TRUE(match("/a/b*", "/a/b"));
  EXPECT_TRUE(match("/a/{,*}", "/a/"));
}

TEST(Glob, TwoStarsCrossComponents) {
  EXPECT_TRUE(match("/a/**", "/a/b/c"));
  EXPECT_FALSE(match("/a/**", "/a/"));
  EXPECT_TRUE(match("/a**", "/a"));
  EXPECT_TRUE(match("/a{,/**}", "/a/"));
  EXPECT_TRUE(match("/a/**/c", "/a/x/y/c"));
  EXPECT_FALSE(match("/a/**/c", "/a/c"));
}

TEST(Glob, ClassesAndEscapes) {
  EXPECT_TRUE(match("/[a-c]", "/b"));
  EXPECT_TRUE(match("/x[^a]y", "/x/y"));
  EXPECT_TRUE(match("/\\*", "/*"));
  EXPECT_FALSE(match("/\\*", "/a"));
  EXPECT_TRUE(match("/\\x41\\102", "/AB"));
  EXPECT_TRUE(match("/{a,b{c,d}}", "/bd"));
  EXPECT_TRUE(match("/a,b", "/a,b"));
}

TEST(Glob, WhatIsWrongHasAPlaceAndAReason) {
  auto why = [](std::string_view text) {
    GlobError error;
    EXPECT_FALSE(parse_globs(text, error)) << text;
    return fmt::format("{}: {}", error.offset, error.message);
  };
  EXPECT_EQ(why("/a[b"), "2: `[` is never closed");
  EXPECT_EQ(why("/a[^"), "2: `[` is never closed");
  EXPECT_EQ(why("/a{b,c"), "2: `{` is never closed");
  EXPECT_EQ(why("/a{b}"), "2: `{…}` needs at least two alternatives");
  EXPECT_EQ(why("/a}b"), "2: `}` without `{` (write `\\}` for the character)");
  EXPECT_EQ(why("/a]b"), "2: `]` without `[` (write `\\]` for the character)");
  EXPECT_EQ(why("/{a],b}"), "3: `]` without `[` (write `\\]` for the character)");
  EXPECT_EQ(why("/a[]"), "2: `[]` matches nothing");
  EXPECT_EQ(why("/a\\"), "2: a backslash at the end");
  EXPECT_EQ(why("/a\\n"), "2: only `\\` before one of `*?[]{}^,\\` and `\\xHH` are understood as escapes");
  EXPECT_EQ(why("/a\\x0a"), "2: only `\\` before one of `*?[]{}^,\\` and `\\xHH` are understood as escapes");
  EXPECT_EQ(why("/[z-a]"), "1: a range in `[…]` runs backwards");
  std::string many = "/";
  for (int i = 0; i < 10; ++i) many += "{a,b}";
  EXPECT_EQ(why(many), "50: more than 512 paths once the `{…}` are multiplied out");
  std::string deep = "/";
  for (int i = 0; i < 20; ++i) deep += "{a,";
  EXPECT_EQ(why(deep), "49: `{` nested more than 16 deep");
}

TEST(Glob, PrintingIsShortAndMeansTheSame) {
  auto again = [](std::string_view text) { return print(parsed(text)); };
  EXPECT_EQ(again("/etc/**"), "/etc/**");
  EXPECT_EQ(again("/etc/{,**}"), "/etc/{,**}");
  EXPECT_EQ(again("/a/*/b"), "/a/*/b");
  EXPECT_EQ(again("/a/{,*}/b"), "/a/{,*}/b");
  EXPECT_EQ(again("/dev/{zero,null}"), "/dev/{null,zero}");
  EXPECT_EQ(again("/{,usr/}bin/sh"), "/{bin,usr/bin}/sh");
  EXPECT_EQ(again("/[a-cx]\\*"), "/[abcx]\\*");
  EXPECT_EQ(again("/[a-z^-]"), "/[-a-z^]");
  EXPECT_EQ(again("/[\\^]"), "/\\^");
  EXPECT_EQ(again("/\xc3\xa4[^\xc3]"), "/\\xc3\\xa4[^\\xc3]");
  EXPECT_EQ(again("/a****b"), "/a**b");
}

TEST(Glob, QuotingLetsNothingOut) {
  EXPECT_EQ(quote("/etc/{a,b}*"), "/etc/{a,b}*");
  EXPECT_EQ(quote("/a b"), "\"/a b\"");
  EXPECT_EQ(quote("/a\" rwx, /b"), "\"/a\\\" rwx, /b\"");
  EXPECT_EQ(quote("/a#b"), "\"/a#b\"");
}

TEST(GlobSets, CoversIsExact) {
  EXPECT_TRUE(covers(parsed("/etc/{,**}"), parsed("/etc/**")));
  EXPECT_FALSE(covers(parsed("/etc/**"), parsed("/etc/{,**}")));
  EXPECT_TRUE(covers(parsed("/{a,b}*"), parsed("/[ab]x")));
  EXPECT_TRUE(covers(parsed("/{[^a]**,a,a[^b]**,ab**}"), parsed("/**")));
  EXPECT_FALSE(covers(parsed("/**.so"), parsed("/**.so.*")));
}

TEST(GlobSets, MeetsFindsACommonPath) {
  EXPECT_TRUE(meets(parsed("/**.so"), parsed("/usr/lib/**")));
  EXPECT_FALSE(meets(parsed("/var/log/*.log"), parsed("/**.so")));
  EXPECT_TRUE(meets(parsed("/var/log/*.log"), parsed("/**.so.*")));
  EXPECT_FALSE(meets(parsed("/a/*"), parsed("/a/*/b")));
}

TEST(GlobSets, EverythingButFoldersReadsWell) {
  EXPECT_THAT(everything_but({}), testing::ElementsAre("/{,**}"));
  EXPECT_THAT(everything_but({"/"}), testing::IsEmpty());
  EXPECT_THAT(everything_but({"/dev/", "/proc/"}),
              testing::ElementsAre(
                  "/{,dev,proc}",
                  "/{[^dp/]*,d,d[^e/]*,de,de[^v/]*,dev?*,p,p[^r/]*,pr,pr[^o/]*,pro,pro[^c/]*,proc?*}{,/**}"));
  EXPECT_THAT(everything_but({"/var/lib/", "/var/lib/x/"}),
              testing::ElementsAre("/{,var}", "/{[^v/]*,v,v[^a/]*,va,va[^r/]*,var?*}{,/**}", "/var/{,lib}",
                                   "/var/{[^l/]*,l,l[^i/]*,li,li[^b/]*,lib?*}{,/**}"));
}

TEST(GlobSets, SubtractSaysWhenGlobsCannot) {
  EXPECT_FALSE(subtract(parsed("/**"), parsed("/**.so.*")));
  auto rest = subtract(parsed("/etc/*.conf"), parsed("/etc/my.conf"));
  ASSERT_TRUE(rest);
  EXPECT_TRUE(matches(*rest, "/etc/my.conf.conf"));
  EXPECT_TRUE(matches(*rest, "/etc/.conf"));
  EXPECT_FALSE(matches(*rest, "/etc/my.conf"));
}

/// Globs and paths over a few bytes, so that random ones have to do with each other.
rc::Gen<std::string> glob_text() {
  auto piece =
      rc::gen::elementOf(std::vector<std::string>{"a", "b", ".", "/", "/", "*", "**", "?", "[ab]", "[^a/]",
                                                  "[^b]", "{a,b/}", "{,/**}", "{.b,a*}", "/**", "/*"});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](std::vector<std::string> pieces) {
                        std::string text = "/";
                        if (pieces.size() > 7) pieces.resize(7);
                        for (const std::string& p : pieces) {
                          if (text.ends_with('*') && p.starts_with('*')) continue;
                          if (text.ends_with('/') && p.starts_with('/')) continue;
                          text += p;
                        }
                        return text;
                      });
}

rc::Gen<std::string> path_text() {
  return rc::gen::map(rc::gen::container<std::string>(rc::gen::elementOf(std::string("aab.//"))),
                      [](std::string tail) { return "/" + tail.substr(0, 9); });
}

Globs random_globs(int count) {
  Globs all;
  for (int i = 0; i < count; ++i) {
    Globs some = parsed(*glob_text());
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

RC_GTEST_PROP(GlobProperty, PrintedGlobsMeanTheSame, ()) {
  Globs globs = random_globs(*rc::gen::inRange(1, 4));
  std::string text = print(globs);
  GlobError error;
  auto again = parse_globs(text, error);
  RC_LOG() << text << " " << error.message;
  RC_ASSERT(again.has_value());
  for (int i = 0; i < 20; ++i) {
    std::string path = *path_text();
    RC_LOG() << path << "\n";
    RC_ASSERT(matches(globs, path) == matches(*again, path));
  }
}

RC_GTEST_PROP(GlobProperty, SetsAgreeWithTheirDefinition, ()) {
  Globs a = random_globs(*rc::gen::inRange(1, 3)), b = random_globs(*rc::gen::inRange(1, 3));
  auto both = intersect(a, b), rest = subtract(a, b);
  bool inside = covers(b, a), meet = meets(a, b);
  RC_LOG() << print(a) << " | " << print(b) << "\n";
  RC_ASSERT(!both || both->empty() == !meet);
  RC_ASSERT(!rest || rest->empty() == inside);
  RC_CLASSIFY(rest.has_value(), "subtracted");
  for (int i = 0; i < 30; ++i) {
    std::string path = *path_text();
    bool in_a = matches(a, path), in_b = matches(b, path);
    RC_LOG() << path << "\n";
    if (both) RC_ASSERT(matches(*both, path) == (in_a && in_b));
    if (rest) RC_ASSERT(matches(*rest, path) == (in_a && !in_b));
    if (in_a && in_b) RC_ASSERT(meet);
    if (in_a && !in_b) RC_ASSERT(!inside);
  }
}

RC_GTEST_PROP(GlobProperty, EverythingButIsExact, ()) {
  auto folders = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(std::vector<std::string>{
      "/a/", "/b/", "/ab/", "/a/b/", "/a/bb/", "/b/a/", "/./", "/aa/a/", "/a/b/a/"}));
  Globs rest;
  for (const std::string& text : everything_but(folders))
    for (const Glob& glob : parsed(text)) rest.push_back(glob);
  for (int i = 0; i < 30; ++i) {
    std::string path = *path_text();
    if (path.find("//") != std::string::npos) continue;
    bool inside =
        std::ranges::any_of(folders, [&](const std::string& folder) { return path.starts_with(folder); });
    RC_LOG() << path << "\n";
    RC_ASSERT(matches(rest, path) == !inside);
  }
}

}  // namespace
}  // namespace bh::generate
