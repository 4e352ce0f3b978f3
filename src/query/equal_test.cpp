#include "query/equal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <utility>

#include "automata/determinise.h"

namespace bh::query {
namespace {

using compile::CompiledProfile;
using compile::KernelPolicy;
using compile::Pdb;
using compile::Perms;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace perm = compile::perm;

/// An automaton in which each string has its own allowed bits.
Pdb pdb(const std::vector<std::pair<std::string, std::uint32_t>>& strings) {
  automata::ExprPool pool;
  std::vector<automata::Pattern> patterns;
  Pdb made;
  made.perms.emplace_back();
  for (const auto& [text, allow] : strings) {
    patterns.push_back({pool.literal(text), static_cast<std::uint32_t>(patterns.size())});
    Perms perms;
    perms.allow = allow;
    made.perms.push_back({perms, perms});
  }
  auto determinised = automata::determinise(pool, patterns);
  EXPECT_TRUE(determinised);
  made.dfa = std::move(determinised->dfa);
  for (std::uint32_t& accept : made.dfa.accept) {
    const auto tags = determinised->tag_sets[accept];
    accept = tags.empty() ? 0 : tags.back() + 1;
  }
  return made;
}

KernelPolicy policy(Pdb file) {
  KernelPolicy made;
  CompiledProfile profile;
  profile.name = "web";
  profile.file = std::move(file);
  made.profiles.push_back(std::move(profile));
  return made;
}

std::vector<std::string> differences(const KernelPolicy& a, const KernelPolicy& b,
                                     EqualOptions options = {}) {
  const auto found = policy_differences(a, b, options);
  EXPECT_TRUE(found);
  std::vector<std::string> lines;
  for (const PolicyDifference& difference : *found) lines.push_back(to_text(difference));
  return lines;
}

TEST(Equal, APolicyAndItself) {
  const KernelPolicy one = policy(pdb({{"/a", perm::read}, {"/b", perm::write}}));
  EXPECT_THAT(differences(one, one), IsEmpty());
}

TEST(Equal, NumberingIsFree) {
  EXPECT_THAT(differences(policy(pdb({{"/a", perm::read}, {"/b", perm::write}})),
                          policy(pdb({{"/b", perm::write}, {"/a", perm::read}}))),
              IsEmpty());
}

TEST(Equal, AShortestStringForEachDifference) {
  EXPECT_THAT(differences(policy(pdb({{"/a", perm::read}, {"/bc", perm::write}})),
                          policy(pdb({{"/a", perm::read | perm::write}}))),
              ElementsAre("profile web: file: `/a`: allow: read | write read",
                          "profile web: file: `/bc`: allow: write | none"));
}

TEST(Equal, TheEmptyStringIsNotAskedByTheKernel) {
  KernelPolicy a = policy(pdb({{"/a", perm::read}}));
  KernelPolicy b = a;
  Pdb& file = *b.profiles[0].file;
  Perms all;
  all.allow = 0xffff;
  file.perms.push_back({all, all});
  file.dfa.accept[automata::Dfa::start] = static_cast<std::uint32_t>(file.perms.size() - 1);
  EXPECT_THAT(differences(a, b), IsEmpty());
}

TEST(Equal, AStartThatIsEnteredAgainCounts) {
  // a* from the start itself: every string of a's ends in the start state
  automata::Dfa loop = automata::blank_dfa(2, {}, 1, automata::Dfa::no_class);
  loop.classes['a'] = 1;
  loop = automata::blank_dfa(2, loop.classes, 2, automata::Dfa::no_class);
  loop.next[std::size_t{automata::Dfa::start} * 2 + 1] = automata::Dfa::start;
  Pdb a;
  a.dfa = loop;
  Perms read;
  read.allow = perm::read;
  a.perms = {{}, {read, read}};
  Pdb b = a;
  b.dfa.accept[automata::Dfa::start] = 1;
  EXPECT_THAT(differences(policy(a), policy(b)), ElementsAre("profile web: file: `a`: allow: none | read"));
}

TEST(Equal, OwnerAndOtherForThemselves) {
  KernelPolicy a = policy(pdb({{"/a", perm::read}}));
  KernelPolicy b = a;
  b.profiles[0].file->perms[1].other.allow = 0;
  EXPECT_THAT(differences(a, b), ElementsAre("profile web: file: `/a`: for others allow: read | none"));
}

TEST(Equal, ExecTargetsByNameNotByNumber) {
  KernelPolicy a = policy(pdb({{"/x", perm::exec}}));
  KernelPolicy b = a;
  Pdb& of_a = *a.profiles[0].file;
  Pdb& of_b = *b.profiles[0].file;
  of_a.xtable = {"other", "same"};
  of_b.xtable = {"same"};
  of_a.perms[1].owner.xindex = of_a.perms[1].other.xindex = compile::xindex::table | 1;
  of_b.perms[1].owner.xindex = of_b.perms[1].other.xindex = compile::xindex::table | 0;
  EXPECT_THAT(differences(a, b), IsEmpty());
  of_b.xtable = {"third"};
  EXPECT_THAT(differences(a, b),
              ElementsAre("profile web: file: `/x`: exec goes to: profile same | profile third"));
}

TEST(Equal, WhatTheKernelNeverLooksAt) {
  KernelPolicy a = policy(pdb({{"/a", perm::read}}));
  KernelPolicy b = a;
  b.profiles[0].file->perms[1].other.quiet = perm::read;   // allowed: nothing to be quiet about
  b.profiles[0].file->perms[1].other.audit = perm::write;  // never allowed
  EXPECT_THAT(differences(a, b), IsEmpty());
  EXPECT_EQ(differences(a, b, {.exact = true}).size(), 1u);
  b.profiles[0].file->perms[1].other.quiet = perm::write;
  EXPECT_THAT(differences(a, b), ElementsAre("profile web: file: `/a`: for others quiet: none | write"));
}

TEST(Equal, ClassesOfThePolicydb) {
  KernelPolicy a = policy(pdb({{"/a", perm::read}}));
  KernelPolicy b = a;
  a.profiles[0].policydb = pdb({{"\x0a\x0frunc", perm::send | perm::lock}});
  b.profiles[0].policydb = pdb({{"\x0a\x0frunc", perm::send}});
  EXPECT_THAT(differences(a, b), IsEmpty());
  b.profiles[0].policydb.reset();
  EXPECT_THAT(differences(a, b),
              ElementsAre("profile web: policydb: `signal \\x0frunc`: allow: send | none"));
}

TEST(Equal, EveryMemberOfAProfile) {
  const KernelPolicy a = policy(pdb({{"/a", perm::read}}));
  const auto changed = [&](auto change) {
    KernelPolicy b = a;
    change(b.profiles[0]);
    return differences(a, b);
  };
  EXPECT_THAT(changed([](CompiledProfile& p) { p.name = "db"; }),
              ElementsAre("profile web: profile: present | absent", "profile db: profile: absent | present"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.mode = 1; }),
              ElementsAre("profile web: mode: enforce | complain"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.path_flags = 4; }),
              ElementsAre("profile web: path flags: 65536 | 4"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.flags = 1; }), ElementsAre("profile web: flags: 0 | 1"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.audit = 1; }),
              ElementsAre("profile web: audit: false | true"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.capabilities.allow = 1; }),
              ElementsAre("profile web: capabilities: allow: chown (only the second)"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.capabilities.quiet = 1; }),
              ElementsAre("profile web: capabilities: quiet: chown (only the second)"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.capabilities.audit = 1; }), IsEmpty());
  EXPECT_THAT(changed([](CompiledProfile& p) {
                p.rlimits.mask = 1;
                p.rlimits.values[0] = 5;
              }),
              ElementsAre("profile web: rlimit cpu: none | 5"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.network.resize(3, {1, 0, 0}); }).size(), 3u);
  EXPECT_THAT(changed([](CompiledProfile& p) { p.xmatch_len = 3; }),
              ElementsAre("profile web: attachment's least length: 0 | 3"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.disconnected = "/x"; }),
              ElementsAre("profile web: attach_disconnected.path: none | /x"));
  EXPECT_THAT(changed([](CompiledProfile& p) { p.kill_signal = 9; }),
              ElementsAre("profile web: kill signal: 0 | 9"));
  EXPECT_EQ(changed([](CompiledProfile& p) { p.xmatch = pdb({{"/x", perm::exec}}); }).size(), 2u);
}

using Table = std::vector<std::pair<std::string, std::uint32_t>>;

/// Distinct short paths with some of four permissions.
rc::Gen<Table> tables() {
  return rc::gen::map(rc::gen::container<std::map<std::string, std::uint32_t>>(
                          rc::gen::container<std::string>(rc::gen::element('/', 'a', 'b')),
                          rc::gen::inRange<std::uint32_t>(1, 16)),
                      [](const std::map<std::string, std::uint32_t>& map) {
                        Table table;
                        for (const auto& [path, allow] : map) {
                          if (!path.empty()) table.emplace_back(path, allow);
                        }
                        return table;
                      });
}

RC_GTEST_PROP(Equal, AgreesWithTheTables, ()) {
  const Table a = *tables(), b = *tables();
  const auto found = policy_differences(policy(pdb(a)), policy(pdb(b)));
  RC_ASSERT(found.has_value());
  RC_ASSERT(found->empty() == (a == b));
}

RC_GTEST_PROP(Equal, IsSymmetric, ()) {
  const KernelPolicy a = policy(pdb(*tables())), b = policy(pdb(*tables()));
  RC_ASSERT(policy_differences(a, b)->size() == policy_differences(b, a)->size());
}

}  // namespace
}  // namespace bh::query
