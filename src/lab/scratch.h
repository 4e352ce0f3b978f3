// A folder for what is needed only while something is made or run; it goes with that.
#pragma once

#include <string>

#include "base/result.h"

namespace bh::lab {

class ScratchFolder {
 public:
  /// A new one under TMPDIR or /tmp, for us alone.
  [[nodiscard]] static Result<ScratchFolder> make();
  /// A hidden one in `folder`, which is made if it is not there: what comes to be in it is then moved to its
  /// place by rename.
  [[nodiscard]] static Result<ScratchFolder> make_in(const std::string& folder);
  /// Takes away the folder and everything in it.
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static Result<ScratchFolder> make_as(std::string pattern);
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace bh::lab
