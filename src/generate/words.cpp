#include "generate/words.h"

#include <algorithm>
#include <array>

namespace bh::generate {
namespace {

constexpr std::array<std::string_view, 41> capabilities = {
    "audit_control",   "audit_read",   "audit_write",
    "block_suspend",   "bpf",          "checkpoint_restore",
    "chown",           "dac_override", "dac_read_search",
    "fowner",          "fsetid",       "ipc_lock",
    "ipc_owner",       "kill",         "lease",
    "linux_immutable", "mac_admin",    "mac_override",
    "mknod",           "net_admin",    "net_bind_service",
    "net_broadcast",   "net_raw",      "perfmon",
    "setfcap",         "setgid",       "setpcap",
    "setuid",          "sys_admin",    "sys_boot",
    "sys_chroot",      "sys_module",   "sys_nice",
    "sys_pacct",       "sys_ptrace",   "sys_rawio",
    "sys_resource",    "sys_time",     "sys_tty_config",
    "syslog",          "wake_alarm"};

constexpr std::array<std::string_view, 14> docker = {
    "audit_write",      "chown",   "dac_override", "fowner", "fsetid",  "kill",   "mknod",
    "net_bind_service", "net_raw", "setfcap",      "setgid", "setpcap", "setuid", "sys_chroot"};

constexpr std::array<std::string_view, 8> protocols = {"tcp",   "udp",       "icmp", "stream",
                                                       "dgram", "seqpacket", "rdm",  "raw"};

constexpr std::array<std::string_view, 43> families = {
    "inet", "inet6",     "unix",   "netlink", "packet",  "appletalk", "ash",   "atmpvc",     "atmsvc",
    "ax25", "bluetooth", "bridge", "caif",    "can",     "econet",    "ib",    "ieee802154", "ipx",
    "irda", "isdn",      "iucv",   "kcm",     "key",     "llc",       "mpls",  "netbeui",    "netrom",
    "nfc",  "phonet",    "pppox",  "qipcrtr", "rds",     "rose",      "rxrpc", "security",   "smc",
    "sna",  "tipc",      "unspec", "vsock",   "wanpipe", "x25",       "xdp"};

}  // namespace

std::span<const std::string_view> capability_names() { return capabilities; }
std::span<const std::string_view> docker_capabilities() { return docker; }
std::span<const std::string_view> protocol_names() { return protocols; }
std::span<const std::string_view> family_names() { return families; }

bool is_one_of(std::string_view word, std::span<const std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

std::optional<std::string> capability_named(std::string_view word) {
  std::string name = lower(word);
  if (name.starts_with("cap_")) name.erase(0, 4);
  return is_one_of(name, capabilities) ? std::optional(name) : std::nullopt;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace bh::generate
