// Prepares what an action needs, while the process is still unconfined. All mounts happen in a mount
// namespace of the probe's own.
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

/// What the stage made outside of its own mounts, newest last.
std::vector<std::string>& made() {
  static std::vector<std::string> paths;
  return paths;
}

/// Links that a stage moved aside: where they were.
std::vector<std::string>& moved() {
  static std::vector<std::string> paths;
  return paths;
}

constexpr const char* aside = ".probe-aside";

bool is_link(const std::string& path) {
  struct stat about;
  return ::lstat(path.c_str(), &about) == 0 && S_ISLNK(about.st_mode);
}

bool exists(const std::string& path) {
  struct stat about;
  return ::lstat(path.c_str(), &about) == 0;
}

std::string folder_of(const std::string& path) {
  auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/// Makes the folder and its parents. False at the first that cannot be made; `deepest` is then the last that
/// is there.
bool make_folders(const std::string& path, std::string& deepest) {
  deepest = "/";
  for (std::size_t at = 1; at < path.size();) {
    auto slash = std::min(path.find('/', at), path.size());
    std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0755) == 0) {
      made().push_back(part);
    } else if (errno != EEXIST) {
      return false;
    }
    deepest = part;
    at = slash + 1;
  }
  return true;
}

template <class Make>
bool make_with_parents(const std::string& path, Make make) {
  if (path.empty() || path[0] != '/') return false;
  std::string deepest;
  if (make_folders(folder_of(path), deepest) && make(path)) {
    made().push_back(path);
    return true;
  }
  // /proc and /sys take no new files: a tmpfs over the deepest folder that is there gives the same path,
  // which is what is asked.
  if (deepest == "/" || ::mount("probe", deepest.c_str(), "tmpfs", 0, nullptr) != 0) return false;
  return make_folders(folder_of(path), deepest) && make(path);
}

bool make_file(const std::string& path, mode_t mode) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, mode);
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

int listening_socket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return -1;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // Without CLOEXEC but never used by the action: it lives on in the parent, which waits.
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(fd, 4) != 0) {
    ::close(fd);
    return -1;
  }
  return fd;
}

[[noreturn]] void idle_peer() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) ::pause();
}

/// Signals whom it is told to, and says what came of it. Exits when nobody asks any more.
[[noreturn]] void send_signals(int ask, int answer, int signal) {
  for (pid_t pid = 0; ::read(ask, &pid, sizeof pid) == sizeof pid;) {
    int sys = ::kill(pid, signal) == 0 ? 0 : errno;
    if (::write(answer, &sys, sizeof sys) != sizeof sys) break;
  }
  ::_exit(0);
}

}  // namespace

void strike_stage() {
  // A folder that is not empty by now is not ours alone any more: rmdir leaves it.
  for (auto path = made().rbegin(); path != made().rend(); ++path)
    if (::unlink(path->c_str()) != 0) ::rmdir(path->c_str());
  for (const std::string& path : moved()) ::rename((path + aside).c_str(), path.c_str());
}

pid_t fork_child(void (*f)()) {
  pid_t child = ::fork();
  if (child == 0) {
    f();
    ::_exit(0);
  }
  return child;
}

bool stage_file(Staged&, Arguments a) {
  if (a.empty()) return false;
  if (exists(a[0])) return true;
  return make_with_parents(a[0], [](const std::string& path) { return make_file(path, 0644); });
}

bool stage_program(Staged&, Arguments a) {
  if (a.empty()) return false;
  // The kernel would ask about what a link leads to (in a guest: busybox), and not about this program.
  if (is_link(a[0]) && ::rename(a[0].c_str(), (a[0] + aside).c_str()) == 0) moved().push_back(a[0]);
  if (exists(a[0])) return true;
  // The program itself is the stand-in: `probe` without arguments does nothing.
  return make_with_parents(a[0], [](const std::string& path) {
    int from = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int to = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    char buffer[65536];
    ssize_t n = -1;
    while (from >= 0 && to >= 0 && (n = ::read(from, buffer, sizeof buffer)) > 0) {
      if (::write(to, buffer, static_cast<std::size_t>(n)) != n) break;
    }
    if (from >= 0) ::close(from);
    if (to >= 0) ::close(to);
    return n == 0;
  });
}

