// Which abi a text declares, and what is said about it; and that the abi files that are built in say what the
// packages' files of that name say.
#include "app/abi_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "app/fake_kernel.h"
#include "app/pipeline.h"
#include "compile/known_features.h"
#include "diag/render.h"

namespace bh::app {
namespace {

using generate::Abi;
using testing::HasSubstr;
using testing::Not;

compile::Features parsed(const std::string& text) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto source = sources.add("features", text);
  return compile::parse_features(sources, source, sink).value();
}

TEST(AbiChoice, the_newest_that_gives_the_kernel_something_to_mediate) {
  std::map<std::string_view, Abi> best;
  for (const compile::KnownFeatures& known : compile::known_features())
    best[known.kernel] = best_abi(parsed(std::string(known.text)));
  EXPECT_EQ(best["6.1"], Abi::v3_0);
  EXPECT_EQ(best["6.12"], Abi::v5_0);  // io_uring
  EXPECT_EQ(best["7.2"], Abi::v5_0);
  EXPECT_EQ(best_abi(parsed("namespaces {mask {userns_create\n}\n}\n")), Abi::v4_0);
  EXPECT_THAT(left_unmediated(parsed(std::string(compile::known_features().back().text)), Abi::v4_0),
              testing::ElementsAre("io_uring", "who is at the other end of a unix socket"));
}

/// A host with a kernel and a policy folder, on which a spec is read.
class AbiOfHost : public testing::Test {
 protected:
  AbiOfHost() {
    kernel_.put("/web.toml", "Name = \"web\"\n[Filesystem]\nWritablePaths = [\"/var/log/**\"]\n");
  }

  void kernel_mediates_io_uring() {
    kernel_.put("/sys/security/apparmor/features/io_uring/mask", "sqpoll override_creds\n");
  }
  void parser_reads(const char* abi) { kernel_.put(std::string("/etc/apparmor.d/abi/") + abi, "x\n"); }

  /// The abi line of the text, and what was said.
  std::string text_of(PolicySettings settings = {}) {
    settings.base = kernel_.path("/etc/apparmor.d");
    Session session(kernel_.world());
    Pipeline pipeline(session, std::move(settings));
    auto profile = pipeline.read(kernel_.path("/web.toml"));
    if (!profile) return profile.error().text;
    said_ = diag::render(session.sources, session.sink);
    std::string text = profile->generated->text;
    std::size_t at = text.find("abi <");
    return text.substr(at, text.find('\n', at) - at);
  }

