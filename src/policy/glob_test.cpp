#include "policy/glob.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace bh::policy {
namespace {

TEST(Glob, complete_patterns) {
  for (const char* good : {"/a",     "/a*",   "/a/**",   "/a?",        "/[abc]", "/[^a-c]",    "/[-a]",
                           "/[z-a]", "/[[a]", "/[a\\]]", "/{a,b}",     "/{,b}",  "/{a,{b,c}}", "/{[,],b}",
                           "/a\\{",  "/a\\}", "/a\\[",   "/{a\\,b,c}", "/a,b",   "",           "/[{]"})
    EXPECT_EQ(glob_error(good), std::nullopt) << good;
  for (const char* bad : {"/[", "/[]", "/[^]", "/[]a]", "/]", "/[a-]", "/[a-z-9]", "/{", "/{a", "/}", "/{a}",
                          "/{}", "/{{a,b}}", "/{a,{b}}", "/{[},b]", "/a\\"})
    EXPECT_NE(glob_error(bad), std::nullopt) << bad;
}

TEST(Glob, braces_nest_up_to_a_limit) {
  auto nested = [](std::size_t depth) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) out += "{b,";
    out += "a";
    for (std::size_t i = 0; i < depth; ++i) out += "}";
    return out;
  };
  EXPECT_EQ(glob_error(nested(max_glob_nesting)), std::nullopt);
  EXPECT_NE(glob_error(nested(max_glob_nesting + 1)), std::nullopt);
}

TEST(Glob, escapes_become_characters) {
  EXPECT_EQ(decode_escapes("a\\x41\\101\\d65"), "aAAA");
  EXPECT_EQ(decode_escapes("a\\tb\\n\\\""), "a\tb\n\"");
  EXPECT_EQ(decode_escapes("\\x2a\\x7b\\x5c"), "\\*\\{\\\\");  // what would mean something keeps a backslash
  EXPECT_EQ(decode_escapes("\\\\x41"), "\\\\x41");             // the backslash itself is escaped
  EXPECT_EQ(decode_escapes("a\\000b\\x00\\d0"), "a\\000b\\x00\\d0");
  EXPECT_EQ(decode_escapes("\\400\\d300\\x4"),
            "\x20"
            "0\x1e"
            "0\x04");
  EXPECT_EQ(decode_escapes("\\q\\*\\ "), "\\q\\*\\ ");
  EXPECT_EQ(decode_escapes("\\"), "\\");
}

TEST(Glob, starts_with_slash) {
  for (const char* yes : {"/a", "{/a,/b}", "{/usr,}/bin", "{,/a}{/b,/c}", "\\/a", "{{/a,/b},/c}x"})
    EXPECT_TRUE(starts_with_slash(yes)) << yes;
  for (const char* no : {"", "a", "{/a,b}", "{/a,}b", "{,}", "*", "[/]a", "{a,/b}/c", "?"})
    EXPECT_FALSE(starts_with_slash(no)) << no;
}

TEST(Glob, is_pattern) {
  EXPECT_TRUE(is_pattern("a*"));
  EXPECT_TRUE(is_pattern("a{b,c}"));
  EXPECT_FALSE(is_pattern("a\\*\\{^"));
}

RC_GTEST_PROP(Glob, escaped_text_is_a_complete_pattern_that_matches_only_itself, (const std::string& text)) {
  std::string escaped = escape_glob(text);
  RC_ASSERT(!glob_error(escaped));
  RC_ASSERT(!is_pattern(escaped));
}

RC_GTEST_PROP(Glob, decoding_twice_changes_nothing_more, ()) {
  auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\\xd0123456789abtn*{},[]\"")));
  std::string once = decode_escapes(text);
  RC_ASSERT(decode_escapes(once) == once);
}

RC_GTEST_PROP(Glob, checks_of_any_text_end, ()) {
  auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("{}[],\\/*a-^")));
  if (!glob_error(text)) (void)starts_with_slash(text);
}

}  // namespace
}  // namespace bh::policy
