// Compiled policy kept between runs: one file per key in a folder of our own.
//
// The one idea: the cache may always say no. An entry that is absent, torn, altered, somebody else's or in a
// folder that others may write to is a miss, and what cannot be written is not kept; a compile never fails
// for it. Entries come whole by rename, so runs at the same time need no lock. No time stamp decides whether
// an entry is good, only which go first when there are too many.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "app/cache_entry.h"
#include "base/os.h"

namespace bh::app {

class PolicyCache {
 public:
  /// `folder` is made when something is first kept.
  PolicyCache(Os& os, std::string folder);

  /// Why the folder is not trusted, as a sentence; empty: it is, or it is not there yet.
  [[nodiscard]] const std::string& distrust() const { return distrust_; }

  [[nodiscard]] std::optional<CacheEntry> find(const std::string& key) const;

  /// Errors: it cannot be written; then nothing of it is left. Every 256th entry on average also prunes.
  [[nodiscard]] Result<void> keep(const std::string& key, const CacheEntry& entry);

  /// Takes the oldest files away until those left take at most `max_bytes`, and what a run that was killed
  /// left half written.
  void prune(std::size_t max_bytes = default_max_bytes);

  static constexpr std::size_t default_max_bytes = std::size_t{256} << 20;
  static constexpr std::size_t max_entry_bytes = std::size_t{64} << 20;

 private:
  [[nodiscard]] std::string path_of(const std::string& key) const;

  Os& os_;
  std::string folder_;
  std::string distrust_;
};

/// /var/cache/bulkhead for root; bulkhead/policy in $XDG_CACHE_HOME or ~/.cache for others. None: no home.
[[nodiscard]] std::optional<std::string> default_cache_folder();

}  // namespace bh::app