  FakeKernel kernel_{testing::TempDir() + "bh_abi_test." + std::to_string(::getpid())};
  std::string said_;
};

TEST_F(AbiOfHost, no_newer_than_the_parser_reads_and_it_is_said_what_that_leaves_out) {
  kernel_mediates_io_uring();
  parser_reads("3.0");
  EXPECT_EQ(text_of(), "abi <abi/3.0>,");
  EXPECT_THAT(said_, HasSubstr("note[BH1061]: not mediated, although this kernel could: io_uring (the host's "
                               "apparmor_parser reads no abi newer than 3.0)"));
  EXPECT_THAT(said_, HasSubstr("keeps the text where only `bulkhead restore` reads it, and then in abi 5.0"));
  parser_reads("4.0");
  EXPECT_EQ(text_of(), "abi <abi/4.0>,");
  parser_reads("5.0");
  EXPECT_EQ(text_of(), "abi <abi/5.0>,");
  EXPECT_EQ(said_, "");
}

TEST_F(AbiOfHost, no_newer_than_the_kernel_has_a_use_for) {
  kernel_.put("/sys/security/apparmor/features/file/mask", "create read write\n");
  parser_reads("5.0");
  EXPECT_EQ(text_of(), "abi <abi/3.0>,");
  EXPECT_EQ(said_, "");
}

TEST_F(AbiOfHost, without_a_parser_the_kernel_alone_decides) {
  kernel_mediates_io_uring();
  EXPECT_EQ(text_of(), "abi <abi/5.0>,");
}

TEST_F(AbiOfHost, for_another_kernel_this_hosts_parser_does_not_count_unless_it_is_to_read_the_text) {
  kernel_.put("/sys/security/apparmor/features/file/mask", "create read write\n");
  parser_reads("3.0");
  EXPECT_EQ(text_of({.features = "7.2"}), "abi <abi/5.0>,");
  EXPECT_EQ(text_of({.features = "6.1"}), "abi <abi/3.0>,");
  EXPECT_EQ(text_of({.features = "7.2", .host_parser_reads = true}), "abi <abi/3.0>,");
}

TEST_F(AbiOfHost, what_only_bulkhead_reads_is_as_new_as_the_kernel) {
  kernel_mediates_io_uring();
  parser_reads("3.0");
  EXPECT_EQ(text_of({.host_parser_reads = false}), "abi <abi/5.0>,");
  EXPECT_EQ(said_, "");
}

TEST_F(AbiOfHost, what_nobody_knows_is_what_everybody_reads) {
  kernel_.take_apparmor_away();
  EXPECT_EQ(text_of(), "abi <abi/3.0>,");
}

TEST_F(AbiOfHost, an_abi_that_was_asked_for_is_taken_and_warned_about) {
  kernel_mediates_io_uring();
  parser_reads("4.0");
  EXPECT_EQ(text_of({.abi = Abi::v5_0}), "abi <abi/5.0>,");
  EXPECT_THAT(said_,
              HasSubstr("warning[BH1059]: this host's apparmor_parser reads no abi newer than 4.0: it cannot "
                        "read text of abi 5.0"));
  EXPECT_EQ(text_of({.abi = Abi::v3_0}), "abi <abi/3.0>,");
  EXPECT_EQ(said_, "");
}

TEST_F(AbiOfHost, rules_that_nobody_asked_for_are_no_news_where_they_have_no_effect) {
  PolicySettings settings{.features = "6.1", .abi = Abi::v5_0};
  settings.base = kernel_.path("/etc/apparmor.d");
  Session session(kernel_.world());
  Pipeline pipeline(session, std::move(settings));
  ASSERT_TRUE(pipeline.open(kernel_.path("/web.toml")));
  EXPECT_EQ(diag::render(session.sources, session.sink), "");
}

/// Where the packages of three Debian releases are unpacked beside the system, or this system's own.
std::vector<std::filesystem::path> packaged_abi_files() {
  const char* home = std::getenv("HOME");
  const char* cache = std::getenv("XDG_CACHE_HOME");
  std::filesystem::path parsers =
      cache != nullptr ? cache : std::string(home != nullptr ? home : "") + "/.cache";
  std::vector<std::filesystem::path> files;
  for (const char* abi : {"3.0", "4.0", "5.0"})
    for (const std::filesystem::path& folder : {parsers / "bulkhead/parsers/5.0/root/etc/apparmor.d/abi",
                                                std::filesystem::path("/etc/apparmor.d/abi")})
      if (std::filesystem::exists(folder / abi)) files.push_back(folder / abi);
  return files;
}

TEST(KnownAbi, says_what_the_packaged_file_says_to_every_kernel) {
  auto files = packaged_abi_files();
  if (files.empty()) GTEST_SKIP() << "no package apparmor, and tools/fetch-parsers has not been run";
  for (const auto& file : files)
    for (const compile::KnownFeatures& known : compile::known_features()) {
      auto kernel = parsed(std::string(known.text));
      auto ours = compile::intersect(
          kernel, parsed(std::string(compile::known_abi("abi/" + file.filename().string()))));
      auto theirs = compile::intersect(kernel, parsed(read_file(Os::real(), file.string()).value()));
      // What rules may use; how policy is encoded follows the kernel alone.
      std::string differ;
      for (const char* feature : {"capability",
                                  "caps/mask/checkpoint_restore",
                                  "caps/mask/bpf",
                                  "dbus/mask/send",
                                  "domain/stack",
                                  "domain/attach_conditions/xattr",
                                  "domain/change_hat",
                                  "domain/change_profile",
                                  "domain/kill.signal",
                                  "domain/disconnected.path",
                                  "domain/unconfined_allowed_children",
                                  "file/mask/mmap_exec",
                                  "io_uring",
                                  "io_uring/mask/override_creds",
                                  "ipc/posix_mqueue",
                                  "mount/mask/umount",
                                  "mount/move_mount",
                                  "namespaces/mask/userns_create",
                                  "namespaces/profile",
                                  "network/af_unix",
                                  "network_v8",
                                  "network_v8/af_mask/mctp",
                                  "network_v8/af_mask/xdp",
                                  "network_v8/af_inet",
                                  "network_v9/af_unix",
                                  "network_v9/af_mask/inet",
                                  "ptrace/mask/trace",
                                  "rlimit/mask/rttime",
                                  "signal/mask/lost"})
        if (ours.has(feature) != theirs.has(feature)) differ += std::string(" ") + feature;
      EXPECT_EQ(differ, "") << file << " on " << known.kernel;
    }
}

TEST(KnownAbi, there_are_three) {
  EXPECT_EQ(compile::known_abi("abi/6.0"), "");
  EXPECT_EQ(compile::known_abi("5.0"), "");
  EXPECT_NE(compile::known_abi("abi/5.0"), "");
}

}  // namespace
}  // namespace bh::app
