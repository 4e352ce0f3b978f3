#include "audit/layers.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <map>
#include <memory>
#include <unordered_set>

#include "audit/host_fs.h"
#include "audit/proc_facts.h"
#include "docker/json.h"

namespace bh::audit {
namespace {

/// One layer, boiled down: enough to say what it adds to the layers below and what it takes away.
struct Layer {
  std::map<std::string, SetIdFile> set_id;
  std::unordered_set<std::size_t>
      paths;  ///< hashes of all paths: a later plain file replaces an earlier set-id one
  std::vector<std::string> removed;
  std::vector<std::string> opaque;
  std::string passwd;
  bool has_passwd = false;
};

struct ManifestEntry {
  std::vector<std::string> layers;
};
template <class Archive>
void fields(Archive& a, ManifestEntry& v) {
  a.required("Layers", v.layers);
}

struct Close {
  void operator()(archive* a) const { archive_read_free(a); }
};
using Reader = std::unique_ptr<archive, Close>;

/// `./usr/bin/su` -> `/usr/bin/su`
std::string clean_path(const char* raw) {
  std::string_view path = raw == nullptr ? "" : raw;
  while (path.starts_with("./") || path.starts_with("/")) path.remove_prefix(path.starts_with("./") ? 2 : 1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return "/" + std::string(path);
}

std::pair<std::string_view, std::string_view> split_name(std::string_view path) {
  auto slash = path.rfind('/');
  return {path.substr(0, slash), path.substr(slash + 1)};
}

class Scanner {
 public:
  Scanner(const NextBytes& next, const LayerLimits& limits) : next_(next), limits_(limits) {}

  Result<LayerScan> scan() {
    Reader outer = open(&Scanner::read_stream, this);
    if (!outer) return failure("the image");
    archive_entry* entry = nullptr;
    for (;;) {
      int code = archive_read_next_header(outer.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code < ARCHIVE_WARN) return failure("the image", outer.get());
      if (archive_entry_filetype(entry) != AE_IFREG) {
        note_link(entry);
        continue;
      }
      auto name = clean_path(archive_entry_pathname(entry)).substr(1);
      if (name == "manifest.json") {
        BH_TRY(manifest_, small_file(outer.get(), limits_.small_file));
      } else if (name.ends_with("/layer.tar") || name.starts_with("blobs/")) {
        if (auto read = read_layer(outer.get(), name); !read) return tl::unexpected(std::move(read.error()));
      }
      if (!error_.text.empty()) return tl::unexpected(error_);
    }
    return join();
  }

 private:
  static la_ssize_t read_stream(archive* a, void* self_pointer, const void** buffer) {
    auto& self = *static_cast<Scanner*>(self_pointer);
    auto bytes = self.next_();
    if (!bytes) {
      self.error_ = std::move(bytes.error());
      archive_set_error(a, EIO, "stream");
      return -1;
    }
    self.total_ += bytes->size();
    if (self.total_ > self.limits_.stream_bytes) {
      self.error_ = Error{
          fmt::format("the image is larger than the limit of {} bytes", self.limits_.stream_bytes), EMSGSIZE};
      archive_set_error(a, EIO, "limit");
      return -1;
    }
    *buffer = bytes->data();
    return static_cast<la_ssize_t>(bytes->size());
  }

  /// The inner tar pulls its bytes from the outer one.
  struct Inner {
    archive* outer;
    std::string piece = std::string(64u << 10, '\0');
  };
  static la_ssize_t read_inner(archive*, void* inner_pointer, const void** buffer) {
    auto& inner = *static_cast<Inner*>(inner_pointer);
    *buffer = inner.piece.data();
    return archive_read_data(inner.outer, inner.piece.data(), inner.piece.size());
  }

  static Reader open(la_ssize_t (*read)(archive*, void*, const void**), void* data) {
    Reader reader(archive_read_new());
    archive_read_support_format_tar(reader.get());
    archive_read_support_filter_gzip(reader.get());
    archive_read_support_filter_zstd(reader.get());
    if (archive_read_open(reader.get(), data, nullptr, read, nullptr) != ARCHIVE_OK) return nullptr;
    return reader;
  }

  tl::unexpected<Error> failure(std::string_view what, archive* a = nullptr) {
    if (!error_.text.empty()) return tl::unexpected(error_);
    const char* text = a == nullptr ? nullptr : archive_error_string(a);
    return fail("{} is not a tar stream: {}", what, text == nullptr ? "unreadable" : text);
  }

  static Result<std::string> small_file(archive* a, std::size_t limit) {
    std::string text;
    char piece[8192];
    for (;;) {
      auto got = archive_read_data(a, piece, sizeof piece);
      if (got < 0) return fail("a file in the image cannot be read");
      if (got == 0) return text;
      if (text.size() + static_cast<std::size_t>(got) > limit)
        return fail("a file in the image is larger than {} bytes", limit);
      text.append(piece, static_cast<std::size_t>(got));
    }
  }

  /// `docker save` writes a layer that two images share once, and a link for the second.
  void note_link(archive_entry* entry) {
    const char* target = archive_entry_symlink(entry) != nullptr ? archive_entry_symlink(entry)
                                                                 : archive_entry_hardlink(entry);
    if (target == nullptr) return;
    auto name = clean_path(archive_entry_pathname(entry)).substr(1);
    auto [folder, _] = split_name(name);
    std::string_view path = target;
    std::string resolved(folder);
    while (path.starts_with("../")) {
      path.remove_prefix(3);
      resolved.resize(resolved.rfind('/') == std::string::npos ? 0 : resolved.rfind('/'));
    }
    links_[name] = resolved.empty() ? std::string(path) : resolved + "/" + std::string(path);
  }

  Result<void> read_layer(archive* outer, const std::string& name) {
    Inner inner{.outer = outer};
    Reader reader = open(&Scanner::read_inner, &inner);
    if (!reader) return {};  // a blob that is no tar: the configuration, or a manifest
    Layer layer;
    archive_entry* entry = nullptr;
    for (bool first = true;; first = false) {
      int code = archive_read_next_header(reader.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code < ARCHIVE_WARN) {
        if (!error_.text.empty()) return tl::unexpected(error_);
        if (first && name.starts_with("blobs/")) return {};
        return failure("layer " + name, reader.get());
      }
      if (++entries_ > limits_.entries) return fail("the image has more than {} files", limits_.entries);
      BH_TRY_DO(note_entry(reader.get(), entry, layer));
      if (kept_ > limits_.kept)
        return fail("the image has more than {} set-id files and whiteouts", limits_.kept);
    }
    layers_[name] = std::move(layer);
    return {};
  }

  Result<void> note_entry(archive* reader, archive_entry* entry, Layer& layer) {
    auto path = clean_path(archive_entry_pathname(entry));
    auto [folder, name] = split_name(path);
    if (name == ".wh..wh..opq") {
      layer.opaque.emplace_back(folder);
      ++kept_;
      return {};
    }
    if (name.starts_with(".wh.")) {
      layer.removed.push_back(fmt::format("{}/{}", folder, name.substr(4)));
      ++kept_;
      return {};
    }
    layer.paths.insert(std::hash<std::string>{}(path));
    auto mode = static_cast<std::uint32_t>(archive_entry_perm(entry));
    bool regular = archive_entry_filetype(entry) == AE_IFREG;
    bool capabilities = false;
    archive_entry_xattr_reset(entry);
    const char* key = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    while (archive_entry_xattr_next(entry, &key, &value, &size) == ARCHIVE_OK)
      if (key != nullptr && std::string_view(key) == "security.capability") capabilities = true;
    if (regular && ((mode & 06000) != 0 || capabilities)) {
      layer.set_id[path] = {path, mode, capabilities};
      ++kept_;
    }
    if (regular && path == "/etc/passwd") {
      BH_TRY(layer.passwd, small_file(reader, limits_.small_file));
      layer.has_passwd = true;
    }
    return {};
  }

  Result<LayerScan> join() {
    if (manifest_.empty()) return fail("the image's stream has no manifest.json");
    BH_TRY(auto json, docker::parse_json(manifest_));
    std::vector<ManifestEntry> manifest;
    BH_TRY_DO(docker::Reader::read(json, manifest));
    if (manifest.empty()) return fail("the image's manifest.json names no image");
    std::map<std::string, SetIdFile> result;
    std::string passwd;
    for (const auto& name : manifest.front().layers) {
      auto found = layers_.find(name);
      for (int hops = 0; found == layers_.end() && hops < 4; ++hops) {
        auto link = links_.find(name);
        if (link == links_.end()) break;
        found = layers_.find(link->second);
      }
      if (found == layers_.end()) return fail("layer {} is in the manifest and not in the stream", name);
      const auto& layer = found->second;
      std::erase_if(result, [&](const auto& item) {
        return layer.paths.contains(std::hash<std::string>{}(item.first)) ||
               std::ranges::any_of(layer.removed,
                                   [&](const auto& gone) { return is_below(item.first, gone); }) ||
               std::ranges::any_of(layer.opaque, [&](const auto& folder) {
                 return is_below(item.first, folder.empty() ? "/" : folder);
               });
      });
      for (const auto& [path, file] : layer.set_id) result[path] = file;
      if (layer.has_passwd) passwd = layer.passwd;
    }
    LayerScan scan;
    for (auto& [path, file] : result) scan.set_id.push_back(std::move(file));
    for (auto line : lines(passwd))
      if (auto account = parse_account_line(line)) scan.accounts.push_back(std::move(account->first));
    return scan;
  }

  const NextBytes& next_;
  const LayerLimits& limits_;
  Error error_;
  std::uint64_t total_ = 0;
  std::uint64_t entries_ = 0;
  std::size_t kept_ = 0;
  std::string manifest_;
  std::map<std::string, Layer> layers_;
  std::map<std::string, std::string> links_;
};

}  // namespace

Result<LayerScan> scan_layers(const NextBytes& next, const LayerLimits& limits) {
  return Scanner(next, limits).scan();
}

}  // namespace bh::audit
