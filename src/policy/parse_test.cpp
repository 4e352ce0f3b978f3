#include "policy/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diag/render.h"
#include "policy/words.h"

namespace bh::policy {
namespace {

using testing::ElementsAre;

struct Parsed {
  diag::SourceMap sources;
  diag::Sink sink;
  Fragment fragment;
};

std::unique_ptr<Parsed> parsed(std::string text, Context context = Context::preamble) {
  auto out = std::make_unique<Parsed>();
  diag::SourceId id = out->sources.add("test", std::move(text));
  out->fragment = parse(out->sources, id, context, out->sink);
  return out;
}

/// The one rule of `text`; the test fails when there are errors.
Rule rule(const std::string& text) {
  auto out = parsed(text, Context::profile_body);
  EXPECT_TRUE(out->sink.ok()) << diag::render(out->sources, out->sink);
  EXPECT_EQ(out->fragment.block.nodes.size(), 1u) << text;
  return out->fragment.block.nodes.empty() ? Rule{} : std::get<Rule>(out->fragment.block.nodes[0]);
}
template <class Body>
Body body(const std::string& text) {
  return std::get<Body>(rule(text).body);
}

std::vector<std::string> values(const std::vector<Text>& texts) {
  std::vector<std::string> out;
  for (const Text& text : texts) out.push_back(text.value);
  return out;
}

TEST(Parse, file_rule_in_both_orders_is_the_same) {
  for (const char* text :
       {"/etc/** rw,", "rw /etc/**,", "file /etc/** rw,", "file rw /etc/**,", "\"/etc/**\" wr,"}) {
    auto file = body<FileRule>(text);
    EXPECT_EQ(file.path->value, "/etc/**") << text;
    EXPECT_EQ(file.perms, perm_read | perm_write) << text;
  }
}

TEST(Parse, bare_file_rule) {
  auto file = body<FileRule>("file,");
  EXPECT_FALSE(file.path);
  EXPECT_EQ(file.perms, perm_read | perm_write | perm_exec | perm_link | perm_lock | perm_mmap);
  EXPECT_EQ(file.exec.kind, ExecTransition::Kind::inherit);
}

struct Mode {
  const char* text;
  ExecTransition exec;
};
class ExecMode : public testing::TestWithParam<Mode> {};
TEST_P(ExecMode, is_read) {
  EXPECT_EQ(body<FileRule>(GetParam().text).exec, GetParam().exec) << GetParam().text;
}

using Kind = ExecTransition::Kind;
using Fallback = ExecTransition::Fallback;
INSTANTIATE_TEST_SUITE_P(All, ExecMode,
                         testing::Values(Mode{"/a ix,", {Kind::inherit}}, Mode{"/a ux,", {Kind::unconfined}},
                                         Mode{"/a Ux,", {Kind::unconfined, Fallback::none, true}},
                                         Mode{"/a px,", {Kind::profile}},
                                         Mode{"/a Px,", {Kind::profile, Fallback::none, true}},
                                         Mode{"/a cx -> b,", {Kind::child}},
                                         Mode{"/a pix,", {Kind::profile, Fallback::inherit}},
                                         Mode{"/a Cix,", {Kind::child, Fallback::inherit, true}},
                                         Mode{"/a PUx,", {Kind::profile, Fallback::unconfined, true}},
                                         Mode{"/a Pux,", {Kind::profile, Fallback::unconfined, true}},
                                         Mode{"/a pUx,", {Kind::profile, Fallback::unconfined, false}},
                                         Mode{"unsafe /a Px,", {Kind::profile}},
                                         Mode{"safe px /a,", {Kind::profile, Fallback::none, true}},
                                         Mode{"deny /a rx,", {Kind::bare}}, Mode{"/a pxpx,", {Kind::profile}},
                                         Mode{"/a IX,", {Kind::inherit}}));

TEST(Parse, link_forms) {
  for (const char* text : {"link /a -> /b,", "l /a -> /b,", "/a l -> /b,"}) {
    auto link = body<LinkRule>(text);
    EXPECT_EQ(link.link.value, "/a") << text;
    EXPECT_EQ(link.target.value, "/b") << text;
    EXPECT_FALSE(link.subset);
  }
  EXPECT_TRUE(body<LinkRule>("link subset /a -> /b,").subset);
  EXPECT_TRUE(body<LinkRule>("l subset /a -> /b,").subset);
  EXPECT_EQ(body<FileRule>("/a l,").perms, perm_link);
}

TEST(Parse, a_link_with_other_permissions_is_two_rules) {
  auto out = parsed("audit /a rwl -> /b,", Context::profile_body);
  ASSERT_EQ(out->fragment.block.nodes.size(), 2u);
  EXPECT_EQ(std::get<LinkRule>(std::get<Rule>(out->fragment.block.nodes[0]).body).target.value, "/b");
  const auto& rest = std::get<Rule>(out->fragment.block.nodes[1]);
  EXPECT_TRUE(rest.qualifiers.audit);
  EXPECT_EQ(std::get<FileRule>(rest.body).perms, perm_read | perm_write);
  EXPECT_FALSE(std::get<FileRule>(rest.body).target);
}

TEST(Parse, qualifiers) {
  Qualifiers q = rule("priority=-7 audit deny owner /a r,").qualifiers;
  EXPECT_EQ(q.priority, -7);
  EXPECT_TRUE(q.audit);
  EXPECT_EQ(q.access, Access::deny);
  EXPECT_EQ(q.owner, Owner::owner);
  EXPECT_FALSE(rule("/a r,").qualifiers.access_stated);
  EXPECT_TRUE(rule("allow /a r,").qualifiers.access_stated);
}

TEST(Parse, spans_reach_from_the_first_qualifier_to_the_comma) {
  auto out = parsed("  audit /a r ,\n", Context::profile_body);
  auto span = std::get<Rule>(out->fragment.block.nodes[0]).span;
  EXPECT_EQ(out->sources.text(span), "audit /a r ,");
}

TEST(Parse, network) {
  auto network =
      body<ClassRule>("network (send, receive) inet stream ip=1.2.3.4 port=1-2 peer=(ip=::1, port=80),");
  EXPECT_THAT(values(network.access), ElementsAre("send", "receive"));
  EXPECT_THAT(values(network.words), ElementsAre("inet", "stream"));
  ASSERT_EQ(network.conditions.size(), 2u);
  EXPECT_EQ(network.conditions[1].key.value, "port");
  ASSERT_EQ(network.peer.size(), 2u);
  EXPECT_EQ(network.peer[0].values[0].value, "::1");
}

TEST(Parse, mount) {
  auto mount = body<ClassRule>("mount options=(ro, nosuid) fstype in (ext4 xfs) /dev/* -> \"/mnt a/\",");
  EXPECT_EQ(mount.source->value, "/dev/*");
  EXPECT_EQ(mount.target->value, "/mnt a/");
  EXPECT_THAT(values(mount.conditions[0].values), ElementsAre("ro", "nosuid"));
  EXPECT_TRUE(mount.conditions[1].in);
  auto to = body<ClassRule>("mount -> /mnt/,");
  EXPECT_FALSE(to.source);
  EXPECT_EQ(to.target->value, "/mnt/");
  EXPECT_EQ(body<ClassRule>("umount /a,").target->value, "/a");
  EXPECT_EQ(body<ClassRule>("unmount /a,").kind, RuleClass::umount);
  EXPECT_EQ(body<ClassRule>("mount /a->/b,").source->value, "/a->/b");
}

TEST(Parse, peers) {
  auto signal = body<ClassRule>("signal (send) set=(hup, int) set=kill peer=@{profile_name}//x,");
  EXPECT_EQ(signal.conditions.size(), 2u);
  EXPECT_EQ(signal.peer[0].key.value, "label");
  EXPECT_EQ(signal.peer[0].values[0].value, "@{profile_name}//x");
  auto unix_rule = body<ClassRule>("unix (send) type=stream peer=(label=\"{a,b}\" addr=@x\\)y),");
  EXPECT_EQ(unix_rule.peer[0].values[0].value, "{a,b}");
  EXPECT_EQ(unix_rule.peer[1].values[0].value, "@x\\)y");
}

TEST(Parse, commas_and_braces_inside_words) {
  EXPECT_EQ(body<FileRule>("/a,b{c,d}\\,e r,").path->value, "/a,b{c,d}\\,e");
  EXPECT_EQ(body<ClassRule>("dbus path={/a,/b},").conditions[0].values[0].value, "{/a,/b}");
  EXPECT_EQ(body<FileRule>("/a px -> b,c,").target->value, "b,c");
}

TEST(Parse, rlimit_unit_may_stand_apart) {
  EXPECT_EQ(body<RlimitRule>("set rlimit as <= 1 GB,").value.value, "1GB");
  EXPECT_EQ(body<RlimitRule>("set rlimit cpu<=infinity ,").value.value, "infinity");
}

TEST(Parse, heads) {
  auto out = parsed(
      "profile \"a b\" /usr/bin/{a,b} xattrs=(user.x=y z) + identities=(i) flags=(complain, kill.signal=hup) "
      "{ }\n"
      ":ns:/c { }\nhat d//e { }\n/f (audit) { ^g { } }\n");
  ASSERT_TRUE(out->sink.ok()) << diag::render(out->sources, out->sink);
  const auto& a = std::get<Profile>(out->fragment.block.nodes[0]);
  EXPECT_EQ(a.name.value, "a b");
  EXPECT_EQ(a.attachment->value, "/usr/bin/{a,b}");
  EXPECT_EQ(a.xattrs.size(), 2u);
  EXPECT_TRUE(a.xattrs[1].values.empty());
  EXPECT_THAT(values(a.identities), ElementsAre("i"));
  EXPECT_EQ(a.flags[1].name.value, "kill.signal");
  EXPECT_EQ(a.flags[1].value->value, "hup");
  const auto& c = std::get<Profile>(out->fragment.block.nodes[1]);
  EXPECT_EQ(c.name_space->value, "ns");
  EXPECT_EQ(c.name.value, "/c");
  EXPECT_TRUE(std::get<Profile>(out->fragment.block.nodes[2]).hat);
  const auto& f = std::get<Profile>(out->fragment.block.nodes[3]);
  EXPECT_TRUE(std::get<Profile>(f.body->nodes[0]).hat);
}

TEST(Parse, preamble) {
  auto out = parsed(
      "abi <abi/4.0>,\n@{A} = b \"c d\" \\\n e # comment\n@{A} += f\n$B ?= True\nalias /a -> /b,\n"
      "include if exists <x y>\n#include \"z\" include <\"w\">\n");
  ASSERT_TRUE(out->sink.ok()) << diag::render(out->sources, out->sink);
  const auto& nodes = out->fragment.block.nodes;
  ASSERT_EQ(nodes.size(), 8u);
  EXPECT_EQ(std::get<Abi>(nodes[0]).path.value, "abi/4.0");
  EXPECT_THAT(values(std::get<VariableAssignment>(nodes[1]).values), ElementsAre("b", "c d", "e"));
  EXPECT_EQ(std::get<VariableAssignment>(nodes[2]).op, VariableAssignment::Operator::append);
  EXPECT_EQ(std::get<VariableAssignment>(nodes[3]).kind, VariableAssignment::Kind::boolean);
  EXPECT_EQ(std::get<Alias>(nodes[4]).to.value, "/b");
  EXPECT_TRUE(std::get<Include>(nodes[5]).if_exists);
  EXPECT_EQ(std::get<Include>(nodes[5]).path.value, "x y");
  EXPECT_FALSE(std::get<Include>(nodes[6]).magic);
  EXPECT_EQ(std::get<Include>(nodes[7]).path.value, "w");
}

TEST(Parse, conditions_bind_as_they_should) {
  using Step = Conditional::Step::Kind;
  auto kinds = [](const std::string& expression) {
    auto out = parsed("if " + expression + " { }", Context::profile_body);
    EXPECT_TRUE(out->sink.ok()) << diag::render(out->sources, out->sink);
    std::vector<Step> steps;
    for (const auto& step : std::get<Conditional>(out->fragment.block.nodes[0]).steps)
      steps.push_back(step.kind);
    return steps;
  };
  EXPECT_THAT(kinds("$A or not $B and $C"), ElementsAre(Step::boolean, Step::boolean, Step::negate,
                                                        Step::boolean, Step::both, Step::either));
  EXPECT_THAT(kinds("($A or $B) and defined @{X}"),
              ElementsAre(Step::boolean, Step::boolean, Step::either, Step::defined, Step::both));
  EXPECT_THAT(kinds("not (true and @{X} == a)"),
              ElementsAre(Step::literal, Step::compare, Step::both, Step::negate));
}

TEST(Parse, everything_wrong_is_reported_in_one_run) {
  auto out = parsed(
      "profile a {\n capability nope,\n /x zz,\n network what,\n signal set=no,\n}\nprofile b { /y yy, }\n");
  EXPECT_EQ(out->sink.errors(), 5u);
  EXPECT_EQ(out->fragment.block.nodes.size(), 2u);
}

TEST(Parse, else_if_chains_count_against_the_nesting_limit) {
  std::string text = "if true { }";
  for (int i = 0; i < 300; ++i) text += " else if true { }";
  auto out = parsed(text, Context::profile_body);
  EXPECT_FALSE(out->sink.ok());
  EXPECT_EQ(out->sink.diagnostics()[0].code, diag::Code::nested_too_deep);
}

TEST(Parse, hundred_nested_blocks_are_fine) {
  std::string text = "profile p {";
  for (int i = 0; i < 100; ++i) text += " if true {";
  text += std::string(101, '}');
  EXPECT_TRUE(parsed(text)->sink.ok());
}

TEST(Parse, every_word_of_the_tables_is_accepted_where_it_belongs) {
  for (const Word& word : capabilities())
    EXPECT_EQ(body<CapabilityRule>("capability " + std::string(word.name) + ",").names.size(), 1u);
  for (const Word& word : network_families())
    EXPECT_EQ(body<ClassRule>("network " + std::string(word.name) + " stream,").words.size(), 2u);
  for (const Word& word : signals()) (void)rule("signal set=" + std::string(word.name) + ",");
  for (RuleClass kind : {RuleClass::network, RuleClass::unix, RuleClass::signal, RuleClass::ptrace,
                         RuleClass::dbus, RuleClass::mqueue, RuleClass::io_uring, RuleClass::userns})
    for (const Word& word : access_words(kind))
      EXPECT_EQ(body<ClassRule>(std::string(class_keyword(kind)) + " " + std::string(word.name) + ",")
                    .access.size(),
                1u);
}

}  // namespace
}  // namespace bh::policy
