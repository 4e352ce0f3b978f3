#include "compile/names.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace bh::compile {
namespace {

constexpr auto signals = std::to_array<NamedNumber>({
    {"hup", 1},   {"int", 2},     {"quit", 3},  {"ill", 4},   {"trap", 5},    {"abrt", 6},  {"bus", 7},
    {"fpe", 8},   {"kill", 9},    {"usr1", 10}, {"segv", 11}, {"usr2", 12},   {"pipe", 13}, {"alrm", 14},
    {"term", 15}, {"stkflt", 16}, {"chld", 17}, {"cont", 18}, {"stop", 19},   {"stp", 20},  {"ttin", 21},
    {"ttou", 22}, {"urg", 23},    {"xcpu", 24}, {"xfsz", 25}, {"vtalrm", 26}, {"prof", 27}, {"winch", 28},
    {"io", 29},   {"pwr", 30},    {"sys", 31},  {"emt", 32},  {"exists", 35},
});
constexpr std::uint32_t first_realtime = 128;
constexpr std::uint32_t last_realtime = 32;

constexpr auto capabilities = std::to_array<NamedNumber>({
    {"chown", 0},
    {"dac_override", 1},
    {"dac_read_search", 2},
    {"fowner", 3},
    {"fsetid", 4},
    {"kill", 5},
    {"setgid", 6},
    {"setuid", 7},
    {"setpcap", 8},
    {"linux_immutable", 9},
    {"net_bind_service", 10},
    {"net_broadcast", 11},
    {"net_admin", 12},
    {"net_raw", 13},
    {"ipc_lock", 14},
    {"ipc_owner", 15},
    {"sys_module", 16},
    {"sys_rawio", 17},
    {"sys_chroot", 18},
    {"sys_ptrace", 19},
    {"sys_pacct", 20},
    {"sys_admin", 21},
    {"sys_boot", 22},
    {"sys_nice", 23},
    {"sys_resource", 24},
    {"sys_time", 25},
    {"sys_tty_config", 26},
    {"mknod", 27},
    {"lease", 28},
    {"audit_write", 29},
    {"audit_control", 30},
    {"setfcap", 31},
    {"mac_override", 32},
    {"mac_admin", 33},
    {"syslog", 34},
    {"wake_alarm", 35},
    {"block_suspend", 36},
    {"audit_read", 37},
    {"perfmon", 38},
    {"bpf", 39},
    {"checkpoint_restore", 40},
});

constexpr auto families = std::to_array<NamedNumber>({
    {"unspec", 0},     {"unix", 1},      {"inet", 2},   {"ax25", 3},     {"ipx", 4},     {"appletalk", 5},
    {"netrom", 6},     {"bridge", 7},    {"atmpvc", 8}, {"x25", 9},      {"inet6", 10},  {"rose", 11},
    {"netbeui", 13},   {"security", 14}, {"key", 15},   {"netlink", 16}, {"packet", 17}, {"ash", 18},
    {"econet", 19},    {"atmsvc", 20},   {"rds", 21},   {"sna", 22},     {"irda", 23},   {"pppox", 24},
    {"wanpipe", 25},   {"llc", 26},      {"ib", 27},    {"mpls", 28},    {"can", 29},    {"tipc", 30},
    {"bluetooth", 31}, {"iucv", 32},     {"rxrpc", 33}, {"isdn", 34},    {"phonet", 35}, {"ieee802154", 36},
    {"caif", 37},      {"alg", 38},      {"nfc", 39},   {"vsock", 40},   {"kcm", 41},    {"qipcrtr", 42},
    {"smc", 43},       {"xdp", 44},      {"mctp", 45},
});

constexpr auto socket_types = std::to_array<NamedNumber>({
    {"stream", 1},
    {"dgram", 2},
    {"raw", 3},
    {"rdm", 4},
    {"seqpacket", 5},
    {"packet", 10},
});

constexpr auto rlimits = std::to_array<NamedNumber>({
    {"cpu", 0},
    {"fsize", 1},
    {"data", 2},
    {"stack", 3},
    {"core", 4},
    {"rss", 5},
    {"nproc", 6},
    {"nofile", 7},
    {"ofile", 7},
    {"memlock", 8},
    {"as", 9},
    {"locks", 10},
    {"sigpending", 11},
    {"msgqueue", 12},
    {"nice", 13},
    {"rtprio", 14},
    {"rttime", 15},
});

}  // namespace

std::span<const NamedNumber> signal_names() { return signals; }
std::span<const NamedNumber> capability_names() { return capabilities; }
std::span<const NamedNumber> family_names() { return families; }
std::span<const NamedNumber> socket_type_names() { return socket_types; }
std::span<const NamedNumber> rlimit_names() { return rlimits; }

std::optional<std::uint32_t> number_of(std::span<const NamedNumber> names, std::string_view name) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](const NamedNumber& entry) { return entry.name == name; });
  if (found == names.end()) return std::nullopt;
  return found->number;
}

std::string_view name_of(std::span<const NamedNumber> names, std::uint32_t number) {
  const auto found = std::find_if(names.begin(), names.end(),
                                  [&](const NamedNumber& entry) { return entry.number == number; });
  return found == names.end() ? std::string_view{} : found->name;
}

std::optional<std::uint32_t> signal_number(std::string_view name) {
  static constexpr std::string_view realtime = "rtmin+";
  if (!name.starts_with(realtime)) return number_of(signals, name);
  const std::string_view digits = name.substr(realtime.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || number > last_realtime)
    return std::nullopt;
  return first_realtime + number;
}

}  // namespace bh::compile
