#include "net/audit_netlink.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace bh::net {
namespace {

constexpr std::chrono::milliseconds answer_wait{5'000};
constexpr std::size_t rules_max = 100'000;

/// Messages of one datagram. Lengths come from outside (the kernel, or whoever writes to the socket) and are
/// checked.
template <class Each>
void for_each_message(std::string_view datagram, Each each) {
  while (datagram.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    std::memcpy(&header, datagram.data(), sizeof header);
    if (header.nlmsg_len < sizeof header) return;
    // Audit's own event messages do not count their header into the length; the datagram's end bounds them.
    std::size_t length = std::min<std::size_t>(header.nlmsg_len, datagram.size());
    each(header, datagram.substr(sizeof header, length - sizeof header));
    datagram.remove_prefix(std::min<std::size_t>(NLMSG_ALIGN(length), datagram.size()));
  }
}

int error_code(std::string_view payload) {
  int code = 0;
  if (payload.size() >= sizeof code) std::memcpy(&code, payload.data(), sizeof code);
  return -code;
}

}  // namespace

Result<AuditNetlink> AuditNetlink::open(bool listen) {
  int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
  if (fd < 0) return fail_errno(errno, "the kernel's audit socket");
  AuditNetlink link(fd);
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  if (listen) address.nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail_errno(errno, "the kernel's audit socket");
  int bytes = 4 << 20;
  if (listen) (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  return link;
}

AuditNetlink::~AuditNetlink() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> AuditNetlink::request(std::uint16_t type, std::string_view payload) {
  nlmsghdr header = {};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + payload.size());
  header.nlmsg_type = type;
  header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  header.nlmsg_seq = ++sequence_;
  std::string message(reinterpret_cast<const char*>(&header), sizeof header);
  message += payload;
  sockaddr_nl kernel = {};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent =
      ::sendto(fd_, message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
  if (sent < 0) return fail_errno(errno, "the kernel's audit socket");
  return {};
}

Result<bool> AuditNetlink::receive(std::string& into, std::chrono::milliseconds wait) {
  pollfd waiting = {.fd = fd_, .events = POLLIN};
  int ready = ::poll(&waiting, 1, static_cast<int>(wait.count()));
  if (ready < 0 && errno != EINTR) return fail_errno(errno, "the kernel's audit socket");
  if (ready <= 0) return false;
  into.resize(64u << 10);
  sockaddr_nl from = {};
  socklen_t length = sizeof from;
  ssize_t got = ::recvfrom(fd_, into.data(), into.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
  if (got < 0) return fail_errno(errno, "the kernel's audit socket");
  into.resize(static_cast<std::size_t>(got));
  if (from.nl_pid != 0) into.clear();  // not from the kernel
  return true;
}

Result<void> AuditNetlink::acknowledged() {
  std::string datagram;
  std::optional<int> outcome;
  while (!outcome) {
    BH_TRY(bool got, receive(datagram, answer_wait));
    if (!got) return fail_errno(ETIMEDOUT, "the kernel's audit socket");
    for_each_message(datagram, [&](const nlmsghdr& header, std::string_view payload) {
      if (header.nlmsg_type == NLMSG_ERROR && header.nlmsg_seq == sequence_) outcome = error_code(payload);
    });
  }
  if (*outcome != 0) return fail_errno(*outcome, "the kernel's audit system");
  return {};
}

Result<KernelAuditStatus> AuditNetlink::status() {
  BH_TRY_DO(request(AUDIT_GET, {}));
  std::string datagram;
  std::optional<KernelAuditStatus> status;
  int refused = 0;
  while (!status && refused == 0) {
    BH_TRY(bool got, receive(datagram, answer_wait));
    if (!got) return fail_errno(ETIMEDOUT, "the kernel's audit status");
    for_each_message(datagram, [&](const nlmsghdr& header, std::string_view payload) {
      if (header.nlmsg_seq != sequence_) return;
      if (header.nlmsg_type == NLMSG_ERROR) refused = error_code(payload);
      audit_status raw = {};
      if (header.nlmsg_type != AUDIT_GET || payload.size() < offsetof(audit_status, backlog)) return;
      std::memcpy(&raw, payload.data(), std::min(payload.size(), sizeof raw));
      status = KernelAuditStatus{raw.enabled, raw.pid, raw.lost};
    });
  }
  if (refused != 0) return fail_errno(refused, "the kernel's audit status");
  return *status;
}

Result<void> AuditNetlink::set_enabled(bool on) {
  audit_status raw = {};
  raw.mask = AUDIT_STATUS_ENABLED;
  raw.enabled = on ? 1 : 0;
  BH_TRY_DO(request(AUDIT_SET, {reinterpret_cast<const char*>(&raw), sizeof raw}));
  return acknowledged();
}

Result<std::vector<std::string>> AuditNetlink::rules() {
  BH_TRY_DO(request(AUDIT_LIST_RULES, {}));
  std::vector<std::string> rules;
  std::string datagram;
  bool done = false;
  int refused = 0;
  while (!done && refused == 0) {
    BH_TRY(bool got, receive(datagram, answer_wait));
    if (!got) return fail_errno(ETIMEDOUT, "the kernel's audit rules");
    for_each_message(datagram, [&](const nlmsghdr& header, std::string_view payload) {
      if (header.nlmsg_seq != sequence_) return;
      if (header.nlmsg_type == NLMSG_ERROR) refused = error_code(payload);
      if (header.nlmsg_type == NLMSG_DONE) done = true;
      if (header.nlmsg_type == AUDIT_LIST_RULES) rules.emplace_back(payload);
    });
    if (rules.size() > rules_max) return fail("the kernel holds more than {} audit rules", rules_max);
  }
  if (refused != 0) return fail_errno(refused, "the kernel's audit rules");
  return rules;
}

Result<void> AuditNetlink::add(std::string_view rule) {
  BH_TRY_DO(request(AUDIT_ADD_RULE, rule));
  return acknowledged();
}

Result<void> AuditNetlink::remove(std::string_view rule) {
  BH_TRY_DO(request(AUDIT_DEL_RULE, rule));
  return acknowledged();
}

Result<AuditMessage> AuditNetlink::next(std::chrono::milliseconds wait) {
  std::string datagram;
  BH_TRY(bool got, receive(datagram, wait));
  AuditMessage message;
  if (!got || datagram.size() < sizeof(nlmsghdr)) return message;
  nlmsghdr header;
  std::memcpy(&header, datagram.data(), sizeof header);
  message.type = header.nlmsg_type;
  message.text = datagram.substr(sizeof header);
  while (!message.text.empty() && message.text.back() == '\0') message.text.pop_back();
  return message;
}

}  // namespace bh::net
