#include "compile/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "automata/minimise.h"
#include "compile/describe.h"
#include "compile/encode.h"
#include "compile/packed_reader.h"

namespace bh::compile {
namespace {

using ::testing::HasSubstr;

/// The stream's elements, written as the kernel wants them.
struct Bytes {
  std::string text;

  Bytes& raw(std::string_view bytes) {
    text += bytes;
    return *this;
  }
  Bytes& little(std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) text.push_back(static_cast<char>(value >> (8 * i) & 0xff));
    return *this;
  }
  Bytes& name(std::string_view tag) {
    if (tag.empty()) return *this;
    return type(4).little(tag.size() + 1, 2).raw(tag).raw(std::string(1, '\0'));
  }
  Bytes& type(int code) { return little(static_cast<std::uint64_t>(code), 1); }
  Bytes& u32(std::uint32_t value, std::string_view tag = {}) { return name(tag).type(2).little(value, 4); }
  Bytes& string(std::string_view value, std::string_view tag = {}) {
    return name(tag).type(5).little(value.size() + 1, 2).raw(value).raw(std::string(1, '\0'));
  }
  Bytes& open(std::string_view tag) { return name(tag).type(7); }
  Bytes& close() { return type(8); }
};

/// A profile up to and including its capabilities.
Bytes head(std::string_view name = "web") {
  Bytes bytes;
  bytes.u32(7, "version").open("profile").string(name);
  bytes.open("flags").u32(0).u32(1).u32(0).close();
  bytes.u32(0x10004, "path_flags");
  for (int i = 0; i < 4; ++i) bytes.u32(i == 0 ? 0x21 : 0);
  return bytes;
}

/// An automaton with one path for each byte sequence: string i gets permission i + 1.
automata::Dfa paths(std::initializer_list<std::string_view> strings) {
  automata::ExprPool pool;
  std::vector<automata::Pattern> patterns;
  for (const std::string_view text : strings)
    patterns.push_back({pool.literal(text), static_cast<std::uint32_t>(patterns.size())});
  auto made = automata::determinise(pool, patterns);
  EXPECT_TRUE(made);
  // Sets of tags are numbered as they are found; here a tag is a permission.
  for (std::uint32_t& accept : made->dfa.accept)
    if (accept != 0) accept = made->tag_sets[accept][0] + 1;
  return automata::minimise(made->dfa);
}

KernelPolicy sample() {
  CompiledProfile profile;
  profile.name = "web//child";
  profile.flags = profile_flag::hat;
  profile.mode = 1;
  profile.capabilities = {.allow = (std::uint64_t{1} << 39) | 2, .audit = 2, .quiet = std::uint64_t{1} << 33};
  profile.rlimits.mask = 1u << 7;
  profile.rlimits.values[7] = 1024;
  profile.path_flags = path_flag::attach_disconnected;
  Pdb file;
  file.dfa = paths({"/bin/sh", "/etc/x"});
  Perms trap, run, read;
  trap.allow = perm::getattr;
  run.allow = perm::exec | perm::getattr;
  run.xindex = xindex::table | 0;
  read.allow = perm::read | perm::open | perm::getattr;
  file.perms = {{trap, trap}, {run, trap}, {read, read}};
  file.xtable = {"other"};
  profile.file = file;
  Pdb db;
  db.dfa = paths({"\x0a\x0frunc", "\x15"});
  Perms nothing, send, userns;
  nothing.allow = perm::lock;
  send.allow = perm::send | perm::lock;
  userns.allow = 8 | perm::lock;
  db.perms = {{nothing, nothing}, {send, send}, {userns, userns}};
  profile.policydb = db;
  KernelPolicy policy;
  policy.profiles.push_back(profile);
  return policy;
}

Features features(bool table) {
  Features made;
  made.add_word(made.add_entry("policy/versions/v7"), "yes");
  if (table) made.add_word(made.add_entry("policy/permstable32_version"), "0x000003");
  return made;
}

std::string error_of(std::string_view bytes) {
  const auto policy = decode(bytes);
  EXPECT_FALSE(policy);
  return policy ? "" : policy.error().text;
}

class BothDialects : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Decode, BothDialects, ::testing::Bool());

