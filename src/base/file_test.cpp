#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/spawn.h"

namespace bh {
namespace {

/// An Os on which one kind of call fails.
class FaultyOs : public Os {
 public:
  bool full = false;
  bool no_rename = false;
  Result<std::size_t> write(int fd, std::string_view bytes) override {
    if (full) return fail_errno(ENOSPC, "write");
    return Os::write(fd, bytes.substr(0, 3));  // short writes are legal
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (no_rename) return fail_errno(EACCES, to);
    return Os::rename(from, to);
  }
};

class FileTest : public testing::Test {
 protected:
  FileTest() : folder_(testing::TempDir() + "bh_file_test." + std::to_string(::getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~FileTest() override { std::filesystem::remove_all(folder_); }
  std::string path(const char* name) { return folder_ + "/" + name; }
  std::string folder_;
};

TEST_F(FileTest, writes_whole_through_short_writes) {
  FaultyOs os;
  ASSERT_TRUE(write_file_atomic(os, path("a"), "hello world"));
  EXPECT_EQ(read_file(os, path("a")).value(), "hello world");
}

TEST_F(FileTest, a_full_disk_leaves_the_old_bytes_and_no_litter) {
  FaultyOs os;
  ASSERT_TRUE(write_file_atomic(os, path("a"), "old"));
  os.full = true;
  auto outcome = write_file_atomic(os, path("a"), "new");
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().sys, ENOSPC);
  EXPECT_EQ(read_file(os, path("a")).value(), "old");
  EXPECT_EQ(os.list(folder_)->size(), 1u);
}

TEST_F(FileTest, a_staged_file_counts_only_when_committed) {
  FaultyOs os;
  {
    auto staged = StagedFile::stage(os, path("a"), "text");
    ASSERT_TRUE(staged);
    EXPECT_EQ(read_file(os, staged->temporary()).value(), "text");
    EXPECT_FALSE(os.stat(path("a")));
  }
  EXPECT_TRUE(os.list(folder_)->empty());
  auto staged = StagedFile::stage(os, path("a"), "text");
  ASSERT_TRUE(staged->commit());
  EXPECT_EQ(os.list(folder_)->size(), 1u);
}

TEST_F(FileTest, a_refused_rename_leaves_no_litter) {
  FaultyOs os;
  os.no_rename = true;
  ASSERT_FALSE(write_file_atomic(os, path("a"), "new"));
  EXPECT_TRUE(os.list(folder_)->empty());
}

TEST_F(FileTest, writes_into_what_is_no_file_and_does_not_replace_it) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  int reader = ::open(path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  FaultyOs os;
  ASSERT_TRUE(write_file_atomic(os, path("pipe"), "0123456789"));
  char got[32] = {};
  EXPECT_EQ(::read(reader, got, sizeof got), 10);
  EXPECT_STREQ(got, "0123456789");
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(path("pipe")));
}

TEST_F(FileTest, refuses_what_is_too_large_or_a_folder) {
  Os os;
  ASSERT_TRUE(write_file_atomic(os, path("a"), std::string(1000, 'x')));
  EXPECT_EQ(read_file(os, path("a"), 999).error().sys, EFBIG);
  EXPECT_EQ(read_file(os, folder_).error().sys, EISDIR);
}

TEST(Spawn, keeps_output_and_exit_code) {
  auto outcome = spawn({"sh", "-c", "echo out; echo err >&2; exit 3"});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 3);
  EXPECT_EQ(outcome->out, "out\n");
  EXPECT_EQ(outcome->err, "err\n");
}

TEST(Spawn, says_when_there_is_no_such_program) {
  EXPECT_EQ(spawn({"bulkhead-no-such-program"}).error().sys, ENOENT);
}

TEST(Spawn, ends_what_hangs) {
  auto outcome = spawn({"sleep", "60"}, {.timeout = std::chrono::milliseconds(100)});
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->timed_out);
}

}  // namespace
}  // namespace bh
