// For tests and the fuzzer: a file system of a few texts in memory. Folders exist where a file's path names
// them.
#pragma once

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/os.h"

namespace bh::policy {

class FakeOs : public Os {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> unreadable;  ///< EACCES when opened
  int opened = 0;                    ///< calls of open()

  Result<int> open(const std::string& path, int, mode_t) override {
    ++opened;
    if (unreadable.contains(path)) return fail_errno(EACCES, path);
    auto file = files.find(path);
    if (file == files.end()) return fail_errno(is_folder(path) ? EISDIR : ENOENT, path);
    open_.push_back({&file->second, 0});
    return static_cast<int>(open_.size()) - 1;
  }
  Result<std::size_t> read(int fd, std::span<char> into) override {
    auto& [text, at] = open_[static_cast<std::size_t>(fd)];
    std::size_t n = std::min(into.size(), text->size() - at);
    std::copy_n(text->data() + at, n, into.data());
    at += n;
    return n;
  }
  void close(int) override {}
  Result<struct ::stat> stat(const std::string& path) override {
    struct ::stat out = {};
    if (files.contains(path)) {
      out.st_mode = S_IFREG | 0644;
    } else if (is_folder(path)) {
      out.st_mode = S_IFDIR | 0755;
    } else {
      return fail_errno(ENOENT, path);
    }
    return out;
  }
  Result<std::vector<std::string>> list(const std::string& path) override {
    std::set<std::string> names;
    std::string folder = path.ends_with('/') ? path : path + "/";
    for (const auto& [name, text] : files)
      if (name.starts_with(folder))
        names.insert(name.substr(folder.size(), name.find('/', folder.size()) - folder.size()));
    return std::vector<std::string>(names.begin(), names.end());
  }

 private:
  struct Open {
    const std::string* text;
    std::size_t at;
  };
  [[nodiscard]] bool is_folder(const std::string& path) const {
    std::string folder = path.ends_with('/') ? path : path + "/";
    return std::ranges::any_of(files, [&](const auto& file) { return file.first.starts_with(folder); });
  }
  std::vector<Open> open_;
};

}  // namespace bh::policy
