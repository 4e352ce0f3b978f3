// Boots one kernel with one initramfs in QEMU and waits for its end: bounded in time, output and memory, no
// network; disks only where they are asked for.
//
// Two serial lines: the first is the kernel's console, the second (a file) is the guest's own, so that
// results never mix with messages.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bh::lab {

/// A raw image; the guest sees the first one as /dev/vda.
struct Drive {
  std::string file;
  enum class Kind : std::uint8_t {
    kept,       ///< what the guest writes is in the file
    snapshot,   ///< what the guest writes is thrown away
    read_only,  ///< any file: its size is rounded up to whole sectors
  } kind = Kind::snapshot;
};

struct Machine {
  std::string kernel;  ///< vmlinuz
  std::string initrd;
  std::string folder;  ///< a folder of the caller's for the results file
  std::string append;  ///< more words for the kernel's command line
  std::vector<Drive> drives;
  int memory_mib = 1024;
  std::chrono::seconds timeout{180};
};

struct MachineOutcome {
  bool timed_out = false;
  std::string console;  ///< the last 64 KiB
  std::string results;  ///< what the guest wrote to its second serial line, at most 16 MiB
  double seconds = 0;
};

/// Errors: QEMU is not installed (says the package), or refuses its arguments (its own words).
[[nodiscard]] Result<MachineOutcome> boot(const Machine& machine);

}  // namespace bh::lab
