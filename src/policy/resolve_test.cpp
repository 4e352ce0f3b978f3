#include "policy/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diag/render.h"
#include "policy/fake_os.h"
#include "policy/library.h"
#include "policy/print.h"

namespace bh::policy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Resolve : public testing::Test {
 protected:
  ResolvedPolicy resolve_text(const std::string& text) {
    sink_ = diag::Sink();
    return resolve(library(), sources_.add("policy", text), sink_);
  }
  /// The same, where nothing may be said.
  ResolvedPolicy good(const std::string& text) {
    ResolvedPolicy out = resolve_text(text);
    EXPECT_THAT(diag::render(sources_, sink_), IsEmpty());
    return out;
  }
  Library& library() {
    if (!library_) library_ = std::make_unique<Library>(os_, sources_, options_);
    return *library_;
  }
  static std::vector<std::string> rules(const ResolvedProfile& profile) {
    std::vector<std::string> out;
    for (const ResolvedRule& rule : profile.rules) out.push_back(print(rule.rule));
    return out;
  }
  static std::vector<std::string> names(const ResolvedPolicy& policy) {
    std::vector<std::string> out;
    for (const ResolvedProfile& profile : policy.profiles) out.push_back(profile.name);
    return out;
  }

  FakeOs os_;
  diag::SourceMap sources_;
  diag::Sink sink_;
  ResolveOptions options_;
  std::unique_ptr<Library> library_;
};

TEST_F(Resolve, variables_become_text_or_alternations) {
  auto policy = good(
      "@{ONE} = /one\n@{TWO} = a b\n@{NEST} = @{ONE}/@{TWO} c\n@{OPEN} = {x,y\n@{EMPTY} = \"\" z\n"
      "profile p {\n @{ONE}/f r,\n /@{TWO} r,\n /n@{NEST} r,\n /@{OPEN},w} r,\n /e@{EMPTY} r,\n}\n");
  EXPECT_THAT(rules(policy.profiles[0]),
              ElementsAre("/one/f r,", "/{a,b} r,", "/n{/one/a,/one/b,c} r,", "/{x,y,w} r,", "/e{,z} r,"));
}

TEST_F(Resolve, assignments) {
  auto policy = good(
      "@{A} = a\n@{A} += b\n@{A} ?= c\n@{B} = b\n@{B} := c\n@{C} ?= d\n@{L} = @{A}\n@{A} += e\n"
      "profile p { /@{A} r, /@{B} r, /@{C} r, /@{L} r, }");
  EXPECT_THAT(rules(policy.profiles[0]), ElementsAre("/{a,b,e} r,", "/c r,", "/d r,", "/{a,b,e} r,"));
}

TEST_F(Resolve, variables_of_the_profile) {
  auto policy = good(
      "@{exec_path} = /mine\n@{Y} = @{profile_name}/x\n"
      "profile a* /bin/a* { @{exec_path} r, @{attach_path} w, /@{profile_name} r, /@{Y} r,\n"
      "  profile b { /@{profile_name} r, /@{Y} r, }\n  /@{Y} w,\n}\n"
      "profile c { @{exec_path} r, }");
  EXPECT_THAT(rules(policy.profiles[0]),
              ElementsAre("/bin/a* r,", "/bin/a* w,", "/a\\* r,", "/a\\*/x r,", "/a\\*/x w,"));
  EXPECT_THAT(rules(policy.profiles[1]), ElementsAre("/a\\*//b r,", "/a\\*//b/x r,"));
  EXPECT_THAT(rules(policy.profiles[2]), ElementsAre("/mine r,"));
}

