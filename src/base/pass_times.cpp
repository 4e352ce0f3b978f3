#include "base/pass_times.h"

#include <ctime>

namespace bh {
namespace {

struct Now {
  PassTimes* times = nullptr;
  Pass pass = Pass::other;
  std::uint64_t since = 0;
};
thread_local Now now;

std::uint64_t cpu_time() {
  timespec time = {};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

/// What has passed since then.
std::uint64_t lap() {
  const std::uint64_t at = cpu_time(), passed = at - now.since;
  now.since = at;
  return passed;
}

}  // namespace

PassRecording::PassRecording(PassTimes* times) : before_(now.times) {
  if (now.times != nullptr) now.times->sums_[static_cast<std::size_t>(now.pass)].nanoseconds += lap();
  now = {times, Pass::other, times == nullptr ? 0 : cpu_time()};
}

PassTimes* PassRecording::current() { return now.times; }

PassRecording::~PassRecording() {
  if (now.times != nullptr) now.times->sums_[static_cast<std::size_t>(now.pass)].nanoseconds += lap();
  now = {before_, Pass::other, before_ == nullptr ? 0 : cpu_time()};
}

PassTimer::PassTimer(Pass pass) : recording_(now.times != nullptr), before_(now.pass) {
  if (!recording_) return;
  now.times->sums_[static_cast<std::size_t>(before_)].nanoseconds += lap();
  ++now.times->sums_[static_cast<std::size_t>(pass)].times;
  now.pass = pass;
}

PassTimer::~PassTimer() {
  if (!recording_) return;
  now.times->sums_[static_cast<std::size_t>(now.pass)].nanoseconds += lap();
  now.pass = before_;
}

}  // namespace bh
