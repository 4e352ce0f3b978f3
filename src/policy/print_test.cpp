#include "policy/print.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "diag/render.h"
#include "policy/parse.h"
#include "policy/random_policy.h"
#include "policy/same.h"

namespace bh::policy {
namespace {

std::string reprinted(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  Fragment fragment = parse(sources, sources.add("test", text), Context::preamble, sink);
  EXPECT_TRUE(sink.ok()) << diag::render(sources, sink);
  return print(fragment.block);
}

TEST(Print, one_style) {
  EXPECT_EQ(
      reprinted(
          "#include <tunables/global>\n@{A}=b   \"c d\"\n/usr/bin/x flags=(audit,complain) {\nrw /etc/x,\n"
          "audit {  deny capability chown   kill , }\nif $A and ($B or not $C) {} else if true { px /a -> "
          "/b, }\n"
          "^h { signal (send,receive) set=hup peer=\"a b\", }\n}"),
      "include <tunables/global>\n"
      "@{A} = b \"c d\"\n"
      "/usr/bin/x flags=(audit, complain) {\n"
      "  /etc/x rw,\n"
      "  audit {\n"
      "    deny capability chown kill,\n"
      "  }\n"
      "  if $A and ($B or not $C) {\n"
      "  }\n"
      "  else {\n"
      "    if true {\n"
      "      /a px -> /b,\n"
      "    }\n"
      "  }\n"
      "  hat h {\n"
      "    signal (send receive) set=hup peer=\"a b\",\n"
      "  }\n"
      "}\n");
}

TEST(Print, words_that_a_program_made_are_quoted_where_they_must_be) {
  Rule rule;
  FileRule file;
  file.perms = perm_read;
  auto printed = [&](std::string path) {
    file.path = Text{std::move(path), {}, false};
    rule.body = file;
    return print(rule);
  };
  EXPECT_EQ(printed("/a b"), "\"/a b\" r,");
  EXPECT_EQ(printed("/a\"b"), "\"/a\\\"b\" r,");
  EXPECT_EQ(printed("/a,"), "\"/a,\" r,");
  EXPECT_EQ(printed("/a,b"), "/a,b r,");
  EXPECT_EQ(printed("/a!"), "\"/a!\" r,");
  EXPECT_EQ(printed("/a\\ b"), "/a\\ b r,");
  ClassRule unix_rule;
  unix_rule.kind = RuleClass::unix;
  unix_rule.peer = {{Text{"label", {}, false}, false, false, {Text{"{a,b}", {}, false}}}};
  rule.body = unix_rule;
  EXPECT_EQ(print(rule), "unix peer=(label=\"{a,b}\"),");
}

TEST(Print, permissions) {
  using Kind = ExecTransition::Kind;
  EXPECT_EQ(print_perms(perm_read | perm_mmap | perm_exec,
                        {Kind::profile, ExecTransition::Fallback::unconfined, true}),
            "mrPUx");
  EXPECT_EQ(print_perms(perm_exec, {Kind::child, ExecTransition::Fallback::inherit, true}), "Cix");
  EXPECT_EQ(print_perms(perm_exec | perm_lock | perm_link | perm_write, {}), "wlkx");
}

RC_GTEST_PROP(Print, random_profiles_come_back_the_same, ()) {
  auto profile = *random::profile("p");
  Block block;
  block.nodes.emplace_back(std::move(profile));
  std::string text = print(block);
  diag::SourceMap sources;
  diag::Sink sink;
  Fragment again = parse(sources, sources.add("printed", text), Context::preamble, sink);
  RC_LOG() << text << diag::render(sources, sink);
  RC_ASSERT(sink.ok());
  RC_ASSERT(same(again.block, block));
}

}  // namespace
}  // namespace bh::policy
