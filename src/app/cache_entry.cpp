#include "app/cache_entry.h"

#include <xxhash.h>

namespace bh::app {
namespace {

constexpr std::string_view head = "bulkhead cache 1\n";
constexpr std::size_t checksum_size = 8;

void put(std::string& out, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

std::string checksum(std::string_view bytes) {
  std::string out;
  put(out, XXH3_64bits(bytes.data(), bytes.size()), static_cast<int>(checksum_size));
  return out;
}

class Packer {
 public:
  explicit Packer(std::string& out) : out_(out) {}

  void number(std::uint32_t value) { put(out_, value, 4); }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  void span(const KeptSpan& span) {
    number(span.file);
    number(span.begin);
    number(span.end);
  }
  template <class T, class Each>
  void list(const std::vector<T>& items, const Each& each) {
    number(static_cast<std::uint32_t>(items.size()));
    for (const T& item : items) each(item);
  }

 private:
  std::string& out_;
};

/// Past the end everything is empty, and failed().
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  std::uint32_t number() {
    if (rest_.size() < 4) return fail();
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i)
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(rest_[i])) << (8 * i);
    rest_.remove_prefix(4);
    return value;
  }
  std::string text() {
    std::size_t size = number();
    if (size > rest_.size()) size = fail();
    std::string out(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return out;
  }
  KeptSpan span() {
    KeptSpan out;
    out.file = number();
    out.begin = number();
    out.end = number();
    return out;
  }
  /// An item takes 4 bytes at least, so no count can ask for more memory than the file has bytes for.
  template <class T, class Each>
  void list(std::vector<T>& items, const Each& each) {
    std::size_t count = number();
    if (count > rest_.size() / 4) count = fail();
    items.reserve(count);
    for (std::size_t i = 0; i < count && !failed_; ++i) items.push_back(each());
  }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::uint32_t fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
};

KeptDiagnostic diagnostic(Unpacker& from) {
  KeptDiagnostic out;
  out.number = static_cast<std::uint16_t>(from.number());
  out.span = from.span();
  out.message = from.text();
  out.help = from.text();
  from.list(out.labels, [&] {
    const KeptSpan span = from.span();
    return std::pair(span, from.text());
  });
  return out;
}

}  // namespace

std::string sealed(std::string_view body) {
  std::string out = std::string(head) + checksum(body);
  out += body;
  return out;
}

std::string packed(const CacheEntry& entry, std::string_view key) {
  std::string body;
  body.reserve(entry.bytes.size() + 8192);
  Packer pack(body);
  pack.text(key);
  pack.list(entry.lookups, [&](const policy::LookedUp& lookup) {
    pack.text(lookup.path);
    pack.number((lookup.magic ? 1u : 0u) | (lookup.missing ? 2u : 0u));
    pack.list(lookup.files, [&](const std::string& path) { pack.text(path); });
  });
  pack.list(entry.files, [&](const CacheEntry::File& file) {
    pack.text(file.path);
    pack.text(file.sha256);
  });
  pack.list(entry.said, [&](const KeptDiagnostic& said) {
    pack.number(said.number);
    pack.span(said.span);
    pack.text(said.message);
    pack.text(said.help);
    pack.list(said.labels, [&](const auto& label) {
      pack.span(label.first);
      pack.text(label.second);
    });
  });
  pack.list(entry.profiles, [&](const CompiledEntry& profile) {
    pack.text(profile.name);
    pack.text(profile.mode);
    pack.number(profile.file_states);
    pack.number(profile.policy_states);
  });
  pack.text(entry.bytes);
  return sealed(body);
}

Result<CacheEntry> unpacked(std::string_view bytes, std::string_view key) {
  if (!bytes.starts_with(head) || bytes.size() < head.size() + checksum_size)
    return fail("not a cache entry of this form");
  const std::string_view body = bytes.substr(head.size() + checksum_size);
  if (bytes.substr(head.size(), checksum_size) != checksum(body)) return fail("its checksum is wrong");
  Unpacker from(body);
  if (from.text() != key) return fail("it is another key's");
  CacheEntry entry;
  from.list(entry.lookups, [&] {
    policy::LookedUp lookup;
    lookup.path = from.text();
    const std::uint32_t bits = from.number();
    lookup.magic = (bits & 1) != 0;
    lookup.missing = (bits & 2) != 0;
    from.list(lookup.files, [&] { return from.text(); });
    return lookup;
  });
  from.list(entry.files, [&] {
    CacheEntry::File file;
    file.path = from.text();
    file.sha256 = from.text();
    return file;
  });
  from.list(entry.said, [&] { return diagnostic(from); });
  from.list(entry.profiles, [&] {
    CompiledEntry profile;
    profile.name = from.text();
    profile.mode = from.text();
    profile.file_states = from.number();
    profile.policy_states = from.number();
    return profile;
  });
  entry.bytes = from.text();
  if (from.failed() || !from.at_end()) return fail("it is not well formed");
  return entry;
}

}  // namespace bh::app
