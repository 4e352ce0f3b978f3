// The kernel's reason for a refusal. A failed load returns one errno; the why (`failed to unpack profile …
// offset=N`) goes to the audit system only: to its multicast group, and to the kernel log where no audit
// daemon takes it.
//
// Listen before the write, ask after a failure. Nothing here is needed for correctness: no record, no words.
// Follows security/apparmor/{audit,policy_unpack}.c and kernel/audit.c.
#pragma once

#include <cstdint>
#include <string>

#include "kernel/apparmor.h"

namespace bh::kernel {

class AuditTail {
 public:
  /// Joins the audit multicast group where that is allowed (CAP_AUDIT_READ).
  AuditTail(Os& os, const Roots& roots);
  ~AuditTail();
  AuditTail(const AuditTail&) = delete;
  AuditTail& operator=(const AuditTail&) = delete;

  /// The newest `apparmor="STATUS"` record with an error that this process caused, from `apparmor=` on, but
  /// none that only says that the rest of the load fell with it, if there is another. Empty if none comes
  /// within a second (the kernel queues them), or if neither source may be read.
  [[nodiscard]] std::string reason();

 private:
  [[nodiscard]] bool can_hear();
  [[nodiscard]] std::string from_socket();
  [[nodiscard]] std::string from_kmsg();

  Os& os_;
  std::string kmsg_;
  std::int64_t since_;  ///< when listening began; milliseconds since the epoch
  int socket_ = -1;
};

/// The record in `line` if it is an AppArmor status record with an error, of process `pid`, and not stamped
/// before `since` (milliseconds since the epoch); else empty.
[[nodiscard]] std::string status_record(std::string_view line, int pid, std::int64_t since);

/// `info="…" name="…" offset=N` of a record as one readable clause.
[[nodiscard]] std::string readable_reason(std::string_view record);

}  // namespace bh::kernel
