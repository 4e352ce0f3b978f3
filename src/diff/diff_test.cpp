#include "diff/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>

#include "base/file.h"
#include "compile/compile.h"
#include "diag/render.h"
#include "diff/report.h"
#include "policy/print.h"
#include "policy/random_policy.h"
#include "query/compiled_text.h"

namespace bh::diff {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// Profile text, compiled for a kernel, as a side of a comparison.
class Text {
 public:
  explicit Text(const std::string& text, const std::string& kernel = "7.2") : compiled_(text, kernel) {}
  [[nodiscard]] const compile::CompiledProfile& profile() const { return compiled_.profile(); }
  [[nodiscard]] query::CompiledText& ask() { return compiled_; }

 private:
  query::CompiledText compiled_;
};

std::vector<Change> changes(const Text& a, const Text& b, const Options& options = {}) {
  auto found = compare({"a", a.profile()}, {"b", b.profile()}, options);
  EXPECT_TRUE(found);
  return found ? std::move(*found) : std::vector<Change>();
}

/// `+ medium write, lock: /a, /b/** but not /b/c`.
std::string line(const Change& change) {
  std::string text = fmt::format("{} {} {}{}{}", change.gain ? '+' : '-', word(change.severity), change.what,
                                 change.owner_only ? " (owner)" : "", change.other_only ? " (other)" : "");
  for (std::size_t i = 0; i < change.object_texts.size(); ++i)
    text += fmt::format("{}{}{}", i == 0 ? ": " : ", ", change.object_texts[i],
                        change.objects.rows[i].exact ? "" : " (in part)");
  for (const std::string& except : change.except_texts) text += " but not " + except;
  return text;
}

std::vector<std::string> lines(const std::string& a, const std::string& b,
                               const std::string& kernel = "7.2") {
  std::vector<std::string> all;
  for (const Change& change : changes(Text("profile web " + a, kernel), Text("profile web " + b, kernel)))
    all.push_back(line(change));
  return all;
}

TEST(Diff, Paths) {
  EXPECT_THAT(lines("{ /etc/** r, }", "{ /etc/** r, /srv/** rw, }"),
              ElementsAre("+ medium read, write: /srv/**"));
  EXPECT_THAT(lines("{ /srv/** r, }", "{ /srv/** r, deny /srv/x/** r, }"),
              ElementsAre("- low read: /srv/x/**"));
  EXPECT_THAT(lines("{ /srv/** r, }", "{ /srv/** r, owner /srv/** w, }"),
              ElementsAre("+ medium write (owner): /srv/**"));
  EXPECT_THAT(lines("{ /srv/a r, }", "{ /srv/** r, deny /srv/b r, }"),
              ElementsAre("+ low read: /srv/** but not /srv/[ab]"));
  EXPECT_THAT(lines("{ /a r, }", "{ /{a,b} r, }"), ElementsAre("+ low read: /b"));
  EXPECT_THAT(lines("{ /a r, deny /a r, }", "{ }"), IsEmpty());
}

TEST(Diff, WhereAnExecGoes) {
  EXPECT_THAT(lines("{ /bin/x ix, }", "{ /bin/x ux, }"),
              UnorderedElementsAre("+ critical exec (now unconfined, environment kept): /bin/x",
                                   "- medium mmap-exec, exec (now the same profile): /bin/x"));
  EXPECT_THAT(lines("{ }", "{ /bin/x Px -> other, }"), ElementsAre("+ medium exec (profile other): /bin/x"));
}

TEST(Diff, WhatIsWrittenCanBeRun) {
  const auto found =
      changes(Text("profile web { /srv/** w, }"), Text("profile web { /srv/** w, /srv/bin/** ix, }"));
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(line(found.front()), "+ high mmap-exec, exec (the same profile): /srv/bin/**");
  EXPECT_EQ(found.front().why, "what is written can be run");
}

TEST(Diff, SensitivePathsAreFoundInsideWiderSets) {
  EXPECT_THAT(lines("{ }", "{ /proc/sys/** w, }"), ElementsAre("+ critical write: /proc/sys/**"));
  EXPECT_THAT(lines("{ }", "{ /proc/sys/net/** w, }"), ElementsAre("+ high write: /proc/sys/net/**"));
  EXPECT_THAT(lines("{ }", "{ /run/docker.sock rw, }"),
              ElementsAre("+ critical read, write: /run/docker.sock"));
  EXPECT_THAT(lines("{ }", "{ /e*/shadow r, }"), ElementsAre("+ medium read: /e*/shadow"));
}

TEST(Diff, ListedClasses) {
  EXPECT_THAT(lines("{ capability chown, }", "{ capability chown sys_admin kill, }"),
              ElementsAre("+ critical capability: kill, sys_admin"));
  EXPECT_THAT(lines("{ network inet, }", "{ network inet, network inet6 stream, network packet, }"),
              ElementsAre("+ high network: inet6 stream, packet"));
  EXPECT_THAT(lines("{ }", "{ userns, }"), ElementsAre("+ high userns"));
  EXPECT_THAT(lines("{ io_uring, }", "{ io_uring override_creds, }"),
              ElementsAre("- medium io_uring sqpoll"));
}

TEST(Diff, Labels) {
  EXPECT_THAT(lines("{ }", "{ signal send set=(kill term) peer=web*, }"),
              ElementsAre("+ low signal send kill|term: web*"));
  EXPECT_THAT(lines("{ }", "{ signal send, }"), ElementsAre("+ high signal send (all signals): **"));
  EXPECT_THAT(lines("{ }", "{ ptrace trace peer=unconfined, }"),
              ElementsAre("+ critical ptrace trace: unconfined"));
  EXPECT_THAT(lines("{ }", "{ change_profile -> a, }"), ::testing::Contains("+ high change_profile: a"));
}

TEST(Diff, MountsSocketsAndBuses) {
  EXPECT_THAT(lines("{ }", "{ mount fstype=tmpfs -> /mnt/**, umount /mnt/**, }"),
              ElementsAre("+ critical mount: mount -t tmpfs ** -> /mnt/**", "+ high umount: /mnt/**"));
  EXPECT_THAT(lines("{ }", "{ pivot_root oldroot=/o/ /n/, }"),
              ElementsAre("+ critical pivot_root: pivot_root /n/ /o/"));
  EXPECT_THAT(
      lines("{ unix type=stream, }",
            "{ unix type=stream, unix (connect send receive) type=dgram "
            "peer=(addr=@x*), }"),
      ::testing::Contains("+ medium unix connect, send, receive dgram: unix connect @x* type=dgram peer=**"));
  EXPECT_THAT(lines("{ }", "{ dbus bind bus=session name=org.a, }"),
              ElementsAre("+ medium dbus: dbus bind bus=session name=org.a"));
}

TEST(Diff, ModesFlagsAndLimits) {
  EXPECT_THAT(lines("{ /a r, }", "flags=(complain) { /a r, }"),
              ElementsAre("+ critical mode complain instead of enforce"));
  EXPECT_THAT(lines("flags=(attach_disconnected) { }", "{ }"),
              ElementsAre("+ low flag mediate_deleted", "- medium flag attach_disconnected"));
  EXPECT_THAT(lines("{ set rlimit nofile <= 10, }", "{ }"),
              ElementsAre("+ low rlimit nofile: no limit instead of 10"));
}

TEST(Diff, AClassThatIsNotMediatedAnyMore) {
  const auto found = changes(Text("profile web { userns, }", "7.2"), Text("profile web { }", "6.1"));
  std::vector<std::string> all;
  for (const Change& change : found) all.push_back(line(change));
  EXPECT_THAT(all, ::testing::Contains("+ high userns: not mediated"));
}

TEST(Diff, AnExampleNamesTheRulesOfBothSides) {
  const std::string text_a = "profile web { /srv/** rw, deny /srv/x w, }",
                    text_b = "profile web { /srv/** rw, }";
  // The origins that compiled_text.h keeps are private: this goes the way of the program.
  diag::SourceMap sources;
  diag::Sink sink;
  const auto make = [&](const std::string& text) {
    policy::ResolveOptions options;
    policy::Library library(Os::real(), sources, options);
    return policy::resolve(library, sources.add("web", text), sink);
  };
  const auto of_a = make(text_a), of_b = make(text_b);
  Text a(text_a), b(text_b);
  const query::Origin origin_a{sources, of_a, of_a.profiles.front()},
      origin_b{sources, of_b, of_b.profiles.front()};
  const auto found = compare({"a", a.profile(), &origin_a}, {"b", b.profile(), &origin_b});
  ASSERT_TRUE(found);
  ASSERT_THAT(*found, SizeIs(1));
  ASSERT_THAT(found->front().examples, SizeIs(1));
  const Example& example = found->front().examples.front();
  EXPECT_EQ(example.action, "write /srv/x");
  EXPECT_EQ(example.verdict_a, query::Verdict::denied_silently);
  EXPECT_EQ(example.verdict_b, query::Verdict::allowed);
  ASSERT_THAT(example.lines_a, SizeIs(1));
  EXPECT_EQ(example.lines_a.front().rule, "deny /srv/x w,");
  ASSERT_THAT(example.lines_b, SizeIs(1));
  EXPECT_EQ(example.lines_b.front().place, "web:1:15");
}

TEST(Diff, Reports) {
  Report report{.a = "old", .b = "new"};
  report.profiles.push_back(
      {"web", "web", changes(Text("profile web { /a r, }"), Text("profile web { /b rw, capability bpf, }"))});
  EXPECT_EQ(report.count(true), 2U);
  EXPECT_EQ(report.count(false), 1U);
  EXPECT_EQ(report.severest_gain()->severity, Severity::critical);
  const std::string text = to_text(report);
  EXPECT_THAT(text, HasSubstr("2 gains (up to critical), 1 loss\n"));
  EXPECT_THAT(text, HasSubstr("  + medium   read, write: /b\n"));
  EXPECT_THAT(text, HasSubstr("e.g. read /b\n"));
  EXPECT_THAT(to_markdown(report), HasSubstr("| medium | read, write | `/b` | `read /b` |"));
  const Report same{.a = "old", .b = "old", .profiles = {{"web", "web", {}}}};
  EXPECT_TRUE(same.same());
  EXPECT_THAT(to_text(same), HasSubstr("they allow the same\n"));
}

// Laws, on random profiles of every kind of rule. All exec rules inherit: two that send a program to
// different places are no profile.

std::string random_rules(bool deny) {
  std::string text;
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    policy::Rule rule = *policy::random::rule();
    if (std::holds_alternative<policy::RlimitRule>(rule.body)) continue;  // it takes away by being there
    if (!deny) {
      if (rule.qualifiers.access == policy::Access::deny) continue;
      rule.qualifiers.priority = 0;
      rule.qualifiers.priority_stated = false;
    }
    if (auto* file = std::get_if<policy::FileRule>(&rule.body)) {
      if (file->exec.kind != policy::ExecTransition::Kind::bare)
        file->exec = {policy::ExecTransition::Kind::inherit, {}, {}};
      file->target.reset();
    }
    text += "  " + policy::print(rule) + "\n";
  }
  return text;
}

