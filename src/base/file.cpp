#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace bh {
namespace {

Result<void> write_all(Os& os, int fd, std::string_view bytes, Durable durable = Durable::yes) {
  while (!bytes.empty()) {
    BH_TRY(std::size_t n, os.write(fd, bytes));
    if (n == 0) return fail_errno(ENOSPC, "write");
    bytes.remove_prefix(n);
  }
  if (durable == Durable::no) return {};
  return os.fsync(fd);
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> read_file(Os& os, const std::string& path, std::size_t limit) {
  BH_TRY(int fd, os.open(path, O_RDONLY));
  OpenFile file(os, fd);
  return read_open_file(os, fd, path, limit);
}

Result<std::string> read_open_file(Os& os, int fd, const std::string& path, std::size_t limit) {
  std::string bytes;
  // Most files are small, and a page that nothing was read into costs as much as one that was used.
  std::string chunk(4u << 10, '\0');
  for (;;) {
    auto n = os.read(fd, chunk);
    if (!n) return fail_errno(n.error().sys, path);
    if (*n == 0) return bytes;
    if (bytes.size() + *n > limit)
      return tl::unexpected(Error{fmt::format("{}: larger than the limit of {} bytes", path, limit), EFBIG});
    bytes.append(chunk, 0, *n);
    if (*n == chunk.size() && chunk.size() < (1u << 20)) chunk.resize(chunk.size() * 4);
  }
}

Result<void> make_folders(Os& os, const std::string& folder, mode_t mode) {
  for (std::size_t end = 0; end != std::string::npos && !os.stat(folder);) {
    end = folder.find('/', end + 1);
    std::string part = folder.substr(0, end);
    if (os.stat(part)) continue;
    if (auto made = os.mkdir(part, mode); !made && made.error().sys != EEXIST)
      return tl::unexpected(std::move(made.error()).in("cannot make folder"));
  }
  return {};
}

Result<StagedFile> StagedFile::stage(Os& os, const std::string& path, std::string_view bytes, mode_t mode,
                                     Durable durable) {
  auto slash = path.rfind('/');
  std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  StagedFile staged(os, path, fmt::format("{}/.{}.{}.tmp", folder_of(path), name, ::getpid()), durable);
  auto fd = os.open(staged.temporary_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
  if (!fd) {
    staged.temporary_.clear();  // not ours to take away
    return tl::unexpected(std::move(fd.error()));
  }
  Result<void> written;
  {
    OpenFile file(os, *fd);
    written = write_all(os, *fd, bytes, durable);
  }
  if (!written) return tl::unexpected(std::move(written.error()).in(fmt::format("cannot write {}", path)));
  return staged;
}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) (void)os_.unlink(temporary_);
}

Result<void> StagedFile::commit() {
  if (auto renamed = os_.rename(temporary_, path_); !renamed)
    return tl::unexpected(std::move(renamed.error()).in(fmt::format("cannot write {}", path_)));
  temporary_.clear();
  in_place_ = true;
  if (durable_ == Durable::no) return {};
  BH_TRY(int folder, os_.open(folder_of(path_), O_RDONLY | O_DIRECTORY));
  OpenFile opened(os_, folder);
  return os_.fsync(folder);
}

Result<void> write_file_atomic(Os& os, const std::string& path, std::string_view bytes, mode_t mode) {
  // A device or a pipe is written to: a file renamed over /dev/null would be the end of it for everybody.
  if (auto info = os.stat(path); info && !S_ISREG(info->st_mode) && !S_ISDIR(info->st_mode)) {
    BH_TRY(int fd, os.open(path, O_WRONLY));
    OpenFile file(os, fd);
    auto written = write_all(os, fd, bytes);
    if (!written && written.error().sys == EINVAL) return {};  // written, and there is nothing to sync
    if (!written) return tl::unexpected(std::move(written.error()).in(fmt::format("cannot write {}", path)));
    return {};
  }
  BH_TRY(StagedFile staged, StagedFile::stage(os, path, bytes, mode));
  return staged.commit();
}

}  // namespace bh
