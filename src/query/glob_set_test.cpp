#include "query/glob_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/relate.h"
#include "compile/glob.h"
#include "query/compiled_text.h"

namespace bh::query {
namespace {

using automata::Dfa;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

Form form_of(std::string_view verb) {
  for (Form& form : forms({}))
    if (form.verb == verb) return form;
  ADD_FAILURE() << verb;
  return {};
}

/// Union of `globs`, of one field.
Dfa language(const std::vector<std::string>& globs, Field::Kind kind) {
  automata::ExprPool pool;
  std::vector<automata::Pattern> patterns;
  diag::Sink sink;
  for (const std::string& glob : globs) {
    const auto expr = pattern_of(pool, kind, {glob, {}, false}, sink);
    EXPECT_TRUE(expr) << glob;
    if (expr) patterns.push_back({*expr, 0});
  }
  return automata::determinise(pool, patterns)->dfa;
}

/// `globs`, but not `without`.
Dfa minus(const std::vector<std::string>& globs, const std::vector<std::string>& without, Field::Kind kind) {
  return *automata::joined(language(globs, kind), language(without, kind), [](auto a, auto b) {
    return static_cast<std::uint32_t>(a != 0 && b == 0 ? 1 : 0);
  });
}

std::vector<std::string> texts(const std::vector<GlobRow>& rows) {
  std::vector<std::string> all;
  for (const GlobRow& row : rows) all.push_back(row.fields.front() + (row.exact ? "" : " (in part)"));
  return all;
}

std::vector<std::string> paths(const std::vector<std::string>& globs,
                               const std::vector<std::string>& without = {}) {
  const auto set = globs_of(minus(globs, without, Field::Kind::path), form_of("file"));
  EXPECT_TRUE(set);
  auto all = texts(set->rows);
  for (const std::string& one : texts(set->except)) all.push_back("not " + one);
  return all;
}

TEST(GlobSet, WhatRulesWrite) {
  EXPECT_THAT(paths({"/etc/passwd"}), ElementsAre("/etc/passwd"));
  EXPECT_THAT(paths({"/etc/**", "/srv/*"}), UnorderedElementsAre("/etc/**", "/srv/*"));
  EXPECT_THAT(paths({"/etc/{,**}"}), ElementsAre("/etc/", "/etc/**"));
  EXPECT_THAT(paths({"/**"}), ElementsAre("/**"));
  EXPECT_THAT(paths({"/{,**}"}), ElementsAre("/", "/**"));
  EXPECT_THAT(paths({"/home/*/.ssh/**"}), ElementsAre("/home/*/.ssh/**"));
  EXPECT_THAT(paths({"/a*b"}), ElementsAre("/a*b"));
  EXPECT_THAT(paths({"/lib/**.so"}), ElementsAre("/lib/**.so"));
  EXPECT_THAT(paths({"/proc/[0-9]*/mem"}), ElementsAre("/proc/[0-9]*/mem"));
  EXPECT_THAT(paths({"/a?c"}), ElementsAre("/a?c"));
  EXPECT_THAT(paths({"/a\\*"}), ElementsAre("/a\\*"));
}

TEST(GlobSet, NearlyAllHasExceptions) {
  EXPECT_THAT(paths({"/proc/sys/**"}, {"/proc/sys/kernel/shm*"}),
              UnorderedElementsAre("/proc/sys/**", "not /proc/sys/kernel/shm*"));
  EXPECT_THAT(paths({"/a**"}, {"/ab/{,**}"}), ElementsAre("/a**", "not /ab/", "not /ab/**"));
  EXPECT_THAT(paths({"/etc/**"}, {"/etc/passwd"}), UnorderedElementsAre("/etc/**", "not /etc/passwd"));
}

TEST(GlobSet, WhatCannotBeWrittenIsSaidToBeAPart) {
  const auto set = globs_of(minus({"/srv/**.a", "/srv/**.b"}, {}, Field::Kind::path), form_of("file"));
  ASSERT_TRUE(set);
  EXPECT_FALSE(set->exact());
  EXPECT_THAT(texts(set->rows), ElementsAre("/srv/** (in part)"));
  const auto hinted =
      globs_of(minus({"/srv/**/x.{a,b}"}, {}, Field::Kind::path), form_of("file"), {.hints = {"**/x.{a,b}"}});
  EXPECT_THAT(texts(hinted->rows), ElementsAre("/srv/**/x.{a,b}"));
}

TEST(GlobSet, LabelsAndFields) {
  const auto labels = globs_of(minus({"**"}, {"unconfined"}, Field::Kind::label), form_of("change_profile"));
  EXPECT_THAT(texts(labels->rows), ElementsAre("**"));
  EXPECT_THAT(texts(labels->except), ElementsAre("unconfined"));
}

TEST(GlobSet, AnOutlineIsWiderAndSaysSo) {
  std::vector<std::string> globs;
  for (const std::string name : {"one", "two", "three", "four"}) globs.push_back("/srv/a/" + name + "/x");
  globs.push_back("/etc/passwd");
  const auto set = globs_of(minus(globs, {}, Field::Kind::path), form_of("file"));
  const GlobSet wide = outline(*set, 4);
  EXPECT_THAT(texts(wide.rows), UnorderedElementsAre("/srv/a/** (in part)", "/etc/passwd"));
}

std::string random_glob() {
  const auto part = rc::gen::element<std::string>("a", "b", "ab", "*", "**", "a*", "*b", "?", "[ab]", "[^b]",
                                                  "{a,b}", "{,a}b", "a**", "**a");
  std::string glob;
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) glob += "/" + *part;
  if (*rc::gen::element(false, false, true)) glob += "/";
  return glob;
}

/// What is claimed to be exact is; what is a part lies within.
RC_GTEST_PROP(GlobSet, says_what_is_there, ()) {
  const auto some = [] {
    std::vector<std::string> globs;
    for (int i = *rc::gen::inRange(0, 4); i > 0; --i) globs.push_back(random_glob());
    return globs;
  };
  const Form form = form_of("file");
  const Dfa wanted = minus(some(), some(), Field::Kind::path);
  const auto set = globs_of(wanted, form);
  RC_ASSERT(set.has_value());
  std::vector<std::string> rows, except;
  for (const GlobRow& row : set->rows) rows.push_back(row.fields.front());
  for (const GlobRow& row : set->except) except.push_back(row.fields.front());
  const Dfa said = minus(rows, except, Field::Kind::path);
  automata::ExprPool pool;
  const Dfa askable_paths =
      automata::determinise(pool, std::vector{automata::Pattern{askable(pool, form), 0}})->dfa;
  const bool exact = set->exact();
  const auto differ = automata::first_difference(
      *automata::restrict_to(wanted, askable_paths), *automata::restrict_to(said, askable_paths),
      [&](auto a, auto b) { return exact ? (a != 0) == (b != 0) : a == 0 || b != 0; });
  RC_ASSERT(differ.has_value());
  if (*differ)
    RC_LOG() << (*differ)->bytes << " rows " << ::testing::PrintToString(rows) << " except "
             << ::testing::PrintToString(except) << (exact ? " exact" : "");
  RC_ASSERT(!*differ);
}

}  // namespace
}  // namespace bh::query
