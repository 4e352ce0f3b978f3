// Runs another program: an argument vector, never a shell; bounded output, bounded time.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"

namespace bh {

struct SpawnOptions {
  std::string working_directory;              ///< empty: ours
  std::chrono::milliseconds timeout{60'000};  ///< the child and its group are killed after it
  std::size_t output_limit = 16u << 20;       ///< bytes kept of each stream; more is read and dropped
};

struct SpawnOutcome {
  int exit_code = 0;  ///< 128 + N where signal N ended it
  bool timed_out = false;
  std::string out;
  std::string err;
};

/// `argv[0]` is looked up in PATH. stdin is /dev/null.
/// Errors: only that the program could not be started (ENOENT: not installed); a failing program is an
/// outcome.
[[nodiscard]] Result<SpawnOutcome> spawn(const std::vector<std::string>& argv,
                                         const SpawnOptions& options = {});

}  // namespace bh
