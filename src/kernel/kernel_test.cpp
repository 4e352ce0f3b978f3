#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "kernel/apparmor.h"
#include "kernel/audit_tail.h"
#include "kernel/digest.h"
#include "kernel/features.h"

namespace bh::kernel {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

/// Fails the next write, or takes less than it was given.
class FaultyOs : public Os {
 public:
  int write_error = 0;
  bool short_write = false;
  Result<std::size_t> write(int fd, std::string_view bytes) override {
    if (write_error != 0) return fail_errno(write_error, "write");
    if (short_write) return bytes.size() / 2;
    return Os::write(fd, bytes);
  }
};

class KernelTest : public testing::Test {
 protected:
  KernelTest() : root_(testing::TempDir() + "bh_kernel_test." + std::to_string(::getpid())) {
    fs::remove_all(root_);
    roots_ = {root_ + "/sys/security/apparmor",
              root_ + "/sys/security",
              root_ + "/sys/module",
              root_ + "/proc",
              root_ + "/kmsg",
              false};
    fs::create_directories(roots_.proc);
  }
  ~KernelTest() override { fs::remove_all(root_); }

  void put(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  /// A kernel with AppArmor on, and its policy files.
  void boot() {
    put(roots_.modules + "/apparmor/parameters/enabled", "Y\n");
    for (const char* file : {".load", ".replace", ".remove", "profiles"})
      put(roots_.apparmorfs + "/" + file, "");
  }
  std::string written(const char* file) { return read_file(os_, roots_.apparmorfs + "/" + file).value(); }
  AppArmor kernel() { return AppArmor(os_, roots_); }

  std::string root_;
  Roots roots_;
  FaultyOs os_;
};

using Kind = Availability::Kind;

TEST_F(KernelTest, says_that_sysfs_is_not_mounted) {
  auto state = kernel().availability();
  EXPECT_EQ(state.kind, Kind::no_sysfs);
  EXPECT_THAT(state.way_out, HasSubstr("not in a chroot or container"));
}

TEST_F(KernelTest, says_that_the_kernel_has_no_apparmor) {
  fs::create_directories(roots_.modules);
  auto state = kernel().availability();
  EXPECT_EQ(state.kind, Kind::not_built);
  EXPECT_EQ(state.cause, "the running kernel was built without AppArmor");
}

TEST_F(KernelTest, says_how_it_was_switched_off) {
  put(roots_.modules + "/apparmor/parameters/enabled", "N\n");
  EXPECT_EQ(kernel().availability().kind, Kind::not_booted_with);
  put(roots_.proc + "/cmdline", "quiet apparmor=1 apparmor=0\n");
  EXPECT_EQ(kernel().availability().kind, Kind::switched_off);
  put(roots_.proc + "/cmdline", "quiet lsm=landlock,selinux\n");
  EXPECT_EQ(kernel().availability().cause,
            "the kernel was booted with `lsm=landlock,selinux`, which leaves AppArmor out");
  put(roots_.proc + "/cmdline", "quiet lsm=apparmor,bpf security=selinux\n");
  EXPECT_EQ(kernel().availability().cause, "the kernel was booted with `security=selinux`");
}

TEST_F(KernelTest, says_that_securityfs_is_not_mounted) {
  put(roots_.modules + "/apparmor/parameters/enabled", "Y\n");
  auto state = kernel().availability();
  EXPECT_EQ(state.kind, Kind::no_securityfs);
  EXPECT_EQ(state.way_out, "mount -t securityfs securityfs " + roots_.securityfs);
  EXPECT_EQ(kernel().load("x").error().sys, ENODEV);
}

TEST_F(KernelTest, prints_the_features_tree_in_the_parsers_form) {
  boot();
  put(roots_.apparmorfs + "/features/policy/versions/v7", "yes\n");
  put(roots_.apparmorfs + "/features/policy/versions/v5", "yes\n");
  put(roots_.apparmorfs + "/features/capability", "0xffffff\n");
  put(roots_.apparmorfs + "/features/caps/mask", "chown kill");
  EXPECT_EQ(kernel().features_text().value(),
            "capability {0xffffff\n}\n"
            "caps {mask {chown kill\n}\n}\n"
            "policy {versions {v5 {yes\n}\nv7 {yes\n}\n}\n}\n");
}

TEST_F(KernelTest, a_features_tree_without_end_is_refused) {
  fs::path deep = root_ + "/deep";
  for (int i = 0; i < 20; ++i) deep /= "d";
  fs::create_directories(deep);
  EXPECT_THAT(features_folder_text(os_, root_ + "/deep").error().text,
              HasSubstr("this is not a features tree"));
}

TEST_F(KernelTest, loads_replaces_and_removes_with_one_write) {
  boot();
  ASSERT_TRUE(kernel().load("new"));
  ASSERT_TRUE(kernel().replace("newer"));
  ASSERT_TRUE(kernel().remove("docker-web"));
  EXPECT_EQ(written(".load"), "new");
  EXPECT_EQ(written(".replace"), "newer");
  EXPECT_EQ(written(".remove"), "docker-web");
}

TEST_F(KernelTest, translates_the_kernels_refusals) {
  boot();
  auto text = [&](int sys) {
    os_.write_error = sys;
    return kernel().replace("x").error().text;
  };
  EXPECT_THAT(text(EACCES), HasSubstr("write .replace: Permission denied (run as root"));
  EXPECT_THAT(text(EPERM), HasSubstr("CAP_MAC_ADMIN"));
  EXPECT_THAT(text(EPROTO), HasSubstr("compiled for another kernel, or is damaged"));
  EXPECT_THAT(text(EEXIST), HasSubstr("removing any loaded profile frees it"));
  EXPECT_THAT(kernel().load("x").error().text, HasSubstr("replace it instead"));
  EXPECT_THAT(text(ENOENT), HasSubstr("parent profile or a namespace"));
  EXPECT_THAT(text(EINVAL), HasSubstr("did not recognise"));
  EXPECT_EQ(kernel().remove("x").error().text,
            "write .remove: Invalid argument (the kernel did not recognise this as a policy)");
  os_.write_error = ENOENT;
  EXPECT_EQ(kernel().remove("x").error().text,
            "write .remove: No such file or directory (no profile of that name is loaded)");
}

TEST_F(KernelTest, says_that_policy_is_locked) {
  boot();
  put(roots_.modules + "/apparmor/parameters/lock_policy", "Y\n");
  os_.write_error = EACCES;
  EXPECT_THAT(kernel().replace("x").error().text, HasSubstr("policy is locked"));
}

TEST_F(KernelTest, repeats_the_kernels_own_reason) {
  boot();
  put(roots_.kmsg,
      fmt::format(
          "6,1,2,-;audit: type=1400 audit(99999999999.1:2): apparmor=\"STATUS\" "
          "operation=\"profile_replace\" "
          "info=\"failed to unpack profile\" error=-71 profile=\"unconfined\" name=\"docker-web\" pid={} "
          "comm=\"bulkhead\" offset=151\n",
          ::getpid()));
  os_.write_error = EPROTO;
  EXPECT_THAT(kernel().replace("x").error().text,
              HasSubstr("; the kernel says: failed to unpack profile, profile docker-web, at byte 151"));
}

TEST_F(KernelTest, a_short_write_is_an_error) {
  boot();
  os_.short_write = true;
  EXPECT_EQ(kernel().replace("abcd").error().text, "write .replace: the kernel took 2 of 4 bytes");
}

TEST(StatusRecord, is_one_of_this_process_with_an_error_and_new) {
  constexpr std::string_view line =
      "type=1400 audit(100.250:7): apparmor=\"STATUS\" info=\"bad\" error=-71 pid=12 comm=\"x\"\n KEY=value";
  EXPECT_EQ(status_record(line, 12, 0), "apparmor=\"STATUS\" info=\"bad\" error=-71 pid=12 comm=\"x\"");
  EXPECT_EQ(status_record(line, 13, 0), "");
  EXPECT_EQ(status_record(line, 12, 100'251), "");
  EXPECT_NE(status_record(line, 12, 100'250), "");
  EXPECT_EQ(status_record("apparmor=\"STATUS\" operation=\"profile_load\" name=\"a\" pid=12", 12, 0), "");
  EXPECT_EQ(status_record("apparmor=\"DENIED\" error=-13 pid=12", 12, 0), "");
}

TEST_F(KernelTest, lists_profiles_with_modes) {
  boot();
  put(roots_.apparmorfs + "/profiles",
      "docker-web (enforce)\na name (odd) (complain)\n:ns://x//y (kill)\nrubbish\n");
  auto all = kernel().profiles().value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].name, "docker-web");
  EXPECT_EQ(all[1].name, "a name (odd)");
  EXPECT_EQ(all[1].mode, "complain");
  EXPECT_EQ(all[2].name, ":ns://x//y");
  EXPECT_EQ(kernel().find("docker-web").value()->mode, "enforce");
  EXPECT_FALSE(kernel().find("docker").value());
}

TEST_F(KernelTest, finds_the_details_of_children_and_namespaces) {
  boot();
  std::string policy = roots_.apparmorfs + "/policy";
  put(policy + "/profiles/a.1/name", "a\n");
  put(policy + "/profiles/a.1/sha256", "00ff\n");
  put(policy + "/profiles/a.1/attach", "/usr/bin/a\n");
  put(policy + "/profiles/a.1/raw_data", "bytes");
  put(policy + "/profiles/a.1/profiles/b.2/name", "b\n");
  put(policy + "/profiles/a.1/profiles/b.2/sha1", "11\n");
  put(policy + "/namespaces/ns/profiles/c.3/name", "c\n");
  auto a = kernel().details("a").value();
  EXPECT_EQ(a.hash_name, "sha256");
  EXPECT_EQ(a.hash, "00ff");
  EXPECT_EQ(a.attachment, "/usr/bin/a");
  EXPECT_EQ(kernel().raw_data(a).value(), "bytes");
  auto b = kernel().details("a//b").value();
  EXPECT_EQ(b.hash_name, "sha1");
  EXPECT_THAT(kernel().raw_data(b).error().text, HasSubstr("export_binary"));
  EXPECT_THAT(kernel().details(":ns://c").value().folder, HasSubstr("/namespaces/ns/profiles/c.3"));
  EXPECT_EQ(kernel().details("nobody").error().sys, ENOENT);
}

TEST_F(KernelTest, lists_confined_processes_threads_and_stacks) {
  put(roots_.proc + "/7/attr/apparmor/current", "docker-web (enforce)\n");
  put(roots_.proc + "/7/comm", "nginx\n");
  put(roots_.proc + "/7/task/7/attr/apparmor/current", "docker-web (enforce)\n");
  put(roots_.proc + "/7/task/8/attr/apparmor/current", "docker-web//hat (complain)\n");
  put(roots_.proc + "/7/task/9/attr/apparmor/current", "docker-web (enforce)\n");
  put(roots_.proc + "/30/attr/current", std::string("old//&:ns:b (mixed)\0", 20));
  put(roots_.proc + "/4/attr/apparmor/current", "unconfined\n");
  put(roots_.proc + "/self/attr/apparmor/current", "x (enforce)\n");
  fs::create_directories(roots_.proc + "/5");                               // ended while we looked
  put(roots_.proc + "/6/attr/apparmor/current", "docker-web (enforce)\n");  // ended, nobody took notice
  put(roots_.proc + "/6/stat", "6 (odd) R name) Z 1 6 6\n");
  auto all = kernel().processes().value();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].label, "docker-web");
  EXPECT_EQ(all[0].command, "nginx");
  EXPECT_EQ(all[1].label, "docker-web//hat");
  EXPECT_EQ(all[1].pid, 7);
  EXPECT_EQ(all[2].label, "old//&:ns:b");
  EXPECT_EQ(all[2].mode, "mixed");
}

TEST(LabelHolds, parts_children_but_not_prefixes) {
  EXPECT_TRUE(label_holds("a", "a"));
  EXPECT_TRUE(label_holds("a//null-/bin/sh", "a"));
  EXPECT_TRUE(label_holds("x//&a", "a"));
  EXPECT_TRUE(label_holds("a//hat//&x", "a"));
  EXPECT_FALSE(label_holds("ab", "a"));
  EXPECT_FALSE(label_holds("x//a", "a"));
  EXPECT_FALSE(label_holds("", "a"));
}

TEST(Digest, known_answers) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

}  // namespace
}  // namespace bh::kernel
