// The guest's root file system, put together in memory and written as a cpio archive that the kernel unpacks
// at boot.
//
// The one idea: a sorted map from guest path to what stands there; nothing is copied to a folder first, no
// root rights are needed, and the same input gives the same order. The root is merged (/bin is usr/bin), as
// on every current distribution, so a host path under /bin, /sbin or /lib* is placed under /usr. The archive
// is not compressed: an emulated processor unpacks slower than QEMU loads.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/os.h"

namespace bh::lab {

class Initramfs {
 public:
  /// Starts with the folders and links of a merged root.
  explicit Initramfs(Os& os);

  /// The accounts root, daemon, www-data and nobody, and names of hosts.
  void add_accounts();

  void add_bytes(const std::string& guest, std::string bytes, unsigned mode);
  void add_folder(const std::string& guest, unsigned mode = 0755);
  void add_link(const std::string& guest, const std::string& target);
  /// A file, or a folder with all that is in it, of the host or of the unpacked system at `root`. Symlinks
  /// stay symlinks, and what they point to comes along; with `guest` the content goes there instead. An ELF
  /// program brings its loader and libraries. Errors: as stat, above the limits (50,000 files, 1 GiB).
  [[nodiscard]] Result<void> add(const std::string& path, const std::string& guest = {},
                                 const std::string& root = {});
  [[nodiscard]] bool has(const std::string& guest) const;

  /// newc cpio to `path`.
  [[nodiscard]] Result<void> write(const std::string& path) const;

 private:
  struct Entry {
    enum class Kind : std::uint8_t { folder, link, bytes, host_file };
    Kind kind = Kind::folder;
    unsigned mode = 0755;
    std::string text;  ///< link: target; bytes: the content; host_file: where it lies
    std::uint64_t size = 0;
  };

  /// Where something lies: `path` as the system at `root` sees it.
  struct Source {
    const std::string& root;
    std::string path;
    [[nodiscard]] std::string on_host() const { return root + path; }
  };

  [[nodiscard]] Result<void> add_file(const Source& from, const std::string& guest, int depth);
  [[nodiscard]] Result<void> add_tree(const Source& from, const std::string& guest, int depth);
  [[nodiscard]] Result<void> add_libraries(const Source& program, int depth);
  [[nodiscard]] Result<void> place(const std::string& guest, Entry entry);
  void add_parents(const std::string& guest);

  Os& os_;
  std::map<std::string, Entry> entries_;  ///< by guest path, absolute, merged, without a slash at the end
  std::uint64_t bytes_ = 0;
};

/// `/bin/x` -> `/usr/bin/x`, likewise /sbin, /lib, /lib32, /lib64, /libx32; `//`, `.` and `..` taken out.
[[nodiscard]] std::string merged_path(std::string_view path);

}  // namespace bh::lab
