#include "lab/guest.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "base/file.h"
#include "base/spawn.h"
#include "kernel/apparmor.h"
#include "lab/attendant.h"
#include "lab/guest_disk.h"
#include "lab/guest_log.h"

namespace bh::lab {
namespace {

constexpr std::size_t output_limit = 256u << 10;

void mount_at(const char* type, const char* place, const char* options = nullptr) {
  ::mkdir(place, 0755);
  if (::mount(type, place, type, 0, options) != 0)
    ::dprintf(2, "lab guest: mount %s: %s\n", place, std::strerror(errno));
}

void mount_first() {
  mount_at("proc", "/proc");
  mount_at("sysfs", "/sys");
  mount_at("devtmpfs", "/dev");
}

/// What the init of a system on a disk does itself.
void mount_rest() {
  mount_at("devpts", "/dev/pts", "ptmxmode=666");
  mount_at("tmpfs", "/dev/shm");
  mount_at("securityfs", "/sys/kernel/security");
  mount_at("debugfs", "/sys/kernel/debug");
  mount_at("cgroup2", "/sys/fs/cgroup");
  mount_at("tmpfs", "/run", "mode=755");
  mount_at("tmpfs", "/tmp", "mode=1777");
  ::symlink("/proc/self/fd", "/dev/fd");
}

void write_setting(const char* path, std::string_view value) {
  int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] ssize_t ignored = ::write(fd, value.data(), value.size());
  ::close(fd);
}

void raise_loopback() {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq request = {};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ::ioctl(fd, SIOCSIFFLAGS, &request);
  ::close(fd);
}

/// The second serial line, as it is: no echo, no line feeds of its own.
int open_results() {
  int fd = ::open("/dev/ttyS1", O_WRONLY | O_NOCTTY | O_CLOEXEC);
  termios line = {};
  if (fd >= 0 && ::tcgetattr(fd, &line) == 0) {
    ::cfmakeraw(&line);
    ::cfsetspeed(&line, B115200);
    ::tcsetattr(fd, TCSANOW, &line);
  }
  return fd;
}

void send(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string kernel_release() {
  utsname names = {};
  ::uname(&names);
  return names.release;
}

struct Service {
  pid_t pid = 0;
  int output = -1;  ///< a memfd: no file rule can refuse it, no pipe can fill up
};

class Guest {
 public:
  StepResult take(const Step& step) {
    StepResult result;
    result.outcome = act(step, step.profile, step.container);
    result.log = log_.take();
    if (!step.control) return result;
    // Second, so that nothing it leaves behind (a file that was to be made) makes the confined try easier.
    result.control = act(step, {}, step.container.empty() ? "" : step.container + "-free");
    (void)log_.take();
    return result;
  }

 private:
  Outcome act(const Step& step, const std::string& profile, const std::string& container) {
    switch (step.what) {
      case Do::load:
        return load(step.target);
      case Do::run:
        return run(program_argv(step, profile, container), step.timeout_ms);
      case Do::probe:
        return container.empty() ? probe(step, profile) : probe_in(container, step);
      case Do::start:
        return start(step, profile);
      case Do::wait_port:
        return wait_port(step);
      case Do::ask:
        return ask(step);
      case Do::features:
        return features();
      case Do::attend:
        return attend(step);
      case Do::stop:
        return stop(step);
    }
    return {};
  }

  static Outcome failed(const char* call, int sys) {
    Outcome outcome;
    outcome.exit_code = 1;
    outcome.call = call;
    outcome.sys = sys;
    return outcome;
  }

  static std::vector<std::string> program_argv(const Step& step, const std::string& profile,
                                               const std::string& container = {}) {
    std::vector<std::string> argv;
    if (!profile.empty() && container.empty())
      argv = {guest_probe, "--enter", step.enter == Enter::on_exec ? "on_exec" : "now", profile, "--"};
    argv.insert(argv.end(), step.argv.begin(), step.argv.end());
    constexpr std::string_view name = "{container}";
    for (std::string& word : argv)
      if (auto at = word.find(name); !container.empty() && at != std::string::npos)
        word.replace(at, name.size(), container);
    return argv;
  }

  static Outcome load(const std::string& path) {
    auto policy = read_file(Os::real(), path, 64u << 20);
    if (!policy) return failed("read", policy.error().sys);
    auto loaded = kernel::AppArmor(Os::real()).replace(*policy);
    if (loaded) return {};
    Outcome outcome = failed("write", loaded.error().sys);
    outcome.err = loaded.error().text;
    return outcome;
  }

  static Outcome features() {
    auto text = kernel::AppArmor(Os::real()).features_text();
    if (!text) return failed("read", text.error().sys);
    Outcome outcome;
    outcome.out = std::move(*text);
    return outcome;
  }

  static Outcome run(const std::vector<std::string>& argv, int timeout_ms) {
    auto ended =
        spawn(argv, {.timeout = std::chrono::milliseconds(timeout_ms), .output_limit = output_limit});
    if (!ended) {
      Outcome outcome = failed("execve", ended.error().sys);
      outcome.exit_code = ended.error().sys == ENOENT ? 127 : 126;
      outcome.err = ended.error().text;
      return outcome;
    }
    Outcome outcome;
    outcome.exit_code = ended->exit_code;
    outcome.timed_out = ended->timed_out;
    outcome.out = std::move(ended->out);
    outcome.err = std::move(ended->err);
    return outcome;
  }

  /// The probe says `CALL ERRNO`.
  static Outcome probe(const Step& step, const std::string& profile) {
    std::vector<std::string> argv = {guest_probe};
    if (!profile.empty()) argv.insert(argv.end(), {"--profile", profile});
    argv.insert(argv.end(), step.argv.begin(), step.argv.end());
    return said(run(argv, step.timeout_ms));
  }

  static Outcome said(Outcome outcome) {
    auto space = outcome.out.find(' ');
    if (outcome.exit_code == 0 && space != std::string::npos) {
      outcome.call = outcome.out.substr(0, space);
      outcome.sys = std::atoi(outcome.out.c_str() + space + 1);
      outcome.out.clear();
    }
    return outcome;
  }

  Outcome attend(const Step& step) {
    auto started = Attendant::start(step.argv, std::chrono::milliseconds(step.timeout_ms));
    Outcome outcome = failed("start", started ? 0 : started.error().sys);
    if (!started) {
      outcome.err = started.error().text;
      return outcome;
    }
    attendants_.insert_or_assign(step.target, std::move(*started));
    return {};
  }

  Outcome probe_in(const std::string& container, const Step& step) {
    auto found = attendants_.find(container);
    if (found == attendants_.end()) return failed("attend", ESRCH);
    return said(found->second.take(step.argv, std::chrono::milliseconds(step.timeout_ms)));
  }

  Outcome start(const Step& step, const std::string& profile) {
    std::vector<std::string> words = program_argv(step, profile);
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    Service service;
    service.output = ::memfd_create(step.target.c_str(), MFD_CLOEXEC);
    service.pid = ::fork();
    if (service.pid < 0) return failed("fork", errno);
    if (service.pid == 0) {
      ::setpgid(0, 0);
      ::dup2(::open("/dev/null", O_RDONLY), 0);
      ::dup2(service.output, 1);
      ::dup2(service.output, 2);
      ::execvp(argv[0], argv.data());
      ::_exit(errno == ENOENT ? 127 : 126);
    }
    services_[step.target] = service;
    return {};
  }

  /// A connection to the step's port at the guest's own address, or to the unix socket that is its target; or
  /// -1.
  static int connect_to(const Step& step) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(step.port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_un named = {};
    named.sun_family = AF_UNIX;
    std::size_t length = std::min(step.target.size(), sizeof named.sun_path - 1);
    std::memcpy(named.sun_path, step.target.data(), length);
    bool by_name = step.port == 0;
    int fd = ::socket(by_name ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (by_name ? ::connect(fd, reinterpret_cast<sockaddr*>(&named), sizeof named) == 0
                : ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
      return fd;
    int sys = errno;
    ::close(fd);
    errno = sys;
    return -1;
  }

  static bool accepts(const Step& step) {
    int fd = connect_to(step);
    if (fd >= 0) ::close(fd);
    return fd >= 0;
  }

  static Outcome ask(const Step& step) {
    if (step.argv.size() < 2) return failed("arguments", EINVAL);
    int fd = connect_to(step);
    if (fd < 0) return failed("connect", errno);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(step.timeout_ms);
    send(fd, step.argv[0]);
    Outcome outcome;
    char buffer[4096];
    for (;;) {
      auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
              .count();
      pollfd wait = {fd, POLLIN, 0};
      if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) <= 0) {
        outcome.timed_out = true;
        break;
      }
      ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0 || outcome.out.size() > output_limit) break;
      outcome.out.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(fd);
    outcome.exit_code = outcome.out.find(step.argv[1]) == std::string::npos ? 1 : 0;
    return outcome;
  }

  static Outcome wait_port(const Step& step) {
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(step.timeout_ms);
    while (std::chrono::steady_clock::now() < deadline) {
      if (accepts(step)) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    Outcome outcome = failed("connect", ETIMEDOUT);
    outcome.timed_out = true;
    return outcome;
  }

  static bool end_by(int signal, pid_t pid, int& status, int timeout_ms) {
    ::kill(-pid, signal);
    auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
    while (::waitpid(pid, &status, WNOHANG) != pid) {
      if (std::chrono::steady_clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
  }

  Outcome stop(const Step& step) {
    auto found = services_.find(step.target);
    if (found == services_.end()) return failed("stop", ESRCH);
    Service service = found->second;
    services_.erase(found);
    int status = 0;
    bool ended = end_by(SIGTERM, service.pid, status, step.timeout_ms);
    // Its profile may refuse even SIGKILL; then it stays.
    if (!ended && !end_by(SIGKILL, service.pid, status, 2000)) return failed("kill", EACCES);
    Outcome outcome;
    outcome.timed_out = !ended;
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    outcome.out.resize(output_limit);
    ssize_t n = ::pread(service.output, outcome.out.data(), outcome.out.size(), 0);
    outcome.out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    ::close(service.output);
    return outcome;
  }

  GuestLog log_;
  std::map<std::string, Service> services_;
  std::map<std::string, Attendant> attendants_;
};

std::string follow_plan(int results) {
  auto text = read_file(Os::real(), guest_plan);
  if (!text) return text.error().text;
  auto plan = plan_from_json(*text);
  if (!plan) return plan.error().text;
  Guest guest;
  for (std::size_t i = 0; i < plan->steps.size(); ++i)
    send(results, result_line(i, guest.take(plan->steps[i])));
  return {};
}

/// The machine's init becomes process 1, and the steps are taken by a child of it; without a disk process 1
/// takes them.
void take_part(bool has_disk) {
  if (!has_disk) {
    mount_rest();
    raise_loopback();
    return;
  }
  if (!enter_disk()) return;
  pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    return;
  }
  become_init();
  for (;;) ::pause();
}

}  // namespace

int guest_main() {
  if (::getpid() != 1) {
    ::dprintf(2, "lab-guest is the first process of a lab's guest and nothing else\n");
    return 2;
  }
  mount_first();
  take_part(Os::real().stat(guest_modules).has_value());
  write_setting("/proc/sys/kernel/printk_ratelimit", "0");  // every denial counts
  ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("HOME", "/root", 1);
  ::setenv("LANG", "C", 1);
  ::setenv("TERM", "dumb", 1);
  int results = open_results();
  if (results < 0) ::dprintf(2, "lab guest: /dev/ttyS1: %s\n", std::strerror(errno));
  std::string trouble = follow_plan(results);
  send(results, end_line(kernel_release(), trouble));
  ::tcdrain(results);
  ::sync();
  ::reboot(LINUX_REBOOT_CMD_POWER_OFF);
  for (;;) ::pause();
}

}  // namespace bh::lab
