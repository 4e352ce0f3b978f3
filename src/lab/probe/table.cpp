// The table: one row an action. A new one is a row here, and a function where no general one fits.
#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

const std::vector<Action>& table() {
  static const std::vector<Action> rows = {
      // Kernel controls under /proc and /sys.
      {"A01", stage_file, act_file, {"/proc/sys/kernel/core_pattern", "w"}},
      {"A02", stage_file, act_file, {"/proc/sys/kernel/modprobe", "w"}},
      {"A03", stage_file, act_file, {"/proc/sysrq-trigger", "w"}},
      {"A04", stage_file, act_file, {"/proc/sys/kernel/sysrq", "w"}},
      {"A05", stage_file, act_file, {"/proc/sys/kernel/yama/ptrace_scope", "w"}},
      {"A06", stage_file, act_file, {"/proc/sys/fs/binfmt_misc/register", "w"}},
      {"A07", stage_file, act_file, {"/proc/kcore", "r"}},
      {"A08", stage_file, act_file, {"/proc/kallsyms", "r"}},
      {"A08.2", stage_file, act_file, {"/proc/keys", "r"}},
      {"A09", stage_file, act_file, {"/proc/bus/pci/00/00.0", "w"}},
      {"A10", stage_file, act_file, {"/proc/interrupts", "r"}},
      {"A11", stage_file, act_file, {"/sys/fs/cgroup/memory/release_agent", "w"}},
      // Mounts.
      {"A12", stage_folder, act_mount, {"cgroup", "none,name=probe", "/tmp/probe.mnt"}},
      {"A13", stage_folder, act_bind, {"/etc", "/mnt"}},
      {"A13.2", stage_folder, act_remount, {"/sys"}},
      {"A14", stage_covered, act_umount, {"/proc/kcore"}},
      {"A14.2", stage_covered, act_umount, {"/proc/sys"}},
      {"A15", stage_folder, act_pivot_root, {"/tmp/probe.root"}},
      {"A16", stage_folder, act_move_mount, {"/tmp/probe.mnt"}},
      {"A17", stage_file, act_file, {"/sys/kernel/uevent_helper", "w"}},
      {"A18", stage_file, act_file, {"/sys/kernel/security/apparmor/.remove", "w"}},
      {"A19", stage_file, act_file, {"/sys/firmware/dmi/tables/DMI", "r"}},
      {"A19.2", stage_file, act_file, {"/sys/firmware/acpi/tables/DSDT", "r"}},
      {"A20", stage_file, act_file, {"/sys/devices/virtual/powercap/intel-rapl/intel-rapl:0/energy_uj", "r"}},
      {"A21", stage_file, act_file, {"/sys/kernel/debug/x", "r"}},
      // Devices, sockets of the host, leaked descriptors.
      {"A22", stage_block_device, act_file, {"/dev/sda", "r"}},
      {"A22.2", nullptr, act_capability, {"mknod"}},
      {"A23", stage_file, act_file, {"/dev/mem", "r"}},
      {"A24", stage_socket, act_connect_unix, {"/run/docker.sock"}},
      {"A24.2", stage_socket, act_file, {"/run/docker.sock", "w"}},
      {"A25", stage_socket, act_connect_unix, {"@/containerd-shim/probe.sock"}},
      {"A26", stage_file, act_file, {"/usr/bin/runc", "w"}},
      {"A27", stage_leaked_folder, act_leaked_folder},
      // Other processes.
      {"A28", stage_peer, act_ptrace_peer},
      {"A28.2", stage_peer, act_read_peer, {"exe"}},
      {"A29", nullptr, act_ptrace_child},
      {"A30", stage_peer, act_signal_peer},
      {"A31", stage_sender, act_receive_signal, {"runc", "term"}},
      {"A31.2", stage_sender, act_receive_signal, {"runc", "kill"}},
      {"A32", nullptr, act_signal_child, {}, "//&unconfined"},
      // Networks.
      {"A33", nullptr, act_socket, {"inet", "raw"}},
      {"A33.2", nullptr, act_socket, {"packet", "raw"}},
      {"A34", nullptr, act_socket, {"alg", "seqpacket"}},
      {"A35", nullptr, act_socket, {"netlink", "raw", "12"}},
      {"A35.2", nullptr, act_capability, {"net_admin"}},
      {"A36", nullptr, act_socket, {"inet6", "stream"}},
      {"A37", nullptr, act_userns},
      // Running what was not meant to run.
      {"A38", nullptr, act_exec, {"/bin/sh", "-c", "exit 0"}},
      {"A38.2", nullptr, act_exec, {"/usr/bin/bash", "-c", "exit 0"}},
      {"A39", nullptr, act_drop_and_run, {"/var/tmp/payload"}},
      {"A39.2", nullptr, act_drop_and_run, {"/run/payload"}},
      {"A40", nullptr, act_memfd_exec},
      {"A41", nullptr, act_exec, {"/lib64/ld-linux-x86-64.so.2", "/usr/bin/dash", "-c", "exit 0"}},
      // Accounts and secrets.
      {"A42", stage_file, act_file, {"/etc/passwd", "w"}},
      {"A42.2", stage_file, act_file, {"/etc/ld.so.preload", "w"}},
      {"A43", stage_folder, act_chmod, {"/etc"}},
      {"A43.2", stage_folder, act_chmod, {"/root"}},
      {"A44", stage_file, act_file, {"/etc/shadow", "r"}},
      {"A44.2", stage_file, act_file, {"/run/secrets/kubernetes.io/serviceaccount/token", "r"}},
      // Capabilities, namespaces, leaving the profile.
      {"A45", nullptr, act_open_by_handle},
      {"A46", nullptr, act_capability, {"sys_module"}},
      {"A46.2", nullptr, act_capability, {"bpf"}},
      {"A47", nullptr, act_capability, {"sys_admin"}},
      {"A47.2", stage_peer, act_read_peer, {"ns/mnt"}},
      {"A48", nullptr, act_change_profile, {"unconfined"}},
      {"A49", nullptr, act_io_uring},
      {"A51", stage_socket, act_file, {"/run/systemd/private", "w"}},
      {"A51.2", stage_socket, act_connect_unix, {"/run/systemd/private"}},
      {"A52", stage_socket, act_connect_unix, {"/run/dbus/system_bus_socket"}},
      {"A53", stage_file, act_file, {"/proc/sys/net/ipv4/ip_forward", "w"}},
      {"F5", nullptr, act_socketpair},
      {"F7", nullptr, act_list_processes},
      // General forms, for expectations.
      {"file", stage_file, act_file},
      {"program", stage_program, act_exec},
      {"exec", nullptr, act_exec},
      {"chmod", stage_file, act_chmod},
      {"socket", nullptr, act_socket},
      {"capability", nullptr, act_capability},
      {"connect", stage_socket, act_connect_unix},
      {"mount", stage_folder, act_mount},
      {"bind", stage_folder, act_bind},
      {"remount", stage_folder, act_remount},
      {"umount", stage_covered, act_umount},
      {"pivot_root", stage_folder, act_pivot_root},
      {"signal-unconfined", stage_peer, act_signal_peer},
      {"signal-self", nullptr, act_signal_child},
      {"signal-from", stage_sender, act_receive_signal},
      {"ptrace-unconfined", stage_peer, act_ptrace_peer},
      {"ptrace-self", nullptr, act_ptrace_child},
      {"change_profile", nullptr, act_change_profile},
      {"userns", nullptr, act_userns},
      {"io_uring", nullptr, act_io_uring},
  };
  return rows;
}

}  // namespace

std::span<const Action> actions() { return table(); }

}  // namespace bh::probe
