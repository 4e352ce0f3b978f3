// The cache says no whenever it has a reason to, and a compile never fails for it.
#include "app/policy_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/file.h"

namespace bh::app {
namespace {

using testing::HasSubstr;

/// An Os on which calls fail, or files seem to be somebody else's.
class FaultyOs : public Os {
 public:
  std::size_t room = std::string::npos;  ///< bytes until the disk is full
  int no_rename = 0, no_mkdir = 0;       ///< errno
  uid_t owner = ::geteuid();             ///< of every open file

  Result<std::size_t> write(int fd, std::string_view bytes) override {
    if (room == 0) return fail_errno(ENOSPC, "write");
    auto n = Os::write(fd, bytes.substr(0, room));
    if (n && room != std::string::npos) room -= *n;
    return n;
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (no_rename != 0) return fail_errno(no_rename, to);
    return Os::rename(from, to);
  }
  Result<void> mkdir(const std::string& path, mode_t mode) override {
    if (no_mkdir != 0) return fail_errno(no_mkdir, path);
    return Os::mkdir(path, mode);
  }
  Result<struct ::stat> fstat(int fd) override {
    auto info = Os::fstat(fd);
    if (info) info->st_uid = owner;
    return info;
  }
};

const std::string key(64, 'a');

CacheEntry sample() {
  CacheEntry entry;
  entry.lookups = {{"abstractions/base", true, false, {"/etc/apparmor.d/abstractions/base"}},
                   {"local/web", true, true, {}}};
  entry.files = {{"/etc/apparmor.d/abstractions/base", std::string(64, '0')}};
  entry.said = {{3012, {1, 4, 9}, "not mediated", "help", {{{0, 1, 2}, "included here"}}},
                {2081, {}, "of nothing", "", {}}};
  entry.profiles = {{"web", "enforce", 12, 30}, {"web//hat", "complain", 0, 3}};
  entry.bytes = std::string("\x04\x08\0version\0", 11) + std::string(5000, 'x');
  return entry;
}

class PolicyCacheTest : public testing::Test {
 protected:
  PolicyCacheTest() : root_(testing::TempDir() + "bh_policy_cache_test." + std::to_string(::getpid())) {
    std::filesystem::remove_all(root_);
  }
  ~PolicyCacheTest() override { std::filesystem::remove_all(root_); }
  [[nodiscard]] std::string folder() const { return root_ + "/a/cache"; }
  [[nodiscard]] std::string file() const { return folder() + "/" + key + ".policy"; }
  [[nodiscard]] std::size_t files() { return os_.list(folder()).value_or(std::vector<std::string>()).size(); }
  [[nodiscard]] bool found() { return PolicyCache(os_, folder()).find(key).has_value(); }
  void rewrite(std::string bytes) { std::ofstream(file(), std::ios::binary) << bytes; }

  std::string root_;
  FaultyOs os_;
};

TEST_F(PolicyCacheTest, gives_back_what_was_kept) {
  PolicyCache cache(os_, folder());
  EXPECT_FALSE(cache.find(key));
  ASSERT_TRUE(cache.keep(key, sample()));
  EXPECT_EQ(*PolicyCache(os_, folder()).find(key), sample());
  EXPECT_FALSE(cache.find(std::string(64, 'b')));
  EXPECT_EQ(os_.stat(folder())->st_mode & 0777u, 0700u);
  EXPECT_EQ(os_.stat(file())->st_mode & 0777u, 0600u);
}

TEST_F(PolicyCacheTest, a_full_disk_leaves_nothing_wherever_it_strikes) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(std::string(64, 'c'), sample()));
  for (std::size_t room : {std::size_t{0}, std::size_t{1}, std::size_t{100}, std::size_t{4096}}) {
    os_.room = room;
    auto kept = PolicyCache(os_, folder()).keep(key, sample());
    ASSERT_FALSE(kept);
    EXPECT_EQ(kept.error().sys, ENOSPC);
    EXPECT_FALSE(found());
    EXPECT_EQ(files(), 1u);
  }
}

TEST_F(PolicyCacheTest, no_folder_and_no_rename_are_errors_that_leave_nothing) {
  os_.no_mkdir = EROFS;
  EXPECT_EQ(PolicyCache(os_, folder()).keep(key, sample()).error().sys, EROFS);
  os_.no_mkdir = 0;
  os_.no_rename = EACCES;
  EXPECT_EQ(PolicyCache(os_, folder()).keep(key, sample()).error().sys, EACCES);
  EXPECT_EQ(files(), 0u);
}

TEST_F(PolicyCacheTest, a_torn_file_is_a_miss_at_every_length) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  const std::string whole = read_file(os_, file()).value();
  for (std::size_t size = 0; size < whole.size(); size += size < 600 ? 1 : 97) {
    rewrite(whole.substr(0, size));
    ASSERT_FALSE(found()) << size;
  }
  rewrite(whole + "x");
  EXPECT_FALSE(found());
  rewrite(whole);
  EXPECT_TRUE(found());
}

