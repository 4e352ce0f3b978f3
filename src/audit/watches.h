// The watches of the benchmark for this host: planned from the facts, written to rules.d, loaded into the
// kernel, verified there, and undone. Works without auditd's tools; only what exists on this host is watched.
//
// One rule serves 64-bit and 32-bit programs alike: it names no architecture, and the kernel asks "does this
// syscall write?" by the caller's own table. Source: auditctl(8), kernel/auditfilter.c.
#pragma once

#include <string>
#include <vector>

#include "audit/facts.h"
#include "base/os.h"
#include "base/result.h"

namespace bh::audit {

inline constexpr std::string_view watch_key = "docker";
inline constexpr std::string_view watch_file = "/etc/audit/rules.d/50-bulkhead-docker.rules";

struct Watch {
  std::string path;  ///< canonical
  bool directory = false;
  std::string perms;  ///< "wa"; programs "wxa"
};

/// Those files of Docker's that exist, sorted by path; what lies in a watched folder of the same mount is not
/// watched twice.
[[nodiscard]] std::vector<Watch> plan_watches(const std::vector<FileFact>& files);
/// As auditctl reads it, with a comment that says who wrote it.
[[nodiscard]] std::string rules_text(const std::vector<Watch>& watches);

struct WatchState {
  Watch watch;
  bool loaded = false;
  bool on_disk = false;
  std::string fault;  ///< what could not be done; empty: nothing
};
struct WatchReport {
  std::vector<WatchState> watches;
  bool enabled = false;       ///< the kernel's audit is on
  bool auditd_tools = false;  ///< something on this host loads rules.d at boot
  [[nodiscard]] bool complete() const;
};

// All of them need root. Errors: no audit in this kernel, no permission, rules locked until the next boot.
[[nodiscard]] Result<WatchReport> install_watches(Os& os, const std::vector<Watch>& watches);
[[nodiscard]] Result<WatchReport> verify_watches(Os& os, const std::vector<Watch>& watches);
/// Takes out what install put in: the rules that its file lists, and the file.
[[nodiscard]] Result<WatchReport> remove_watches(Os& os);

}  // namespace bh::audit
