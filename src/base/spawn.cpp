#include "base/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace bh {
namespace {

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void close_end(int which) {
    if (ends[which] >= 0) ::close(ends[which]);
    ends[which] = -1;
  }
};

/// In the child: only async-signal-safe calls. Tells why through `report` when exec fails.
[[noreturn]] void run_child(char* const* argv, const char* folder, int out, int err, int report) {
  ::setpgid(0, 0);
  int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  int sys = 0;
  if (*folder != '\0' && ::chdir(folder) != 0) {
    sys = errno;
  } else {
    ::execvp(argv[0], argv);
    sys = errno;
  }
  [[maybe_unused]] ssize_t ignored = ::write(report, &sys, sizeof sys);
  ::_exit(127);
}

using Clock = std::chrono::steady_clock;

/// Reads both streams to their end, or to the deadline. False: the deadline came first.
bool drain(Pipe& out, Pipe& err, SpawnOutcome& outcome, std::size_t limit, Clock::time_point deadline) {
  std::array<pollfd, 2> fds = {{{out.ends[0], POLLIN, 0}, {err.ends[0], POLLIN, 0}}};
  std::array<std::string*, 2> sinks = {&outcome.out, &outcome.err};
  char buffer[16384];
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    int ready = ::poll(fds.data(), 2, static_cast<int>(left > 60'000 ? 60'000 : left));
    if (ready < 0 && errno != EINTR) return false;
    for (std::size_t i = 0; ready > 0 && i < 2; ++i) {
      if (fds[i].fd < 0 || fds[i].revents == 0) continue;
      ssize_t n = ::read(fds[i].fd, buffer, sizeof buffer);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        fds[i].fd = -1;
      } else if (sinks[i]->size() < limit) {
        sinks[i]->append(buffer, std::min(static_cast<std::size_t>(n), limit - sinks[i]->size()));
      }
    }
  }
  return true;
}

/// Kills the child's group and takes the child's status. False: it lives on, as its AppArmor profile accepts
/// no signal from us.
bool end_group(pid_t child, int& status) {
  ::kill(-child, SIGKILL);
  for (int tries = 0; tries < 200; ++tries) {
    if (::waitpid(child, &status, WNOHANG) != 0) return true;
    ::poll(nullptr, 0, 10);
  }
  return false;
}

}  // namespace

Result<SpawnOutcome> spawn(const std::vector<std::string>& argv, const SpawnOptions& options) {
  if (argv.empty()) return fail("no program to start");
  Pipe out, err, report;
  if (out.ends[0] < 0 || err.ends[0] < 0 || report.ends[0] < 0) return fail_errno(errno, "pipe");
  std::vector<char*> raw;
  for (const auto& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);

  pid_t child = ::fork();
  if (child < 0) return fail_errno(errno, "fork");
  if (child == 0)
    run_child(raw.data(), options.working_directory.c_str(), out.ends[1], err.ends[1], report.ends[1]);
  ::setpgid(child, child);
  out.close_end(1);
  err.close_end(1);
  report.close_end(1);

  int sys = 0;
  if (::read(report.ends[0], &sys, sizeof sys) == sizeof sys) {
    ::waitpid(child, nullptr, 0);
    return fail_errno(sys, fmt::format("cannot start {}", argv[0]));
  }
  SpawnOutcome outcome;
  outcome.timed_out = !drain(out, err, outcome, options.output_limit, Clock::now() + options.timeout);
  int status = 0;
  if (outcome.timed_out && !end_group(child, status)) {
    outcome.exit_code = 128 + SIGKILL;
    return outcome;
  }
  while (!outcome.timed_out && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}

}  // namespace bh
