#include "lab/scratch.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>

namespace bh::lab {

Result<ScratchFolder> ScratchFolder::make() {
  const char* base = ::getenv("TMPDIR");
  std::string path = fmt::format("{}/bulkhead-lab.XXXXXX", base != nullptr && *base != '\0' ? base : "/tmp");
  if (::mkdtemp(path.data()) == nullptr) return fail_errno(errno, path);
  return ScratchFolder(std::move(path));
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace bh::lab
