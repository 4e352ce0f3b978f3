// One harmless call for each capability that a call can show: the kernel asks for the capability before it
// looks at the arguments, so a bad argument (EBADF, EINVAL) means that the capability was granted.
//
// Files are made with memfd_create: those are not on a mounted file system, so no file rule can refuse what
// is asked here.
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

int sys_or_0(long result) { return result < 0 ? errno : 0; }

int scratch_file() { return ::memfd_create("probe", MFD_CLOEXEC); }

Tried chown_file() { return {"fchown", sys_or_0(::fchown(scratch_file(), 1, 1))}; }

Tried own_no_file() {
  int fd = scratch_file();
  if (::fchown(fd, 1, 1) != 0) return {"fchown", errno};
  return {"fchmod", sys_or_0(::fchmod(fd, 0600))};
}

Tried set_ids() { return {"setresuid", sys_or_0(::syscall(SYS_setresuid, 12345, 0, 0))}; }

Tried set_groups() { return {"setresgid", sys_or_0(::syscall(SYS_setresgid, 12345, 0, 0))}; }

Tried drop_bounding() { return {"prctl", sys_or_0(::prctl(PR_CAPBSET_DROP, CAP_WAKE_ALARM, 0, 0, 0))}; }

Tried bind_low_port() {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {"socket", errno};
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(999);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return {"bind", sys_or_0(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address))};
}

Tried set_interface() {
  int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {"socket", errno};
  ifreq request = {};
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  if (::ioctl(fd, SIOCGIFTXQLEN, &request) != 0) return {"ioctl", errno};
  return {"ioctl", sys_or_0(::ioctl(fd, SIOCSIFTXQLEN, &request))};
}

Tried raw_socket() { return {"socket", sys_or_0(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1))}; }

Tried load_module() { return {"finit_module", sys_or_0(::syscall(SYS_finit_module, -1, "", 0))}; }

Tried raw_io() { return {"iopl", sys_or_0(::syscall(SYS_iopl, 3))}; }

Tried change_root() { return {"chroot", sys_or_0(::chroot("/"))}; }

Tried leave_namespace() { return {"unshare", sys_or_0(::unshare(CLONE_NEWUTS))}; }

Tried boot() { return {"reboot", sys_or_0(::reboot(RB_DISABLE_CAD))}; }

Tried raise_priority() { return {"setpriority", sys_or_0(::setpriority(PRIO_PROCESS, 0, -1))}; }

Tried raise_limit() {
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return {"getrlimit", errno};
  limit.rlim_max += 1;
  return {"setrlimit", sys_or_0(::setrlimit(RLIMIT_NOFILE, &limit))};
}

Tried set_clock() {
  timezone zone = {};  // zero minutes: what it is already
  return {"settimeofday", sys_or_0(::syscall(SYS_settimeofday, nullptr, &zone))};
}

Tried hang_up() { return {"vhangup", sys_or_0(::syscall(SYS_vhangup))}; }

Tried make_device() {
  const char* path = "/tmp/probe.device";
  int sys = sys_or_0(::mknod(path, S_IFCHR | 0600, makedev(1, 3)));
  if (sys == 0) ::unlink(path);
  return {"mknod", sys};
}

Tried read_kernel_log() { return {"syslog", sys_or_0(::klogctl(10, nullptr, 0))}; }

Tried load_bpf() {
  bpf_attr attributes = {};
  return {"bpf", sys_or_0(::syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes))};
}

Tried open_perf() {
  perf_event_attr attributes = {};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_CPU_CLOCK;
  // All of one processor, kernel included: what perfmon is for.
  return {"perf_event_open", sys_or_0(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, 0))};
}

Tried open_handle() { return act_open_by_handle({}, {}); }

Tried lock_memory() {
  rlimit none = {0, 0};
  if (::setrlimit(RLIMIT_MEMLOCK, &none) != 0) return {"setrlimit", errno};
  return {"mlock", sys_or_0(::mlock(&none, sizeof none))};
}

Tried account() { return {"acct", sys_or_0(::acct("/nonexistent/probe"))}; }

struct Row {
  const char* name;
  Tried (*act)();
};

constexpr Row rows[] = {
    {"chown", chown_file},
    {"fowner", own_no_file},
    {"setuid", set_ids},
    {"setgid", set_groups},
    {"setpcap", drop_bounding},
    {"net_bind_service", bind_low_port},
    {"net_admin", set_interface},
    {"net_raw", raw_socket},
    {"sys_module", load_module},
    {"sys_rawio", raw_io},
    {"sys_chroot", change_root},
    {"sys_admin", leave_namespace},
    {"sys_boot", boot},
    {"sys_nice", raise_priority},
    {"sys_resource", raise_limit},
    {"sys_time", set_clock},
    {"sys_tty_config", hang_up},
    {"mknod", make_device},
    {"syslog", read_kernel_log},
    {"bpf", load_bpf},
    {"perfmon", open_perf},
    {"dac_read_search", open_handle},
    {"ipc_lock", lock_memory},
    {"sys_pacct", account},
};

}  // namespace

Tried act_capability(const Staged&, Arguments a) {
  for (const Row& row : rows)
    if (!a.empty() && a[0] == row.name) return row.act();
  return {"arguments", EINVAL};
}

}  // namespace bh::probe