/// None: some combination of rules that no profile may have.
std::optional<compile::KernelPolicy> compiled(const std::string& rules) {
  static const std::string features_text =
      *read_file(Os::real(), std::string(BH_SOURCE_DIR) + "/tests/features/7.2");
  RC_LOG() << "profile p {\n" << rules << "}\n";
  diag::SourceMap sources;
  diag::Sink sink;
  policy::ResolveOptions options;
  options.abi_override = std::string(BH_SOURCE_DIR) + "/tests/features/7.2";
  policy::Library library(Os::real(), sources, options);
  const auto resolved = policy::resolve(library, sources.add("p", "profile p {\n" + rules + "}\n"), sink);
  if (!sink.ok()) return std::nullopt;
  const auto features = compile::parse_features(sources, sources.add("features", features_text), sink);
  return compile::compile(resolved, *features, {}, sources, sink);
}

std::vector<Change> changes(const compile::KernelPolicy& a, const compile::KernelPolicy& b) {
  return *compare({"a", a.profiles.front()}, {"b", b.profiles.front()});
}

std::size_t count(const std::vector<Change>& all, bool gain) {
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [&](const Change& change) { return change.gain == gain; }));
}

RC_GTEST_PROP(DiffLaws, nothing_differs_from_itself, ()) {
  const auto a = compiled(random_rules(true));
  RC_PRE(a.has_value());
  RC_ASSERT(changes(*a, *a).empty());
}

