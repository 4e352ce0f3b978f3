// Actions on files and programs.
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lab/probe/probe.h"

extern char** environ;

namespace bh::probe {
namespace {

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

Tried open_with(const std::string& path, int flags) {
  Fd fd(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
  return {"open", fd.ok() ? 0 : errno};
}

Tried map_as_code(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return {"open", errno};
  void* at = ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd.get(), 0);
  if (at == MAP_FAILED) return {"mmap", errno};
  ::munmap(at, 4096);
  return {"mmap", 0};
}

Tried lock_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.ok()) return {"open", errno};
  return {"flock", ::flock(fd.get(), LOCK_SH | LOCK_NB) == 0 ? 0 : errno};
}

Tried create_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd.ok()) return {"open", errno};
  ::unlink(path.c_str());
  return {"open", 0};
}

Tried link_file(const std::string& path, const std::string& to) {
  if (::link(path.c_str(), to.c_str()) != 0) return {"link", errno};
  ::unlink(to.c_str());
  return {"link", 0};
}

/// A whole ELF program in 132 bytes (x86-64, static): exit(0). Never asks for a library, so that only the
/// exec itself is tried.
constexpr std::array<unsigned char, 132> tiny_program = {
    0x7f, 'E',  'L',  'F', 2,  1, 1,  0,    0,    0,    0,    0,
    0,    0,    0,    0,                  // e_ident
    2,    0,    62,   0,   1,  0, 0,  0,  // EXEC, x86-64, version
    0x78, 0,    0x40, 0,   0,  0, 0,  0,  // entry 0x400078
    64,   0,    0,    0,   0,  0, 0,  0,  // program headers at 64
    0,    0,    0,    0,   0,  0, 0,  0,  // no section headers
    0,    0,    0,    0,   64, 0, 56, 0,    1,    0,    0,    0,
    0,    0,    0,    0,                  // flags, sizes, one program header
    1,    0,    0,    0,   5,  0, 0,  0,  // LOAD, r-x
    0,    0,    0,    0,   0,  0, 0,  0,  // from offset 0
    0,    0,    0x40, 0,   0,  0, 0,  0,    0,    0,    0x40, 0,
    0,    0,    0,    0,  // at 0x400000
    132,  0,    0,    0,   0,  0, 0,  0,    132,  0,    0,    0,
    0,    0,    0,    0,                                          // file and memory size
    0,    16,   0,    0,   0,  0, 0,  0,                          // alignment
    0x31, 0xff, 0xb8, 60,  0,  0, 0,  0x0f, 0x05, 0xf4, 0,    0,  // xor edi, edi; mov eax, 60; syscall; hlt
};

bool write_tiny_program(int fd) {
  return ::write(fd, tiny_program.data(), tiny_program.size()) == static_cast<ssize_t>(tiny_program.size());
}

/// Runs `exec` in a child; what it returns (an errno) comes back over a pipe that a successful exec closes.
template <class Exec>
int exec_in_child(Exec exec) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  pid_t child = ::fork();
  if (child == 0) {
    int sys = exec();
    [[maybe_unused]] ssize_t ignored = ::write(ends[1], &sys, sizeof sys);
    ::_exit(126);
  }
  ::close(ends[1]);
  int sys = 0;
  if (child < 0) sys = EAGAIN;
  if (child > 0 && ::read(ends[0], &sys, sizeof sys) != sizeof sys) sys = 0;
  ::close(ends[0]);
  // What it would do has no part in this. Where the profile forbids the signal, the parent outside ends the
  // whole group.
  if (child > 0 && ::kill(child, SIGKILL) == 0) ::waitpid(child, nullptr, 0);
  return sys;
}

}  // namespace

int exec_errno(const std::vector<std::string>& argv) {
  std::vector<char*> raw;
  for (const auto& argument : argv) raw.push_back(const_cast<char*>(argument.c_str()));
  raw.push_back(nullptr);
  return exec_in_child([&] {
    ::execve(raw[0], raw.data(), environ);
    return errno;
  });
}

Tried act_file(const Staged&, Arguments a) {
  if (a.size() < 2 || a[1].size() != 1) return {"arguments", EINVAL};
  switch (a[1][0]) {
    case 'r':
      return open_with(a[0], O_RDONLY);
    case 'w':
      return open_with(a[0], O_WRONLY);
    case 'a':
      return open_with(a[0], O_WRONLY | O_APPEND);
    case 'c':
      return create_file(a[0] + ".probe");
    case 'm':
      return map_as_code(a[0]);
    case 'k':
      return lock_file(a[0]);
    case 'l':
      return link_file(a[0], a.size() > 2 ? a[2] : a[0] + ".probe");
    case 'x':
      return act_exec({}, a.first(1));
    default:
      return {"arguments", EINVAL};
  }
}

Tried act_chmod(const Staged&, Arguments a) {
  struct stat about;
  if (a.empty() || ::stat(a[0].c_str(), &about) != 0) return {"stat", errno};
  return {"chmod", ::chmod(a[0].c_str(), about.st_mode & 07777) == 0 ? 0 : errno};
}

Tried act_leaked_folder(const Staged& staged, Arguments) {
  Fd fd(::openat(staged.leaked_fd, "secret", O_RDONLY | O_CLOEXEC));
  return {"openat", fd.ok() ? 0 : errno};
}

Tried act_open_by_handle(const Staged&, Arguments) {
  alignas(file_handle) char space[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
  auto* handle = reinterpret_cast<file_handle*>(space);
  handle->handle_bytes = MAX_HANDLE_SZ;
  int mount_id = 0;
  if (::name_to_handle_at(AT_FDCWD, "/", handle, &mount_id, 0) != 0) return {"name_to_handle_at", errno};
  Fd fd(::open_by_handle_at(AT_FDCWD, handle, O_PATH | O_CLOEXEC));
  return {"open_by_handle_at", fd.ok() ? 0 : errno};
}

Tried act_exec(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  return {"execve", exec_errno({a.begin(), a.end()})};
}

Tried act_drop_and_run(const Staged&, Arguments a) {
  if (a.empty()) return {"arguments", EINVAL};
  {
    Fd fd(::open(a[0].c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
    if (!fd.ok()) return {"open", errno};
    if (!write_tiny_program(fd.get())) return {"write", errno};
  }
  int sys = exec_errno({a[0]});
  ::unlink(a[0].c_str());
  return {"execve", sys};
}

Tried act_memfd_exec(const Staged&, Arguments) {
  Fd fd(::memfd_create("probe", MFD_CLOEXEC));
  if (!fd.ok()) return {"memfd_create", errno};
  if (!write_tiny_program(fd.get())) return {"write", errno};
  int sys = exec_in_child([&] {
    char name[] = "probe";
    char* argv[] = {name, nullptr};
    ::syscall(SYS_execveat, fd.get(), "", argv, environ, AT_EMPTY_PATH);
    return errno;
  });
  return {"execveat", sys};
}

}  // namespace bh::probe
