// The kernel's audit system, asked and told over netlink without auditd's tools: status, the rules that are
// loaded, adding and deleting one, and the stream of events.
//
// A rule travels as bytes in the kernel's own form (struct audit_rule_data); audit/audit_rules.h gives the
// bytes a meaning. Source: include/uapi/linux/audit.h, kernel/audit.c, kernel/auditfilter.c. Needs
// CAP_AUDIT_CONTROL (rules, status) or CAP_AUDIT_READ (the stream), in the first user namespace.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::net {

struct KernelAuditStatus {
  std::uint32_t enabled = 0;
  std::uint32_t pid = 0;
  std::uint32_t lost = 0;
};

struct AuditMessage {
  std::uint16_t type = 0;  ///< AUDIT_SYSCALL …
  std::string text;        ///< `audit(1700000000.123:45): …`
};

class AuditNetlink {
 public:
  /// `listen` joins the multicast group of events (it takes nothing away from auditd). Errors:
  /// EPROTONOSUPPORT: no audit in this kernel; EPERM.
  [[nodiscard]] static Result<AuditNetlink> open(bool listen = false);
  AuditNetlink(AuditNetlink&& other) noexcept : fd_(other.fd_), sequence_(other.sequence_) { other.fd_ = -1; }
  AuditNetlink& operator=(AuditNetlink&&) = delete;
  ~AuditNetlink();

  [[nodiscard]] Result<KernelAuditStatus> status();
  [[nodiscard]] Result<void> set_enabled(bool on);
  [[nodiscard]] Result<std::vector<std::string>> rules();
  /// EEXIST where the kernel has the same rule.
  [[nodiscard]] Result<void> add(std::string_view rule);
  /// ENOENT where it has not.
  [[nodiscard]] Result<void> remove(std::string_view rule);
  /// The next message of the stream; an empty text when `wait` passed without one.
  [[nodiscard]] Result<AuditMessage> next(std::chrono::milliseconds wait);

 private:
  explicit AuditNetlink(int fd) : fd_(fd) {}
  [[nodiscard]] Result<void> request(std::uint16_t type, std::string_view payload);
  /// One datagram, at most 5 s; false when none came.
  [[nodiscard]] Result<bool> receive(std::string& into, std::chrono::milliseconds wait);
  [[nodiscard]] Result<void> acknowledged();

  int fd_ = -1;
  std::uint32_t sequence_ = 0;
};

}  // namespace bh::net
