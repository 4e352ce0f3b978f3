#include "app/policy_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <tuple>
#include <vector>

#include "base/file.h"

namespace bh::app {
namespace {

constexpr std::string_view suffix = ".policy";
/// No run takes so long between the first byte of an entry and its rename.
constexpr std::time_t abandoned_after = 3600;

/// Nobody but this user and root can have written it.
bool only_ours(const struct ::stat& info) {
  return (info.st_uid == ::geteuid() || info.st_uid == 0) && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

std::string reason_to_distrust(Os& os, const std::string& folder) {
  auto info = os.lstat(folder);
  if (!info) return {};
  if (!S_ISDIR(info->st_mode)) return fmt::format("{} is not a folder", folder);
  if (info->st_uid != ::geteuid() && info->st_uid != 0)
    return fmt::format("{} belongs to user {}", folder, info->st_uid);
  if (!only_ours(*info)) return fmt::format("others than its owner may write to {}", folder);
  return {};
}

}  // namespace

PolicyCache::PolicyCache(Os& os, std::string folder)
    : os_(os), folder_(std::move(folder)), distrust_(reason_to_distrust(os, folder_)) {}

std::string PolicyCache::path_of(const std::string& key) const {
  return fmt::format("{}/{}{}", folder_, key, suffix);
}

std::optional<CacheEntry> PolicyCache::find(const std::string& key) const {
  if (!distrust_.empty()) return std::nullopt;
  const std::string path = path_of(key);
  // Asked of the open file, so that what is read is what was looked at.
  auto fd = os_.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd) return std::nullopt;
  OpenFile file(os_, *fd);
  auto info = os_.fstat(*fd);
  if (!info || !S_ISREG(info->st_mode) || !only_ours(*info)) return std::nullopt;
  auto bytes = read_open_file(os_, *fd, path, max_entry_bytes);
  if (!bytes) return std::nullopt;
  auto entry = unpacked(*bytes, key);
  if (!entry) return std::nullopt;
  return std::move(*entry);
}

Result<void> PolicyCache::keep(const std::string& key, const CacheEntry& entry) {
  if (!distrust_.empty()) return fail("{}", distrust_);
  const std::string bytes = packed(entry, key);
  if (bytes.size() > max_entry_bytes)
    return fail("{} bytes are more than is kept of one profile", bytes.size());
  if (!os_.stat(folder_)) {
    BH_TRY_DO(make_folders(os_, folder_, 0700));
    distrust_ = reason_to_distrust(os_, folder_);
    if (!distrust_.empty()) return fail("{}", distrust_);
  }
  auto staged = StagedFile::stage(os_, path_of(key), bytes, 0600, Durable::no);
  // Another thread of this run is at the same text.
  if (!staged && staged.error().sys == EEXIST) return {};
  if (!staged) return tl::unexpected(std::move(staged.error()));
  BH_TRY_DO(staged->commit());
  if (key.starts_with("00")) prune();
  return {};
}

void PolicyCache::prune(std::size_t max_bytes) {
  auto names = os_.list(folder_);
  if (!names || !distrust_.empty()) return;
  const std::time_t now = std::time(nullptr);
  std::vector<std::tuple<std::time_t, std::string, std::size_t>> entries;
  std::size_t total = 0;
  for (const std::string& name : *names) {
    std::string path = folder_ + "/" + name;
    auto info = os_.lstat(path);
    if (!info || !S_ISREG(info->st_mode)) continue;
    const bool half_written = name.starts_with('.') && name.ends_with(".tmp");
    if (half_written && now - info->st_mtime > abandoned_after) (void)os_.unlink(path);
    if (!name.ends_with(suffix)) continue;
    const auto size = static_cast<std::size_t>(info->st_size);
    total += size;
    entries.emplace_back(info->st_mtime, std::move(path), size);
  }
  std::ranges::sort(entries);
  for (const auto& [time, path, size] : entries) {
    if (total <= max_bytes) return;
    if (os_.unlink(path)) total -= size;
  }
}

std::optional<std::string> default_cache_folder() {
  if (::geteuid() == 0) return "/var/cache/bulkhead";
  auto absolute = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr && value[0] == '/' ? value : "";
  };
  if (const std::string cache = absolute("XDG_CACHE_HOME"); !cache.empty()) return cache + "/bulkhead/policy";
  if (const std::string home = absolute("HOME"); !home.empty()) return home + "/.cache/bulkhead/policy";
  return std::nullopt;
}

}  // namespace bh::app