TEST_P(BothDialects, GiveBackWhatWasEncoded) {
  const KernelPolicy before = sample();
  const auto bytes = encode(before, features(GetParam()));
  ASSERT_TRUE(bytes) << bytes.error().text;
  const auto after = decode(*bytes);
  ASSERT_TRUE(after) << after.error().text;
  EXPECT_EQ(after->dialect, GetParam() ? Dialect::perms_table : Dialect::accept_bits);
  ASSERT_EQ(after->profiles.size(), 1u);
  const CompiledProfile& a = before.profiles[0];
  const CompiledProfile& b = after->profiles[0];
  EXPECT_EQ(b.name, a.name);
  EXPECT_EQ(b.flags, a.flags);
  EXPECT_EQ(b.mode, a.mode);
  EXPECT_EQ(b.path_flags, a.path_flags);
  EXPECT_EQ(b.capabilities, a.capabilities);
  EXPECT_EQ(b.rlimits, a.rlimits);
  const auto file = [](const CompiledProfile& profile, std::string_view path) {
    return profile.file->perms[profile.file->dfa.accept[profile.file->dfa.run(path)]];
  };
  EXPECT_EQ(file(b, "/bin/sh"), file(a, "/bin/sh"));
  EXPECT_EQ(file(b, "/etc/x"), file(a, "/etc/x"));
  EXPECT_EQ(file(b, "/etc/y"), file(a, "/etc/y"));
  EXPECT_EQ(b.file->xtable[0], "other");
  const auto other = [](const CompiledProfile& profile, std::string_view text) {
    return profile.policydb->perms[profile.policydb->dfa.accept[profile.policydb->dfa.run(text)]].other.allow;
  };
  EXPECT_EQ(other(b, "\x0a\x0frunc"), perm::send | perm::lock);
  EXPECT_EQ(other(b, "\x15"), 8u | perm::lock);
}

TEST_P(BothDialects, RefuseWhatIsCutOffAnywhere) {
  const auto bytes = encode(sample(), features(GetParam()));
  ASSERT_TRUE(bytes);
  for (std::size_t length = 0; length < bytes->size(); ++length) {
    EXPECT_FALSE(decode(std::string_view(*bytes).substr(0, length))) << length;
  }
}

TEST_P(BothDialects, SurviveAnyChangedByte) {
  const auto bytes = encode(sample(), features(GetParam()));
  ASSERT_TRUE(bytes);
  std::size_t refused = 0;
  for (std::size_t at = 0; at < bytes->size(); ++at) {
    for (const char change : {'\x01', '\x80', '\xff'}) {
      std::string changed = *bytes;
      changed[at] = static_cast<char>(changed[at] ^ change);
      if (!decode(changed)) ++refused;
    }
  }
  EXPECT_GT(refused, bytes->size() / 2);
}

TEST(Decode, SeveralProfilesOfOneLoad) {
  Bytes two = head("a");
  two.close();
  two.raw(head("b").text).close();
  const auto policy = decode(two.text);
  ASSERT_TRUE(policy) << policy.error().text;
  ASSERT_EQ(policy->profiles.size(), 2u);
  EXPECT_EQ(policy->profiles[1].name, "b");
}

TEST(Decode, ANamespaceHoldsForTheWholeLoad) {
  Bytes bytes = head(":space:a");
  bytes.close().raw(head("b").text).close();
  const auto policy = decode(bytes.text);
  ASSERT_TRUE(policy) << policy.error().text;
  EXPECT_EQ(policy->profiles[0].name, "a");
  EXPECT_EQ(policy->profiles[0].name_space, "space");
  EXPECT_EQ(policy->profiles[1].name_space, "space");
}

TEST(Decode, ForceComplainOfTheVersionWord) {
  Bytes bytes;
  bytes.u32(7 | 1u << 11, "version").open("profile").string("web").open("flags").u32(0).u32(0).u32(0).close();
  for (int i = 0; i < 4; ++i) bytes.u32(0);
  bytes.close();
  const auto policy = decode(bytes.text);
  ASSERT_TRUE(policy) << policy.error().text;
  EXPECT_EQ(policy->profiles[0].mode, 1u);
}