RC_GTEST_PROP(DiffLaws, what_one_gains_the_other_loses, ()) {
  const auto a = compiled(random_rules(true)), b = compiled(random_rules(true));
  RC_PRE(a && b);
  std::vector<std::string> forth, back;
  for (const Change& change : changes(*a, *b)) forth.push_back(line(change));
  for (Change change : changes(*b, *a)) {
    change.gain = !change.gain;
    back.push_back(line(change));
  }
  std::ranges::sort(forth);
  std::ranges::sort(back);
  RC_ASSERT(forth == back);
}

/// Hard links are the one thing that a rule more may take away, in the kernel itself: the existing file must
/// allow all that the new name does.
std::vector<Change> without_links(std::vector<Change> all) {
  std::erase_if(all, [](const Change& change) { return change.kind == "link"; });
  return all;
}

RC_GTEST_PROP(DiffLaws, rules_that_allow_only_add, ()) {
  const std::string rules = random_rules(true);
  const auto a = compiled(rules), b = compiled(rules + random_rules(false));
  RC_PRE(a && b);
  const auto found = without_links(changes(*a, *b));
  for (const Change& change : found) RC_LOG() << line(change) << "\n";
  RC_ASSERT(count(found, false) == 0U);
}

RC_GTEST_PROP(DiffLaws, a_union_holds_both_and_no_more, ()) {
  const std::string rules_a = random_rules(false), rules_b = random_rules(false);
  const auto a = compiled(rules_a), b = compiled(rules_b), both = compiled(rules_a + rules_b);
  RC_PRE(a && b && both);
  RC_ASSERT(count(without_links(changes(*a, *both)), false) == 0U);
  RC_ASSERT(count(without_links(changes(*b, *both)), false) == 0U);
  // What the union has over one, it has from the other.
  for (const Change& change : without_links(changes(*a, *both))) {
    for (const Example& example : change.examples) {
      const auto action = query::read_action(example.action);
      RC_ASSERT(action.has_value());
      const query::Answer answer = query::ask(b->profiles.front(), *action);
      RC_LOG() << line(change) << " " << example.action << "\n";
      RC_ASSERT(query::lets_through(answer.owner.verdict) || query::lets_through(answer.other.verdict));
    }
  }
}

