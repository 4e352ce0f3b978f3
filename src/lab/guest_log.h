// The guest's kernel log, cut into steps: which AppArmor lines did this step cause?
//
// The audit system queues its records and a kernel thread prints them a little later. So after each step a
// mark is sent through the same queue (an AUDIT_USER_AVC message, which needs no audit daemon); what stands
// before the mark in the log belongs to the step. Follows kernel/audit.c and kernel/printk/printk.c.
#pragma once

#include <string>
#include <vector>

namespace bh::lab {

class GuestLog {
 public:
  GuestLog();
  ~GuestLog();
  GuestLog(const GuestLog&) = delete;
  GuestLog& operator=(const GuestLog&) = delete;

  /// The AppArmor lines since the last call (or the start), oldest first, as dmesg shows them. Waits at most
  /// a second for the mark.
  [[nodiscard]] std::vector<std::string> take();

 private:
  [[nodiscard]] bool send_mark(const std::string& mark) const;
  /// Appends what the log has by now. True: the mark is among it.
  bool read_lines(const std::string& mark, std::vector<std::string>& lines) const;

  int kmsg_ = -1;
  int audit_ = -1;
  unsigned marks_ = 0;
};

}  // namespace bh::lab
