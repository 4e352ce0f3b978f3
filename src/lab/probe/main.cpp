// probe [--profile NAME] ACTION [ARGUMENT…]      stages, enters, acts; prints `CALL ERRNO`
// probe --enter now|on_exec NAME -- PROGRAM …    enters the profile and becomes the program; exit 125 to 127
//                                                as env(1)
// probe --each                                   one action a line of standard input, words between tabs;
//                                                each is answered with what it prints and `= STATUS`
// probe --list                                   the ids
// probe                                          does nothing
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

constexpr int exit_usage = 2;
constexpr int exit_not_staged = 124;
constexpr int exit_not_entered = 125;
constexpr int exit_refused = 126;
constexpr int exit_not_found = 127;
constexpr int result_fd = 3;

int complain(const char* what, const std::string& name, int sys, int status) {
  ::dprintf(2, "probe: %s %s: %s\n", what, name.c_str(), std::strerror(sys));
  return status;
}

/// Writes `order` to our own attribute file. 0 or errno.
int write_attribute(const char* file, const std::string& order) {
  int fd = ::open(file, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  ssize_t n = ::write(fd, order.data(), order.size());
  int sys = n < 0 ? errno : 0;
  ::close(fd);
  return sys;
}

/// The file that execvp would find, looked up before the profile could hide it.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* variable = std::getenv("PATH");
  std::string path = variable != nullptr ? variable : "/usr/sbin:/usr/bin:/sbin:/bin";
  for (std::size_t at = 0; at <= path.size();) {
    auto colon = std::min(path.find(':', at), path.size());
    std::string candidate = path.substr(at, colon - at) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    at = colon + 1;
  }
  return {};
}

int become(int argc, char** argv) {
  if (argc < 6 || std::strcmp(argv[4], "--") != 0)
    return complain("usage:", "--enter now|on_exec NAME -- PROGRAM", EINVAL, exit_usage);
  std::string program = find_program(argv[5]);
  if (program.empty()) return complain("no program", argv[5], ENOENT, exit_not_found);
  if (int sys = enter_profile(std::strcmp(argv[2], "on_exec") == 0, argv[3]); sys != 0)
    return complain("cannot enter profile", argv[3], sys, exit_not_entered);
  ::execv(program.c_str(), argv + 5);
  int sys = errno;
  return complain("cannot execute", program, sys, sys == ENOENT ? exit_not_found : exit_refused);
}

const Action* find_action(const char* id) {
  for (const Action& action : actions())
    if (std::strcmp(action.id, id) == 0) return &action;
  return nullptr;
}

/// Already inside the profile: acts and reports to `result_fd`.
int act(const Action& action, const Staged& staged, Arguments arguments) {
  Tried tried = action.act(staged, arguments);
  if (std::strcmp(tried.call, "arguments") == 0)
    return complain("wrong arguments for", action.id, tried.sys, exit_usage);
  ::dprintf(result_fd, "%s %d\n", tried.call, tried.sys);
  return 0;
}

/// The child: enters the profile at the exec of ourselves, as a container's process would.
[[noreturn]] void run_inside(const Action& action, const Staged& staged, const std::string& profile,
                             Arguments arguments, int report) {
  ::setpgid(0, 0);
  ::dup2(report, result_fd);
  ::prctl(PR_SET_NAME, action.id);
  if (profile.empty()) ::_exit(act(action, staged, arguments));
  if (int sys = enter_profile(true, profile + action.stacked); sys != 0)
    ::_exit(complain("cannot enter profile", profile, sys, exit_not_entered));
  std::vector<std::string> words = {"probe",
                                    "--act",
                                    action.id,
                                    std::to_string(staged.peer),
                                    std::to_string(staged.leaked_fd),
                                    std::to_string(staged.ask_fd),
                                    std::to_string(staged.answer_fd)};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> raw;
  for (std::string& word : words) raw.push_back(word.data());
  raw.push_back(nullptr);
  ::execv("/proc/self/exe", raw.data());
  ::_exit(complain("cannot execute", "the probe", errno, exit_not_entered));
}