TEST(Decode, SaysWhereAndWhat) {
  EXPECT_EQ(error_of(""), "policy: element at byte 0: no version: this is not a compiled policy");
  EXPECT_EQ(error_of("profile x { }"),
            "policy: element at byte 0: no version: this is not a compiled policy");
  EXPECT_EQ(error_of(Bytes().u32(4, "version").text),
            "policy: element at byte 0: version 4 of the format is not one of 5 to 9");
  EXPECT_EQ(error_of(Bytes().u32(7, "version").text),
            "profile ?: element at byte 16: an element `profile` is missing");
  Bytes mode;
  mode.u32(7, "version").open("profile").string("web").open("flags").u32(0).u32(9).u32(0).close();
  EXPECT_EQ(error_of(mode.text), "profile web: element at byte 50: mode 9 is unknown");
  EXPECT_THAT(error_of(head().u32(1, "surprise").close().text),
              HasSubstr("the end of the profile (or an element is unknown, or out of its order) is missing"));
  EXPECT_THAT(error_of(Bytes().u32(7, "version").open("profile").string("").text),
              HasSubstr("the profile's name is empty"));
  EXPECT_THAT(error_of(head().open("policydb").close().close().text),
              HasSubstr("`policydb` without an automaton"));
}

/// `sample` with its bytes changed where `what` is found: `at` counts from there.
std::string patched(bool table, std::string_view what, std::size_t at, std::string_view with) {
  std::string bytes = *encode(sample(), features(table));
  const std::size_t found = bytes.find(what);
  EXPECT_NE(found, std::string::npos);
  bytes.replace(found + at, with.size(), with);
  return bytes;
}

TEST(Decode, NamesWhatIsWrongWithAnAutomaton) {
  const std::string_view magic = "\x1b\x5e\x78\x3d";
  EXPECT_THAT(error_of(patched(false, magic, 0, "X")), HasSubstr("no magic number 1b5e783d"));
  EXPECT_THAT(error_of(patched(false, magic, 4, "\x7f")), HasSubstr("header size"));
  EXPECT_THAT(error_of(patched(false, magic, 13, "\x04")), HasSubstr("unknown flags 0x4"));
  EXPECT_THAT(error_of(patched(false, magic, 25, "\x02")), HasSubstr("a second BASE"));
  EXPECT_THAT(error_of(patched(false, magic, 25, "\x09")), HasSubstr("no kernel knows id 9 of width 4"));
  EXPECT_THAT(error_of(patched(true, "perms", 22, "\x02")), HasSubstr("permission table"));
}

TEST(Decode, SmallFormsOfElements) {
  Bytes bytes;
  bytes.string("value", "key").u32(5);
  PackedReader in(bytes.text);
  EXPECT_FALSE(in.string("other"));  // not consumed
  EXPECT_FALSE(in.u32("key"));
  EXPECT_EQ(in.string(), "value");  // any name will do
  EXPECT_FALSE(in.u32("key"));
  EXPECT_EQ(in.u32(), 5u);
  EXPECT_TRUE(in.at_end());
}

RC_GTEST_PROP(Decode, NeverTrustsBytes, (const std::vector<std::uint8_t>& tail)) {
  Bytes bytes = head();
  bytes.raw(std::string(tail.begin(), tail.end()));
  (void)decode(bytes.text);
}

TEST(Describe, SaysWhatAPolicyHolds) {
  const std::string text = describe(sample());
  EXPECT_THAT(text, HasSubstr("profile web//child (complain)\n"));
  EXPECT_THAT(text, HasSubstr("  flags: attach_disconnected hat\n"));
  EXPECT_THAT(text, HasSubstr("  capabilities: dac_override bpf\n"));
  EXPECT_THAT(text, HasSubstr("  rlimit nofile: 1024\n"));
  EXPECT_THAT(text, HasSubstr("  mediated classes: signal userns\n"));
  EXPECT_THAT(text, HasSubstr("  exec target: other\n"));
}

TEST(Describe, WordsOfPermissions) {
  EXPECT_EQ(perm_words(perm::read | perm::write, medclass::file), "write read");
  EXPECT_EQ(perm_words(perm::send | perm::lock, medclass::signal), "send");
  EXPECT_EQ(perm_words(0, medclass::file), "none");
  EXPECT_EQ(perm_words(0x80, medclass::signal), "0x80");
  EXPECT_EQ(
      transition_words(xindex::table | xindex::child | xindex::inherit, std::vector<std::string>{"foo"}),
      "child foo, else the same profile");
  EXPECT_EQ(label_text(std::string_view(":ns\0name", 8)), ":ns:name");
  EXPECT_EQ(escaped("a\\b\n"), "a\\\\b\\x0a");
}

}  // namespace
}  // namespace bh::compile