TEST_F(Resolve, names_parents_and_hats) {
  auto policy = good("profile a { ^h { } profile c /c { hat i { } } }\n:ns:b { ^h { } }\nhat a//late { }\n");
  EXPECT_THAT(names(policy), ElementsAre("a", "a//h", "a//c", "a//c//i", "b", "b//h", "a//late"));
  EXPECT_THAT(policy.profiles[0].hats, ElementsAre("h", "late"));
  EXPECT_EQ(policy.profiles[3].parent.index(), 2u);
  EXPECT_EQ(policy.profiles[5].name_space, "ns");
  EXPECT_EQ(policy.profiles[6].parent.index(), 0u);
  EXPECT_TRUE(policy.profiles[6].hat);
}

TEST_F(Resolve, escapes_in_names_become_characters) {
  auto policy = good("profile \"a\\101 \\x2a\\\"b\" { }\nprofile c\\ d { }\n");
  EXPECT_THAT(names(policy), ElementsAre("aA \\*\"b", "c\\ d"));
}

TEST_F(Resolve, attachments) {
  auto policy = good(
      "@{BIN} = {/usr,}/bin\nprofile a { }\n/b { }\nprofile c /c { }\nprofile d* { }\nprofile e @{BIN}/e { "
      "}\n"
      "profile f { ^/g { } }\n");
  auto attachment = [&](std::size_t i) {
    return policy.profiles[i].attachment ? policy.profiles[i].attachment->value : std::string("none");
  };
  EXPECT_EQ(attachment(0), "none");
  EXPECT_EQ(attachment(1), "/b");
  EXPECT_EQ(attachment(2), "/c");
  EXPECT_EQ(attachment(3), "d*");
  EXPECT_EQ(attachment(4), "{/usr,}/bin/e");
  EXPECT_EQ(attachment(6), "/g");
}

TEST_F(Resolve, aliases_add_rules) {
  auto policy = good(
      "alias /a/ -> /b/,\nalias /b/ -> /c/,\nalias /a/ -> /d/,\n"
      "profile p /a/p { /a/x r, /other r, link /a/1 -> /a/2, mount /a/ -> /a/, }");
  EXPECT_THAT(rules(policy.profiles[0]),
              ElementsAre("/a/x r,", "/b/x r,", "/d/x r,", "/other r,", "link /a/1 -> /a/2,",
                          "link /b/1 -> /b/2,", "link /d/1 -> /d/2,", "mount /a/ -> /a/,"));
  EXPECT_EQ(policy.profiles[0].attachment->value, "{/a/p,/b/p,/d/p}");
}

TEST_F(Resolve, conditionals) {
  auto policy = good(
      "$T = true\n@{N} = 10\n@{S} = b a\n"
      "profile p {\n if $T and not defined @{NONE} { /1 r, } else { /2 r, }\n"
      " if @{N} > 9 { /3 r, }\n if a in @{S} and @{S} == @{S} { /4 r, }\n if @{S} == a { /5 r, } else if "
      "@{N} == 10 { /6 r, }\n"
      " if \"10\" < 9 or c in @S { /7 r, }\n if not (true and false) { ^h { } }\n}\n");
  EXPECT_THAT(rules(policy.profiles[0]), ElementsAre("/1 r,", "/3 r,", "/4 r,", "/6 r,"));
  EXPECT_THAT(names(policy), ElementsAre("p", "p//h"));
}

TEST_F(Resolve, blocks_of_qualifiers) {
  os_.files["/etc/apparmor.d/abstractions/x"] = "/inc r,\n";
  auto policy = good(
      "profile p {\n audit { /a r, deny { /b x, /f rw, } owner { /c rw, } "
      "include <abstractions/x>\n  ^h { /h "
      "r, } }\n"
      " deny { capability chown, }\n include <abstractions/x>\n}\n");
  EXPECT_THAT(rules(policy.profiles[0]),
              ElementsAre("audit /a r,", "audit deny /b x,", "audit deny /f rw,", "audit owner /c rw,",
                          "audit /inc r,", "deny capability chown,", "/inc r,"));
  EXPECT_THAT(rules(policy.profiles[1]), ElementsAre("/h r,"));
}

