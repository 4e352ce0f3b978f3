// Actions on processes, namespaces and the profile itself.
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

[[noreturn]] void sleep_on() {
  for (;;) ::pause();
}

int seize_and_let_go(pid_t pid) {
  if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return errno;
  // A detach needs a stopped tracee; ours stops at once, and any other is let go when this process ends.
  return 0;
}

int signal_of(Arguments a) { return !a.empty() && a[0] == "kill" ? SIGKILL : SIGTERM; }

}  // namespace

Tried act_ptrace_peer(const Staged& staged, Arguments) { return {"ptrace", seize_and_let_go(staged.peer)}; }

Tried act_read_peer(const Staged& staged, Arguments a) {
  std::string path = "/proc/" + std::to_string(staged.peer) + "/" + (a.empty() ? "exe" : a[0]);
  char target[256];
  return {"readlink", ::readlink(path.c_str(), target, sizeof target) >= 0 ? 0 : errno};
}

Tried act_ptrace_child(const Staged&, Arguments) {
  pid_t child = fork_child([] { sleep_on(); });
  if (child < 0) return {"fork", errno};
  int sys = seize_and_let_go(child);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  return {"ptrace", sys};
}

Tried act_signal_peer(const Staged& staged, Arguments a) {
  return {"kill", ::kill(staged.peer, signal_of(a)) == 0 ? 0 : errno};
}

Tried act_signal_child(const Staged&, Arguments a) {
  pid_t child = fork_child([] { sleep_on(); });
  if (child < 0) return {"fork", errno};
  int sys = ::kill(child, signal_of(a)) == 0 ? 0 : errno;
  // Where the signal is refused, SIGKILL is refused too: the child is then ended by the reaper of this
  // process group.
  if (sys == 0) ::waitpid(child, nullptr, 0);
  return {"kill", sys};
}

Tried act_receive_signal(const Staged& staged, Arguments) {
  pid_t child = fork_child([] { sleep_on(); });
  if (child < 0) return {"fork", errno};
  int sys = EPIPE;
  if (::write(staged.ask_fd, &child, sizeof child) == sizeof child &&
      ::read(staged.answer_fd, &sys, sizeof sys) != sizeof sys)
    sys = EPIPE;
  if (sys == 0) ::waitpid(child, nullptr, 0);
  return {"kill", sys};
}

Tried act_list_processes(const Staged&, Arguments) {
  pid_t child = fork_child([] { sleep_on(); });
  if (child < 0) return {"fork", errno};
  // What ps reads of a process; the link to its executable is the one that asks ptrace.
  std::string folder = "/proc/" + std::to_string(child);
  Tried tried = {"open", 0};
  for (const char* file : {"/stat", "/status", "/cmdline"}) {
    int fd = ::open((folder + file).c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0 && tried.sys == 0) tried.sys = errno;
    if (fd >= 0) ::close(fd);
  }
  char target[256];
  if (tried.sys == 0 && ::readlink((folder + "/exe").c_str(), target, sizeof target) < 0)
    tried = {"readlink", errno};
  ::kill(child, SIGKILL);
  return tried;
}

Tried act_userns(const Staged&, Arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {"pipe", errno};
  pid_t child = ::fork();
  if (child == 0) {
    int sys = ::unshare(CLONE_NEWUSER) == 0 ? 0 : errno;
    [[maybe_unused]] ssize_t ignored = ::write(ends[1], &sys, sizeof sys);
    ::_exit(0);
  }
  int sys = EAGAIN;
  ::close(ends[1]);
  [[maybe_unused]] ssize_t ignored = ::read(ends[0], &sys, sizeof sys);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return {"unshare", sys};
}

Tried act_io_uring(const Staged&, Arguments) {
  io_uring_params parameters = {};
  parameters.flags = IORING_SETUP_SQPOLL;
  long fd = ::syscall(SYS_io_uring_setup, 1, &parameters);
  int sys = fd < 0 ? errno : 0;
  if (fd >= 0) ::close(static_cast<int>(fd));
  return {"io_uring_setup", sys};
}

Tried act_change_profile(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  int fd = ::open("/proc/self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);
  if (fd < 0) return {"open", errno};
  std::string order = "exec " + a[0];
  int sys = ::write(fd, order.data(), order.size()) < 0 ? errno : 0;
  ::close(fd);
  return {"write", sys};
}

}  // namespace bh::probe
