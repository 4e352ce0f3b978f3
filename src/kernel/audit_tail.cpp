#include "kernel/audit_tail.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>

namespace bh::kernel {
namespace {

constexpr auto patience = std::chrono::milliseconds(1000);
constexpr auto pause = std::chrono::milliseconds(10);
constexpr std::size_t max_kmsg_records = 100'000;

/// The value of ` key=` in a record: without quotes if it has them.
std::optional<std::string> value_of(std::string_view record, std::string_view key) {
  std::string wanted = fmt::format(" {}=", key);
  std::size_t at = record.find(wanted);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = record.substr(at + wanted.size());
  if (rest.starts_with('"')) return std::string(rest.substr(1, rest.find('"', 1) - 1));
  return std::string(rest.substr(0, rest.find_first_of(" \n")));
}

/// The time in `audit(SECONDS.MILLISECONDS:SERIAL)`, in milliseconds since the epoch.
std::optional<std::int64_t> stamp(std::string_view line) {
  std::size_t at = line.rfind("audit(");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + 6);
  std::int64_t seconds = 0, milliseconds = 0;
  auto first = std::from_chars(rest.data(), rest.data() + rest.size(), seconds);
  if (first.ec != std::errc() || first.ptr == rest.data() + rest.size() || *first.ptr != '.')
    return std::nullopt;
  auto second = std::from_chars(first.ptr + 1, rest.data() + rest.size(), milliseconds);
  if (second.ec != std::errc()) return std::nullopt;
  return seconds * 1000 + milliseconds;
}

/// `valid profile in failed atomic policy load`: a consequence, not a reason.
bool is_consequence(std::string_view record) {
  return record.find("in failed atomic policy load") != std::string_view::npos;
}

void take(std::string& found, std::string record) {
  if (!record.empty() && (found.empty() || !is_consequence(record))) found = std::move(record);
}

/// The kernel stamps records with a clock that may lag by a tick.
constexpr std::int64_t clock_lag = 20;

std::int64_t now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string status_record(std::string_view line, int pid, std::int64_t since) {
  std::size_t at = line.find("apparmor=\"STATUS\"");
  if (at == std::string_view::npos) return {};
  if (auto stamped = stamp(line.substr(0, at)); stamped && *stamped < since) return {};
  std::string_view record = line.substr(at, line.find('\n', at) - at);
  auto error = value_of(record, "error");
  if (!error || error == "0" || value_of(record, "pid") != std::to_string(pid)) return {};
  return std::string(record);
}

std::string readable_reason(std::string_view record) {
  std::string text = value_of(record, "info").value_or("");
  if (auto name = value_of(record, "name"))
    text += fmt::format("{}profile {}", text.empty() ? "" : ", ", *name);
  if (auto offset = value_of(record, "offset")) text += fmt::format(", at byte {}", *offset);
  return text;
}

AuditTail::AuditTail(Os& os, const Roots& roots) : os_(os), kmsg_(roots.kmsg), since_(now() - clock_lag) {
  if (!roots.audit_socket) return;
  socket_ = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT);
  if (socket_ < 0) return;
  sockaddr_nl address = {};
  address.nl_family = AF_NETLINK;
  address.nl_groups = 1u << (AUDIT_NLGRP_READLOG - 1);
  if (::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(socket_);
    socket_ = -1;
  }
}

AuditTail::~AuditTail() {
  if (socket_ >= 0) ::close(socket_);
}

bool AuditTail::can_hear() {
  if (socket_ >= 0) return true;
  auto fd = os_.open(kmsg_, O_RDONLY | O_NONBLOCK);
  if (fd) os_.close(*fd);
  return fd.has_value();
}

std::string AuditTail::reason() {
  if (!can_hear()) return {};
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    std::string record = from_socket();
    if (record.empty()) record = from_kmsg();
    if (!record.empty() || std::chrono::steady_clock::now() >= deadline) return record;
    std::this_thread::sleep_for(pause);
  }
}

std::string AuditTail::from_socket() {
  std::string found;
  alignas(nlmsghdr) char buffer[16384];
  while (socket_ >= 0) {
    ssize_t n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= static_cast<ssize_t>(sizeof(nlmsghdr))) return found;
    // The payload is text; its header's length field is not reliable for multicast records, the datagram's
    // is.
    std::string_view text(buffer + sizeof(nlmsghdr), static_cast<std::size_t>(n) - sizeof(nlmsghdr));
    take(found, status_record(text.substr(0, text.find('\0')), ::getpid(), since_));
  }
  return found;
}

std::string AuditTail::from_kmsg() {
  std::string found;
  auto fd = os_.open(kmsg_, O_RDONLY | O_NONBLOCK);
  if (!fd) return found;
  std::string buffer(16384, '\0');
  for (std::size_t records = 0; records < max_kmsg_records; ++records) {
    auto n = os_.read(*fd, buffer);
    if (!n && n.error().sys == EPIPE) continue;  // overwritten while we read: go on with the next record
    if (!n || *n == 0) break;
    std::string_view text(buffer.data(), *n);
    while (!text.empty()) {
      std::size_t end = text.find('\n');
      take(found, status_record(text.substr(0, end), ::getpid(), since_));
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
  }
  os_.close(*fd);
  return found;
}

}  // namespace bh::kernel