TEST_F(Resolve, unix_addresses_of_a_variable_are_rules_of_their_own) {
  auto policy = good("@{A} = none @x\n@{L} = a b\nprofile p { unix addr=@{A} peer=(addr=@{A} label=@{L}), }");
  EXPECT_THAT(rules(policy.profiles[0]), ElementsAre("unix addr=none peer=(addr=none label=\"{a,b}\"),",
                                                     "unix addr=none peer=(addr=@x label=\"{a,b}\"),",
                                                     "unix addr=@x peer=(addr=none label=\"{a,b}\"),",
                                                     "unix addr=@x peer=(addr=@x label=\"{a,b}\"),"));
}

TEST_F(Resolve, includes_are_read_once_for_many_profiles) {
  os_.files["/etc/apparmor.d/abstractions/base"] = "/base r,\ninclude <abstractions/more>\n";
  os_.files["/etc/apparmor.d/abstractions/more"] = "/more r,\n";
  std::string text =
      "profile a { include <abstractions/base> include <abstractions/more> }\nprofile b { include "
      "<abstractions/base> }\n";
  auto policy = good(text);
  EXPECT_THAT(rules(policy.profiles[0]), ElementsAre("/base r,", "/more r,"));
  EXPECT_THAT(rules(policy.profiles[1]), ElementsAre("/base r,", "/more r,"));
  EXPECT_THAT(policy.files,
              ElementsAre("/etc/apparmor.d/abstractions/base", "/etc/apparmor.d/abstractions/more"));
  int opened = os_.opened;
  EXPECT_EQ(opened, 2);
  (void)good(text);
  EXPECT_EQ(os_.opened, opened);
}

TEST_F(Resolve, chains_lead_back_to_the_named_file) {
  os_.files["/etc/apparmor.d/a"] = "include <b>\n";
  os_.files["/etc/apparmor.d/b"] = "/x r,\n";
  auto policy = good("profile p {\n  include <a>\n}\n");
  const ResolvedRule& rule = policy.profiles[0].rules[0];
  EXPECT_EQ(sources_.describe(rule.rule.span), "/etc/apparmor.d/b:1:1");
  const ChainLink& link = policy.chains[rule.chain.index()];
  EXPECT_EQ(sources_.describe(link.include), "/etc/apparmor.d/a:1:1");
  const ChainLink& outer = policy.chains[link.outer.index()];
  EXPECT_EQ(sources_.describe(outer.include), "policy:2:3");
  EXPECT_FALSE(outer.outer.valid());
}

TEST_F(Resolve, include_folders_come_before_the_base) {
  os_.files["/etc/apparmor.d/x"] = "/base r,\n";
  os_.files["/first/x"] = "/first r,\n";
  options_.include_folders = {"/nowhere", "/first"};
  EXPECT_THAT(rules(good("profile p { include <x> }").profiles[0]), ElementsAre("/first r,"));
}

TEST_F(Resolve, a_folder_is_all_its_files_but_backups) {
  for (const char* name : {"b", "a", "c.dpkg-new", "d~", ".hidden", "README", "e.rpmsave", "f.orig", "sub/g"})
    os_.files[std::string("/etc/apparmor.d/d/") + name] = std::string("/") + name[0] + " r,\n";
  EXPECT_THAT(rules(good("profile p { include <d/> }").profiles[0]), ElementsAre("/a r,", "/b r,"));
}

TEST_F(Resolve, declarations_of_an_include_count_once) {
  os_.files["/etc/apparmor.d/vars"] = "@{A} = a\ninclude <vars>\n";
  auto policy = resolve_text("include <vars>\ninclude <vars>\nprofile p { /@{A} r, }");
  EXPECT_TRUE(sink_.ok());
  EXPECT_EQ(sink_.warnings(), 1u);
  EXPECT_THAT(rules(policy.profiles[0]), ElementsAre("/a r,"));
}