bool stage_block_device(Staged&, Arguments a) {
  if (a.empty()) return false;
  if (exists(a[0])) return true;
  return make_with_parents(a[0], [](const std::string& path) {
    return ::mknod(path.c_str(), S_IFBLK | 0600, makedev(8, 0)) == 0;
  });
}

bool stage_socket(Staged&, Arguments a) {
  if (a.empty() || a[0].empty()) return false;
  if (a[0][0] == '@') return listening_socket(a[0]) >= 0;
  if (exists(a[0])) return true;  // a real one: connecting to it says and asks nothing
  return make_with_parents(a[0], [](const std::string& path) { return listening_socket(path) >= 0; });
}

bool stage_folder(Staged&, Arguments a) {
  // The last argument is the place; what stands before it is a type or a source.
  if (a.empty()) return false;
  std::string deepest;
  return make_folders(a.back(), deepest);
}

bool stage_parent(Staged&, Arguments a) {
  if (a.empty() || a[0].empty()) return false;
  std::string deepest;
  return a[0][0] == '@' || make_folders(folder_of(a[0]), deepest);
}

bool stage_covered(Staged&, Arguments a) {
  if (a.empty()) return false;
  struct stat about, above;
  if (::stat(a[0].c_str(), &about) != 0) return false;
  // In a container something may be mounted there already.
  if (::stat(folder_of(a[0]).c_str(), &above) == 0 && above.st_dev != about.st_dev) return true;
  if (S_ISDIR(about.st_mode)) return ::mount("probe", a[0].c_str(), "tmpfs", MS_RDONLY, nullptr) == 0;
  return ::mount("/dev/null", a[0].c_str(), nullptr, MS_BIND, nullptr) == 0;
}

bool stage_peer(Staged& staged, Arguments) {
  // Ignored before the fork, so that there is no moment at which the signal would end the peer.
  ::signal(SIGTERM, SIG_IGN);
  staged.peer = fork_child(idle_peer);
  ::signal(SIGTERM, SIG_DFL);
  return staged.peer > 0;
}

bool stage_leaked_folder(Staged& staged, Arguments) {
  const char* place = "/tmp/probe.leak";
  std::string deepest;
  if (!make_folders(place, deepest)) return false;
  if (::mount("probe", place, "tmpfs", 0, nullptr) != 0) return false;
  if (!make_file(std::string(place) + "/secret", 0644)) return false;
  // Inherited on purpose, as runc leaked it; above the descriptors that the probe itself hands on.
  int fd = ::open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  staged.leaked_fd = ::fcntl(fd, F_DUPFD, 10);
  ::close(fd);
  return ::umount2(place, MNT_DETACH) == 0 && staged.leaked_fd >= 0;
}

bool stage_sender(Staged& staged, Arguments a) {
  int ask[2], answer[2];
  if (a.size() < 2 || ::pipe(ask) != 0 || ::pipe(answer) != 0) return false;
  int signal = a[1] == "kill" ? SIGKILL : SIGTERM;
  pid_t sender = ::fork();
  if (sender == 0) {
    ::close(ask[1]);
    int entered = enter_profile(false, a[0]);
    if (::write(answer[1], &entered, sizeof entered) != sizeof entered || entered != 0) ::_exit(1);
    send_signals(ask[0], answer[1], signal);
  }
  ::close(ask[0]);
  ::close(answer[1]);
  int entered = EAGAIN;
  if (sender < 0 || ::read(answer[0], &entered, sizeof entered) != sizeof entered || entered != 0) {
    errno = entered;
    return false;
  }
  // Inherited by the action, above the descriptors that the probe itself hands on.
  staged.ask_fd = ::fcntl(ask[1], F_DUPFD, 10);
  staged.answer_fd = ::fcntl(answer[0], F_DUPFD, 10);
  ::close(ask[1]);
  ::close(answer[0]);
  return true;
}

}  // namespace bh::probe
