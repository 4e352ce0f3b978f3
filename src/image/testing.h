// Tar streams for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::image::testing {

struct TarEntry {
  std::string name;
  unsigned mode = 0644;
  std::string content;
  char kind = 'f';  ///< f: file, d: folder, l: link to `content`, h: hard link to `content`
};

inline std::string make_tar(const std::vector<TarEntry>& entries) {
  std::string out(1 << 20, '\0');
  std::size_t used = 0;
  auto* a = archive_write_new();
  archive_write_set_format_pax_restricted(a);
  archive_write_open_memory(a, out.data(), out.size(), &used);
  for (const auto& entry : entries) {
    auto* e = archive_entry_new();
    archive_entry_set_pathname(e, entry.name.c_str());
    archive_entry_set_filetype(e, entry.kind == 'd' ? AE_IFDIR : entry.kind == 'l' ? AE_IFLNK : AE_IFREG);
    archive_entry_set_perm(e, static_cast<mode_t>(entry.mode));
    if (entry.kind == 'l') archive_entry_set_symlink(e, entry.content.c_str());
    if (entry.kind == 'h') archive_entry_set_hardlink(e, entry.content.c_str());
    if (entry.kind == 'f') archive_entry_set_size(e, static_cast<la_int64_t>(entry.content.size()));
    archive_write_header(a, e);
    if (entry.kind == 'f') archive_write_data(a, entry.content.data(), entry.content.size());
    archive_entry_free(e);
  }
  archive_write_close(a);
  archive_write_free(a);
  out.resize(used);
  return out;
}

/// What `docker save` gives: the layers, and the manifest that names them in this order.
inline std::string make_saved(const std::vector<std::string>& layers) {
  std::vector<TarEntry> entries;
  std::string names;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    std::string name = std::to_string(i) + "/layer.tar";
    names += (i == 0 ? "\"" : ",\"") + name + "\"";
    entries.push_back({name, 0644, layers[i]});
  }
  entries.push_back({"manifest.json", 0644, "[{\"Layers\": [" + names + "]}]"});
  return make_tar(entries);
}

/// The stream in small pieces.
class Pieces {
 public:
  explicit Pieces(std::string_view stream) : stream_(stream) {}
  Result<std::string_view> operator()() {
    auto piece = stream_.substr(0, 1000);
    stream_.remove_prefix(piece.size());
    return piece;
  }

 private:
  std::string_view stream_;
};

}  // namespace bh::image::testing