TEST_F(Resolve, unreadable_includes) {
  os_.files["/etc/apparmor.d/secret"] = "/x r,\n";
  os_.unreadable.insert("/etc/apparmor.d/secret");
  (void)resolve_text("profile p { include if exists <secret> }");
  EXPECT_THAT(diag::render(sources_, sink_),
              HasSubstr("cannot read the include `/etc/apparmor.d/secret`: /etc/apparmor.d/secret: "
                        "Permission denied"));
  os_.files["/etc/apparmor.d/huge"] = std::string((16u << 20) + 1, '#');
  (void)resolve_text("profile p { include <huge> }");
  EXPECT_THAT(diag::render(sources_, sink_), HasSubstr("larger than the limit of 16777216 bytes"));
}

TEST_F(Resolve, abi) {
  os_.files["/etc/apparmor.d/abi/4.0"] = "policy {}\n";
  EXPECT_EQ(good("abi <abi/4.0>,\nabi <kernel>,\nprofile p { }").abi->text, "policy {}\n");
  EXPECT_EQ(good("abi <kernel>,\nprofile p { }").abi->path, "<kernel>");
  EXPECT_FALSE(good("abi <default>,\nprofile p { }").abi);
  library_.reset();
  os_.files["/own"] = "own {}\n";
  options_.abi_override = "/own";
  EXPECT_EQ(good("abi <none>,\nprofile p { }").abi->text, "own {}\n");
}

TEST_F(Resolve, flag_paths_are_made_canonical) {
  auto policy = good("@{D} = /run//x/\nprofile p flags=(attach_disconnected.path=@{D}) { }");
  EXPECT_EQ(policy.profiles[0].flags[0].value->value, "/run/x");
}

TEST_F(Resolve, variable_bombs_stop) {
  options_.max_expanded_bytes = 1 << 16;
  std::string text = "@{A0} = a b\n";
  for (int i = 1; i < 64; ++i) text += fmt::format("@{{A{}}} = @{{A{}}}@{{A{}}}\n", i, i - 1, i - 1);
  (void)resolve_text(text + "profile p { /@{A63} r, unix addr=@@{A63}, if @{A63} == a { } }");
  EXPECT_THAT(diag::render(sources_, sink_), HasSubstr("BH2065"));
}

TEST_F(Resolve, long_chains_of_variables_stop) {
  std::string text = "@{A0} = a\n";
  for (int i = 1; i < 5000; ++i) text += fmt::format("@{{A{}}} = @{{A{}}}\n", i, i - 1);
  (void)resolve_text(text + "profile p { /@{A4999} r, }");
  EXPECT_EQ(sink_.errors(), 1u) << diag::render(sources_, sink_);
}

TEST_F(Resolve, include_chains_stop) {
  for (int i = 0; i < 200; ++i)
    os_.files[fmt::format("/etc/apparmor.d/i{}", i)] = fmt::format("include <i{}>\n", i + 1);
  (void)resolve_text("profile p { include <i0> }");
  EXPECT_THAT(diag::render(sources_, sink_), HasSubstr("includes nest deeper than the limit"));
}

TEST_F(Resolve, exec_rules_that_agree_or_do_not_meet) {
  (void)good(
      "profile p { /a px, /a px, owner /b px, other /b ix, priority=1 /c px, /c ix, deny /d x, /d px, prompt "
      "/e px, /e ix, }");
}

TEST(SkippedName, backups_of_editors_and_package_managers) {
  for (const char* skipped :
       {".x", "README", "x~", "x.dpkg-new", "x.dpkg-old", "x.dpkg-dist", "x.dpkg-bak", "x.dpkg-remove",
        "x.pacsave", "x.pacnew", "x.rpmnew", "x.rpmsave", "x.orig", "x.rej"})
    EXPECT_TRUE(skipped_name(skipped)) << skipped;
  for (const char* read : {"x", "README.txt", "x.bak", "x.dpkg-tmp", "dpkg-new.x", "#x#"})
    EXPECT_FALSE(skipped_name(read)) << read;
}

}  // namespace
}  // namespace bh::policy
