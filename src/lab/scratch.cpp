#include "lab/scratch.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"

namespace bh::lab {

Result<ScratchFolder> ScratchFolder::make() {
  const char* base = ::getenv("TMPDIR");
  return make_as(fmt::format("{}/bulkhead-lab.XXXXXX", base != nullptr && *base != '\0' ? base : "/tmp"));
}

Result<ScratchFolder> ScratchFolder::make_in(const std::string& folder) {
  BH_TRY_DO(make_folders(Os::real(), folder));
  return make_as(folder + "/.XXXXXX");
}

Result<ScratchFolder> ScratchFolder::make_as(std::string pattern) {
  if (::mkdtemp(pattern.data()) == nullptr) return fail_errno(errno, pattern);
  return ScratchFolder(std::move(pattern));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace bh::lab
