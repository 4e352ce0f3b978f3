#include "image/layers.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <set>

#include "docker/json.h"

namespace bh::image {
namespace {

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

Result<std::string> read_some(archive* a, std::size_t most) {
  std::string text;
  char piece[8192];
  while (text.size() < most) {
    auto got = archive_read_data(a, piece, std::min(sizeof piece, most - text.size()));
    if (got < 0) return fail("a file in the image cannot be read");
    if (got == 0) break;
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}

bool has_capabilities(archive_entry* entry) {
  archive_entry_xattr_reset(entry);
  const char* key = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  while (archive_entry_xattr_next(entry, &key, &value, &size) == ARCHIVE_OK)
    if (key != nullptr && std::string_view(key) == "security.capability") return true;
  return false;
}

LayerEntry describe(archive* reader, archive_entry* entry) {
  LayerEntry described;
  described.path = clean_path(archive_entry_pathname(entry));
  described.mode = static_cast<std::uint32_t>(archive_entry_perm(entry));
  if (const char* target = archive_entry_hardlink(entry)) {
    described.kind = LayerEntry::Kind::hard_link;
    described.target = clean_path(target);
  } else if (archive_entry_filetype(entry) == AE_IFLNK) {
    described.kind = LayerEntry::Kind::link;
    if (const char* link = archive_entry_symlink(entry)) described.target = link;
  } else if (archive_entry_filetype(entry) == AE_IFDIR) {
    described.kind = LayerEntry::Kind::folder;
  } else if (archive_entry_filetype(entry) == AE_IFREG) {
    described.kind = LayerEntry::Kind::file;
  }
  described.capabilities = has_capabilities(entry);
  described.head = [reader](std::size_t most) { return read_some(reader, most); };
  return described;
}

class Stream {
 public:
  Stream(const NextBytes& next, const LayerLimits& limits, const OnEntry& on_entry)
      : next_(next), limits_(limits), on_entry_(on_entry) {}

  Result<std::vector<std::string>> read() {
    Reader outer = open(&Stream::read_stream, this);
    if (!outer) return failure("the image");
    archive_entry* entry = nullptr;
    for (;;) {
      int code = archive_read_next_header(outer.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code < ARCHIVE_WARN) return failure("the image", outer.get());
      if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) != nullptr) {
        note_link(entry);
        continue;
      }
      auto name = clean_path(archive_entry_pathname(entry)).substr(1);
      if (name == "manifest.json") {
        BH_TRY(manifest_, read_some(outer.get(), limits_.manifest + 1));
        if (manifest_.size() > limits_.manifest)
          return fail("the image's manifest.json is larger than {} bytes", limits_.manifest);
      } else if (name.ends_with("/layer.tar") || name.starts_with("blobs/")) {
        BH_TRY_DO(read_layer(outer.get(), name));
      }
      if (!error_.text.empty()) return tl::unexpected(error_);
    }
    return order();
  }

 private:
  static la_ssize_t read_stream(archive* a, void* self_pointer, const void** buffer) {
    auto& self = *static_cast<Stream*>(self_pointer);
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
    Reader reader = open(&Stream::read_inner, &inner);
    if (!reader) return {};  // a blob that is no tar: the configuration, or a manifest
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
      BH_TRY_DO(on_entry_(name, describe(reader.get(), entry)));
    }
    layers_.insert(name);
    return {};
  }

  Result<std::vector<std::string>> order() {
    if (manifest_.empty()) return fail("the image's stream has no manifest.json");
    BH_TRY(auto json, docker::parse_json(manifest_));
    std::vector<ManifestEntry> manifest;
    BH_TRY_DO(docker::Reader::read(json, manifest));
    if (manifest.empty()) return fail("the image's manifest.json names no image");
    std::vector<std::string> names;
    for (const auto& written : manifest.front().layers) {
      std::string name = written;
      for (int hops = 0; !layers_.contains(name) && hops < 4; ++hops) {
        auto link = links_.find(name);
        if (link == links_.end()) break;
        name = link->second;
      }
      if (!layers_.contains(name)) return fail("layer {} is in the manifest and not in the stream", written);
      names.push_back(std::move(name));
    }
    return names;
  }

  const NextBytes& next_;
  const LayerLimits& limits_;
  const OnEntry& on_entry_;
  Error error_;
  std::uint64_t total_ = 0;
  std::uint64_t entries_ = 0;
  std::string manifest_;
  std::set<std::string> layers_;
  std::map<std::string, std::string> links_;
};

}  // namespace

Result<std::vector<std::string>> read_layers(const NextBytes& next, const LayerLimits& limits,
                                             const OnEntry& on_entry) {
  return Stream(next, limits, on_entry).read();
}

std::optional<Whiteout> whiteout(std::string_view path) {
  auto [folder, name] = split_name(path);
  if (name == ".wh..wh..opq") return Whiteout{folder.empty() ? "/" : std::string(folder), true};
  if (name.starts_with(".wh.")) return Whiteout{fmt::format("{}/{}", folder, name.substr(4)), false};
  return std::nullopt;
}

}  // namespace bh::image