/// An example of a gain is refused by A and allowed by B, and the reverse for a loss.
RC_GTEST_PROP(DiffLaws, examples_are_true, ()) {
  const auto a = compiled(random_rules(true)), b = compiled(random_rules(true));
  RC_PRE(a && b);
  for (const Change& change : changes(*a, *b)) {
    RC_LOG() << line(change) << "\n";
    for (const Example& example : change.examples) {
      RC_LOG() << example.action << " " << query::verdict_text(example.verdict_a) << " "
               << query::verdict_text(example.verdict_b) << "\n";
      const bool in_a = query::lets_through(example.verdict_a), in_b = query::lets_through(example.verdict_b);
      const bool goes_elsewhere = change.what.find("(now ") != std::string::npos;
      const bool is_true = goes_elsewhere ? in_a && in_b : in_a != in_b && in_b == change.gain;
      RC_ASSERT(is_true);
    }
  }
}

/// A path whose answers differ is in a change of the right direction, among its globs.
RC_GTEST_PROP(DiffLaws, no_difference_is_missed, ()) {
  const auto a = compiled(random_rules(true)), b = compiled(random_rules(true));
  RC_PRE(a && b);
  const auto found = changes(*a, *b);
  const auto matches = [](const std::vector<query::GlobRow>& rows, const std::string& path) {
    return std::ranges::any_of(rows, [&](const query::GlobRow& row) {
      const auto glob = query::language_of(query::Field::Kind::path, row.fields.front());
      return glob->accept[glob->run(path)] != 0;
    });
  };
  for (const std::string path : {"/a", "/b", "/a/", "/a/b", "/a/b/a", "/ab/a", "/b/b", "/a/a/a/"}) {
    const auto allowed = [&](const compile::KernelPolicy& policy) {
      const auto table = query::file_table(policy.profiles.front());
      if (table.pdb == nullptr) return false;
      const auto& perms = table.pdb->perms[table.pdb->dfa.accept[table.pdb->dfa.run(table.start, path)]];
      return (perms.owner.allow & compile::perm::write) != 0;
    };
    if (allowed(*a) == allowed(*b)) continue;
    const bool told = std::ranges::any_of(found, [&](const Change& change) {
      return change.kind == "file" && change.gain == allowed(*b) && !change.other_only &&
             change.what.find("write") != std::string::npos && matches(change.objects.rows, path) &&
             !matches(change.objects.except, path);
    });
    for (const Change& change : found) RC_LOG() << line(change) << "\n";
    RC_LOG() << path << "\n";
    RC_ASSERT(told);
  }
}

}  // namespace
}  // namespace bh::diff
