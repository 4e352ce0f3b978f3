// Where a run's CPU time goes, pass by pass.
//
// The one idea: a thread is in one pass at a time. A PassTimer says which, and gives the time back to the
// pass around it when it ends; so the figures add up to the whole and nothing is counted twice. A thread that
// records nowhere pays one comparison for a timer.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace bh {

// name, what users read
#define BH_PASSES(X)                              \
  X(other, "everything else")                     \
  X(features, "features")                         \
  X(cache, "cache: look up, compare, keep")       \
  X(read, "read files")                           \
  X(parse, "lex and parse")                       \
  X(resolve, "includes, variables, conditionals") \
  X(rules, "rules to expressions, permissions")   \
  X(determinise, "expressions to automata")       \
  X(minimise, "minimise")                         \
  X(encode, "tables and bytes")

enum class Pass : std::uint8_t {
#define BH_PASS(name, words) name,
  BH_PASSES(BH_PASS)
#undef BH_PASS
};

struct PassInfo {
  std::string_view name, words;
};
inline constexpr PassInfo pass_infos[] = {
#define BH_PASS(name, words) {#name, words},
    BH_PASSES(BH_PASS)
#undef BH_PASS
};

/// The sums of any number of threads.
class PassTimes {
 public:
  struct Figures {
    std::uint64_t nanoseconds = 0;  ///< of CPU
    std::uint64_t times = 0;        ///< entered
  };
  [[nodiscard]] Figures of(Pass pass) const {
    const Sum& sum = sums_[static_cast<std::size_t>(pass)];
    return {sum.nanoseconds, sum.times};
  }

 private:
  friend class PassTimer;
  friend class PassRecording;
  struct Sum {
    std::atomic<std::uint64_t> nanoseconds = 0, times = 0;
  };
  std::array<Sum, std::size(pass_infos)> sums_;
};

/// While it lives, this thread's time goes into `times` (null: nowhere).
class PassRecording {
 public:
  explicit PassRecording(PassTimes* times);
  ~PassRecording();
  PassRecording(const PassRecording&) = delete;
  PassRecording& operator=(const PassRecording&) = delete;

  /// Where this thread's time goes, for the threads that it starts; null: nowhere.
  [[nodiscard]] static PassTimes* current();

 private:
  PassTimes* before_;
};

class PassTimer {
 public:
  explicit PassTimer(Pass pass);
  ~PassTimer();
  PassTimer(const PassTimer&) = delete;
  PassTimer& operator=(const PassTimer&) = delete;

 private:
  bool recording_;
  Pass before_;
};

}  // namespace bh
