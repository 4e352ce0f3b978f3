// The audited host's files, below a root: "" for this host, or the folder where a host (or a test) is
// mounted. Symlinks are resolved inside that root, never out of it, and at most 40 of them (as
// path_resolution(7) has it).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/os.h"

namespace bh::audit {

class HostFs {
 public:
  explicit HostFs(Os& os, std::string root = "") : os_(os), root_(std::move(root)) {}

  /// The absolute path without symlinks, `.` and `..`; what does not exist is kept as it is written.
  [[nodiscard]] std::string canonical(std::string_view path) const;

  // All of them follow symlinks below the root.
  [[nodiscard]] Result<std::string> read(std::string_view path, std::size_t limit = 1u << 20) const;
  [[nodiscard]] Result<struct ::stat> stat(std::string_view path) const;
  [[nodiscard]] Result<std::vector<std::string>> list(std::string_view path) const;
  [[nodiscard]] Result<std::string> getxattr(std::string_view path, const std::string& name) const;
  /// The target of one link as the kernel tells it (for /proc/PID/exe and namespaces, which are no paths).
  [[nodiscard]] Result<std::string> readlink(std::string_view path) const;
  [[nodiscard]] bool exists(std::string_view path) const { return stat(path).has_value(); }

 private:
  [[nodiscard]] std::string real(std::string_view path) const;

  Os& os_;
  std::string root_;
};

/// Blank-separated words; lines without their newline. Views into `text`.
[[nodiscard]] std::vector<std::string_view> words(std::string_view text);
[[nodiscard]] std::vector<std::string_view> lines(std::string_view text);
[[nodiscard]] std::string_view trim(std::string_view text);

/// `path` is `folder` or below it (both canonical).
[[nodiscard]] bool is_below(std::string_view path, std::string_view folder);

}  // namespace bh::audit
