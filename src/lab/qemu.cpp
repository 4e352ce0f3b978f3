#include "lab/qemu.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/spawn.h"

namespace bh::lab {
namespace {

constexpr std::size_t console_tail = 64u << 10;
constexpr const char* results_name = "results";

enum class Accelerator : std::uint8_t { emulation, kvm };

/// The device alone proves nothing: hosts that are guests themselves may have it on a processor without the
/// extensions, and QEMU then aborts or the guest hangs.
Accelerator best_accelerator() {
  if (::access("/dev/kvm", R_OK | W_OK) != 0) return Accelerator::emulation;
  auto cpus = read_file(Os::real(), "/proc/cpuinfo");
  if (!cpus) return Accelerator::emulation;
  bool extensions = cpus->find(" vmx ") != std::string::npos || cpus->find(" svm ") != std::string::npos;
  return extensions ? Accelerator::kvm : Accelerator::emulation;
}

/// In QEMU's lists of `key=value` a comma is written twice.
std::string quoted(std::string_view path) {
  std::string text;
  for (char c : path) text.append(c == ',' ? 2 : 1, c);
  return text;
}

std::string drive_words(const Drive& drive) {
  const char* how = drive.kind == Drive::Kind::snapshot    ? ",snapshot=on"
                    : drive.kind == Drive::Kind::read_only ? ",readonly=on"
                                                           : "";
  // Nobody's data is in it: what matters outlives the guest, and need not outlive a crash of the host.
  return fmt::format("file={},format=raw,if=virtio,cache=unsafe{}", quoted(drive.file), how);
}

std::vector<std::string> command_line(const Machine& machine, Accelerator accelerator) {
  std::vector<std::string> argv = {"qemu-system-x86_64", "-M", "q35", "-nodefaults", "-no-user-config"};
  argv.insert(argv.end(), {"-accel", accelerator == Accelerator::kvm ? "kvm" : "tcg,thread=multi"});
  argv.insert(argv.end(), {"-cpu", "max", "-smp", "2"});
  argv.insert(argv.end(), {"-m", std::to_string(machine.memory_mib)});
  argv.insert(argv.end(), {"-kernel", machine.kernel, "-initrd", machine.initrd});
  // no_timer_check: on a busy host the emulated timer does not tick in the moment in which the kernel looks,
  // and it would panic.
  argv.insert(argv.end(),
              {"-append",
               "console=ttyS0 quiet panic=-1 no_timer_check apparmor=1 security=apparmor log_buf_len=4M "
               "audit_backlog_limit=8192 rdinit=/usr/bin/bulkhead " +
                   machine.append + " -- lab-guest"});
  argv.insert(argv.end(), {"-display", "none", "-monitor", "none", "-no-reboot"});
  argv.insert(argv.end(), {"-serial", "stdio", "-serial", fmt::format("file:{}", results_name)});
  for (const Drive& drive : machine.drives) argv.insert(argv.end(), {"-drive", drive_words(drive)});
  return argv;
}

}  // namespace

Result<MachineOutcome> boot(const Machine& machine) {
  auto begin = std::chrono::steady_clock::now();
  // The results file is named relative to the working folder, so that no path needs QEMU's quoting.
  auto run = [&](Accelerator accelerator) {
    return spawn(command_line(machine, accelerator),
                 {.working_directory = machine.folder, .timeout = machine.timeout});
  };
  Accelerator accelerator = best_accelerator();
  auto ended = run(accelerator);
  if (accelerator == Accelerator::kvm && ended && !ended->timed_out && ended->exit_code != 0)
    ended = run(Accelerator::emulation);
  if (!ended && ended.error().sys == ENOENT)
    return fail("QEMU is not installed (apt-get install qemu-system-x86)");
  if (!ended) return tl::unexpected(std::move(ended.error()));
  if (!ended->timed_out && ended->exit_code != 0)
    return fail("QEMU ended with status {}: {}", ended->exit_code, ended->err.substr(0, 600));
  MachineOutcome outcome;
  outcome.timed_out = ended->timed_out;
  std::size_t skip = ended->out.size() > console_tail ? ended->out.size() - console_tail : 0;
  outcome.console = ended->out.substr(skip);
  BH_TRY(outcome.results, read_file(Os::real(), machine.folder + "/" + results_name));
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return outcome;
}

}  // namespace bh::lab