TEST_F(PolicyCacheTest, an_altered_byte_is_a_miss_wherever_it_is) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  const std::string whole = read_file(os_, file()).value();
  for (std::size_t at = 0; at < whole.size(); at += at < 600 ? 1 : 97) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    rewrite(altered);
    ASSERT_FALSE(found()) << at;
  }
}

TEST_F(PolicyCacheTest, another_keys_entry_under_this_name_is_a_miss) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(std::string(64, 'b'), sample()));
  std::filesystem::rename(folder() + "/" + std::string(64, 'b') + ".policy", file());
  EXPECT_FALSE(found());
}

TEST_F(PolicyCacheTest, a_file_that_others_could_have_written_is_a_miss) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  ::chmod(file().c_str(), 0620);
  EXPECT_FALSE(found());
  ::chmod(file().c_str(), 0602);
  EXPECT_FALSE(found());
  ::chmod(file().c_str(), 0644);
  EXPECT_TRUE(found());
  os_.owner = 12345;
  EXPECT_FALSE(found());
}

TEST_F(PolicyCacheTest, links_pipes_and_folders_in_an_entrys_place_are_misses) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  std::filesystem::rename(file(), root_ + "/elsewhere");
  std::filesystem::create_symlink(root_ + "/elsewhere", file());
  EXPECT_FALSE(found());
  std::filesystem::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_FALSE(found());  // and does not wait for a writer
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_FALSE(found());
}

TEST_F(PolicyCacheTest, a_folder_that_others_may_write_to_is_not_used) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  for (mode_t mode : {mode_t{0770}, mode_t{0707}, mode_t{01777}}) {
    ::chmod(folder().c_str(), mode);
    PolicyCache cache(os_, folder());
    EXPECT_THAT(cache.distrust(), HasSubstr("others than its owner may write"));
    EXPECT_FALSE(cache.find(key));
    EXPECT_FALSE(cache.keep(key, sample()));
  }
  ::chmod(folder().c_str(), 0755);
  EXPECT_TRUE(found());
}

TEST_F(PolicyCacheTest, a_link_in_the_folders_place_is_not_used) {
  ASSERT_TRUE(PolicyCache(os_, folder()).keep(key, sample()));
  std::filesystem::create_symlink(folder(), root_ + "/link");
  EXPECT_THAT(PolicyCache(os_, root_ + "/link").distrust(), HasSubstr("is not a folder"));
}

TEST_F(PolicyCacheTest, prunes_the_oldest_and_what_was_never_finished) {
  PolicyCache cache(os_, folder());
  for (char name : {'a', 'b', 'c', 'd'}) {
    ASSERT_TRUE(cache.keep(std::string(64, name), sample()));
    utimbuf times = {1000 + name, 1000 + name};
    ::utime((folder() + "/" + std::string(64, name) + ".policy").c_str(), &times);
  }
  std::ofstream(folder() + "/.old.tmp") << "half";
  utimbuf times = {1000, 1000};
  ::utime((folder() + "/.old.tmp").c_str(), &times);
  std::ofstream(folder() + "/.new.tmp") << "half";
  std::ofstream(folder() + "/somebody's") << std::string(100000, 'x');
  cache.prune(2 * packed(sample(), key).size());
  EXPECT_THAT(os_.list(folder()).value(),
              testing::ElementsAre(".new.tmp", std::string(64, 'c') + ".policy",
                                   std::string(64, 'd') + ".policy", "somebody's"));
}

TEST_F(PolicyCacheTest, readers_beside_writers_see_whole_entries_or_none) {
  CacheEntry other = sample();
  other.bytes = std::string(200000, 'y');
  std::atomic<int> hits = 0;
  {
    std::vector<std::jthread> threads;
    for (int writer = 0; writer < 2; ++writer)
      threads.emplace_back([&, writer] {
        for (int i = 0; i < 200; ++i)
          (void)PolicyCache(os_, folder()).keep(key, writer == 0 ? sample() : other);
      });
    for (int reader = 0; reader < 2; ++reader)
      threads.emplace_back([&] {
        for (int i = 0; i < 400; ++i) {
          auto entry = PolicyCache(os_, folder()).find(key);
          if (!entry) continue;
          ++hits;
          EXPECT_TRUE(*entry == sample() || *entry == other);
        }
      });
  }
  EXPECT_TRUE(found());
  EXPECT_EQ(files(), 1u);
}

RC_GTEST_PROP(CacheEntryProperty, any_entry_comes_back, ()) {
  CacheEntry entry;
  entry.bytes = *rc::gen::arbitrary<std::string>();
  for (const auto& text : *rc::gen::arbitrary<std::vector<std::string>>()) {
    entry.files.push_back({text, "digest"});
    entry.lookups.push_back({text, text.size() % 2 == 0, text.empty(), {text, ""}});
    entry.said.push_back({static_cast<std::uint16_t>(text.size()), {}, text, text, {{{1, 2, 3}, text}}});
    entry.profiles.push_back({text, "enforce", 1, 2});
  }
  RC_ASSERT(unpacked(packed(entry, "k"), "k").value() == entry);
}

}  // namespace
}  // namespace bh::app