/// Waits for what the child reports and prints it. A child that ends without a word was not let through.
int run_child(const Action& action, const Staged& staged, const std::string& profile, Arguments arguments) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return complain("cannot make a", "pipe", errno, exit_not_staged);
  pid_t child = ::fork();
  if (child == 0) run_inside(action, staged, profile, arguments, ends[1]);
  ::close(ends[1]);
  char line[64] = {};
  ssize_t n = child > 0 ? ::read(ends[0], line, sizeof line - 1) : -1;
  int status = 0;
  ::waitpid(child, &status, 0);
  ::kill(-child, SIGKILL);
  if (staged.peer > 0) ::kill(staged.peer, SIGKILL);
  if (n > 0) {
    std::fputs(line, stdout);
    return 0;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : exit_refused;
}

int stage_and_run(const Action& action, const std::string& profile, Arguments arguments) {
  // Mounts of the stage are ours alone. Without the right to that (an ordinary user) the stages that mount
  // will say no.
  if (::unshare(CLONE_NEWNS) == 0) ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
  Staged staged;
  bool ready = action.stage == nullptr || action.stage(staged, arguments);
  int status = ready ? run_child(action, staged, profile, arguments)
                     : complain("cannot stage", action.id, errno, exit_not_staged);
  strike_stage();
  return status;
}

int run(int argc, char** argv);

/// For a container of which it is the first program: what it tries needs no further exec, which the profile
/// might refuse. A child for each line, as a stage leaves its traces in the process.
int answer_each() {
  std::string line;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    std::vector<std::string> words = {"probe"};
    for (std::size_t at = 0; at <= line.size();) {
      auto tab = std::min(line.find('\t', at), line.size());
      words.push_back(line.substr(at, tab - at));
      at = tab + 1;
    }
    line.clear();
    std::vector<char*> raw;
    for (std::string& word : words) raw.push_back(word.data());
    raw.push_back(nullptr);
    pid_t child = ::fork();
    if (child == 0) std::exit(run(static_cast<int>(words.size()), raw.data()));
    int status = 0;
    ::waitpid(child, &status, 0);
    std::printf("= %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    std::fflush(stdout);
  }
  return 0;
}

int run(int argc, char** argv) {
  if (argc < 2) return 0;
  if (std::strcmp(argv[1], "--each") == 0) return answer_each();
  if (std::strcmp(argv[1], "--list") == 0) {
    for (const Action& action : actions()) std::puts(action.id);
    return 0;
  }
  if (std::strcmp(argv[1], "--enter") == 0) return become(argc, argv);
  bool inside = std::strcmp(argv[1], "--act") == 0 && argc >= 7;
  std::string profile;
  int at = 1;
  if (inside) {
    at = 2;
  } else if (std::strcmp(argv[1], "--profile") == 0 && argc >= 4) {
    profile = argv[2];
    at = 3;
  }
  const Action* action = find_action(argv[at]);
  if (action == nullptr) return complain("no action", argv[at], EINVAL, exit_usage);
  std::vector<std::string> arguments(argv + at + (inside ? 5 : 1), argv + argc);
  if (arguments.empty()) arguments = action->arguments;
  if (!inside) return stage_and_run(*action, profile, arguments);
  ::prctl(PR_SET_NAME, action->id);
  Staged staged = {std::atoi(argv[3]), std::atoi(argv[4]), std::atoi(argv[5]), std::atoi(argv[6])};
  return act(*action, staged, arguments);
}

}  // namespace

int enter_profile(bool on_exec, const std::string& profile) {
  return on_exec ? write_attribute("/proc/thread-self/attr/apparmor/exec", "exec " + profile)
                 : write_attribute("/proc/thread-self/attr/apparmor/current", "changeprofile " + profile);
}

}  // namespace bh::probe

int main(int argc, char** argv) { return bh::probe::run(argc, argv); }
