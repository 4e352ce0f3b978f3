#include "lab/guest_log.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/result.h"

namespace bh::lab {
namespace {

/// `6,339,5140900,-;message` newline ` KEY=value`… -> message.
std::string_view message_of(std::string_view record) {
  auto start = record.find(';');
  if (start == std::string_view::npos) return {};
  record.remove_prefix(start + 1);
  return record.substr(0, record.find('\n'));
}

}  // namespace

GuestLog::GuestLog()
    : kmsg_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)),
      audit_(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT)) {
  if (kmsg_ >= 0) ::lseek(kmsg_, 0, SEEK_END);
}

GuestLog::~GuestLog() {
  if (kmsg_ >= 0) ::close(kmsg_);
  if (audit_ >= 0) ::close(audit_);
}

bool GuestLog::send_mark(const std::string& mark) const {
  struct {
    nlmsghdr header;
    char text[64];
  } message = {};
  if (mark.size() >= sizeof message.text) return false;
  std::memcpy(message.text, mark.data(), mark.size());
  message.header.nlmsg_len = static_cast<unsigned>(NLMSG_LENGTH(mark.size() + 1));
  message.header.nlmsg_type = AUDIT_USER_AVC;
  message.header.nlmsg_flags = NLM_F_REQUEST;
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  return ::sendto(audit_, &message, message.header.nlmsg_len, 0, reinterpret_cast<sockaddr*>(&kernel),
                  sizeof kernel) > 0;
}

bool GuestLog::read_lines(const std::string& mark, std::vector<std::string>& lines) const {
  char record[8192];
  for (;;) {
    ssize_t n = ::read(kmsg_, record, sizeof record);
    if (n < 0 && errno == EPIPE)
      continue;  // older lines were overwritten: the log is larger than what a step says
    if (n <= 0) return false;
    std::string_view message = message_of({record, static_cast<std::size_t>(n)});
    if (message.find(mark) != std::string_view::npos) return true;
    if (message.find("apparmor=\"") != std::string_view::npos) lines.emplace_back(message);
  }
}

std::vector<std::string> GuestLog::take() {
  std::vector<std::string> lines;
  std::string mark = fmt::format("bulkhead-lab-mark-{}-", ++marks_);
  bool sent = send_mark(mark);
  for (int tries = 0; tries < 100; ++tries) {
    if (read_lines(mark, lines) || !sent) break;
    pollfd wait = {kmsg_, POLLIN, 0};
    ::poll(&wait, 1, 10);
  }
  return lines;
}

}  // namespace bh::lab
