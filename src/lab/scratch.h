// A folder for what a lab session needs while it runs; it goes with the session.
#pragma once

#include <string>

#include "base/result.h"

namespace bh::lab {

class ScratchFolder {
 public:
  /// A new one under TMPDIR or /tmp, for us alone.
  [[nodiscard]] static Result<ScratchFolder> make();
  /// Takes away the folder and everything in it.
  ~ScratchFolder();
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::move(other.path_)) { other.path_.clear(); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit ScratchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace bh::lab
