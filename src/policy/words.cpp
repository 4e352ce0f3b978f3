#include "policy/words.h"

#include <fmt/format.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <vector>

#include "base/check.h"
#include "diag/suggest.h"

namespace bh::policy {
namespace {

constexpr Word capability_table[] = {
    {"chown", CAP_CHOWN},
    {"dac_override", CAP_DAC_OVERRIDE},
    {"dac_read_search", CAP_DAC_READ_SEARCH},
    {"fowner", CAP_FOWNER},
    {"fsetid", CAP_FSETID},
    {"kill", CAP_KILL},
    {"setgid", CAP_SETGID},
    {"setuid", CAP_SETUID},
    {"setpcap", CAP_SETPCAP},
    {"linux_immutable", CAP_LINUX_IMMUTABLE},
    {"net_bind_service", CAP_NET_BIND_SERVICE},
    {"net_broadcast", CAP_NET_BROADCAST},
    {"net_admin", CAP_NET_ADMIN},
    {"net_raw", CAP_NET_RAW},
    {"ipc_lock", CAP_IPC_LOCK},
    {"ipc_owner", CAP_IPC_OWNER},
    {"sys_module", CAP_SYS_MODULE},
    {"sys_rawio", CAP_SYS_RAWIO},
    {"sys_chroot", CAP_SYS_CHROOT},
    {"sys_ptrace", CAP_SYS_PTRACE},
    {"sys_pacct", CAP_SYS_PACCT},
    {"sys_admin", CAP_SYS_ADMIN},
    {"sys_boot", CAP_SYS_BOOT},
    {"sys_nice", CAP_SYS_NICE},
    {"sys_resource", CAP_SYS_RESOURCE},
    {"sys_time", CAP_SYS_TIME},
    {"sys_tty_config", CAP_SYS_TTY_CONFIG},
    {"mknod", CAP_MKNOD},
    {"lease", CAP_LEASE},
    {"audit_write", CAP_AUDIT_WRITE},
    {"audit_control", CAP_AUDIT_CONTROL},
    {"setfcap", CAP_SETFCAP},
    {"mac_override", CAP_MAC_OVERRIDE},
    {"mac_admin", CAP_MAC_ADMIN},
    {"syslog", CAP_SYSLOG},
    {"wake_alarm", CAP_WAKE_ALARM},
    {"block_suspend", CAP_BLOCK_SUSPEND},
    {"audit_read", CAP_AUDIT_READ},
    {"perfmon", CAP_PERFMON},
    {"bpf", CAP_BPF},
    {"checkpoint_restore", CAP_CHECKPOINT_RESTORE},
};

// Numbers written out: the C library's header is older than the newest families.
constexpr Word family_table[] = {
    {"unspec", 0},     {"unix", 1},      {"inet", 2},   {"ax25", 3},     {"ipx", 4},     {"appletalk", 5},
    {"netrom", 6},     {"bridge", 7},    {"atmpvc", 8}, {"x25", 9},      {"inet6", 10},  {"rose", 11},
    {"netbeui", 13},   {"security", 14}, {"key", 15},   {"netlink", 16}, {"packet", 17}, {"ash", 18},
    {"econet", 19},    {"atmsvc", 20},   {"rds", 21},   {"sna", 22},     {"irda", 23},   {"pppox", 24},
    {"wanpipe", 25},   {"llc", 26},      {"ib", 27},    {"mpls", 28},    {"can", 29},    {"tipc", 30},
    {"bluetooth", 31}, {"iucv", 32},     {"rxrpc", 33}, {"isdn", 34},    {"phonet", 35}, {"ieee802154", 36},
    {"caif", 37},      {"alg", 38},      {"nfc", 39},   {"vsock", 40},   {"kcm", 41},    {"qipcrtr", 42},
    {"smc", 43},       {"xdp", 44},      {"mctp", 45},
};

constexpr Word socket_type_table[] = {
    {"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM},         {"raw", SOCK_RAW},
    {"rdm", SOCK_RDM},       {"seqpacket", SOCK_SEQPACKET}, {"packet", SOCK_PACKET},
};

constexpr Protocol protocol_table[] = {
    {"tcp", AF_INET, SOCK_STREAM, IPPROTO_TCP},
    {"udp", AF_INET, SOCK_DGRAM, IPPROTO_UDP},
    {"icmp", AF_INET, SOCK_RAW, IPPROTO_ICMP},
};

constexpr Word signal_table[] = {
    {"hup", 1},    {"int", 2},     {"quit", 3},  {"ill", 4},   {"trap", 5},  {"abrt", 6},    {"bus", 7},
    {"fpe", 8},    {"kill", 9},    {"usr1", 10}, {"segv", 11}, {"usr2", 12}, {"pipe", 13},   {"alrm", 14},
    {"term", 15},  {"stkflt", 16}, {"chld", 17}, {"cont", 18}, {"stop", 19}, {"stp", 20},    {"tstp", 20},
    {"ttin", 21},  {"ttou", 22},   {"urg", 23},  {"xcpu", 24}, {"xfsz", 25}, {"vtalrm", 26}, {"prof", 27},
    {"winch", 28}, {"io", 29},     {"poll", 29}, {"pwr", 30},  {"sys", 31},  {"emt", 32},    {"exists", 35},
};

constexpr Word rlimit_table[] = {
    {"cpu", 0},         {"fsize", 1},     {"data", 2},  {"stack", 3},   {"core", 4},    {"rss", 5},
    {"nproc", 6},       {"nofile", 7},    {"ofile", 7}, {"memlock", 8}, {"as", 9},      {"locks", 10},
    {"sigpending", 11}, {"msgqueue", 12}, {"nice", 13}, {"rtprio", 14}, {"rttime", 15},
};

// Permission bits of the kernel, security/apparmor/include/perms.h.
enum : std::uint32_t {
  aa_may_exec = 0x1,
  aa_may_write = 0x2,
  aa_may_read = 0x4,
  aa_may_create = 0x10,
  aa_may_delete = 0x20,
  aa_may_open = 0x40,
  aa_may_setattr = 0x100,
  aa_may_getattr = 0x200,
  aa_may_accept = 0x100000,
  aa_may_bind = 0x200000,
  aa_may_listen = 0x400000,
  aa_may_shutdown = 0x20,
  aa_may_setopt = 0x1000000,
  aa_may_getopt = 0x2000000,
  aa_may_readby = 0x10,
  aa_may_tracedby = 0x8,
  aa_may_trace = 0x2,
  aa_dbus_eavesdrop = 0x20,
  aa_dbus_bind = 0x40,
  aa_ring_override = 0x8,
  aa_ring_sqpoll = 0x10,
  aa_userns_create = 0x8,
};

constexpr Word socket_access[] = {
    {"create", aa_may_create},
    {"bind", aa_may_bind},
    {"listen", aa_may_listen},
    {"accept", aa_may_accept},
    {"connect", aa_may_open},
    {"shutdown", aa_may_shutdown},
    {"getattr", aa_may_getattr},
    {"setattr", aa_may_setattr},
    {"getopt", aa_may_getopt},
    {"setopt", aa_may_setopt},
    {"send", aa_may_write},
    {"receive", aa_may_read},
    {"read", aa_may_read},
    {"write", aa_may_write},
    {"r", aa_may_read},
    {"w", aa_may_write},
    {"rw", aa_may_read | aa_may_write},
    {"wr", aa_may_read | aa_may_write},
};
constexpr Word signal_access[] = {
    {"send", aa_may_write},
    {"receive", aa_may_read},
    {"read", aa_may_read},
    {"write", aa_may_write},
    {"r", aa_may_read},
    {"w", aa_may_write},
    {"rw", aa_may_read | aa_may_write},
    {"wr", aa_may_read | aa_may_write},
};
constexpr Word ptrace_access[] = {
    {"read", aa_may_read},
    {"readby", aa_may_readby},
    {"trace", aa_may_trace},
    {"tracedby", aa_may_tracedby},
    {"write", aa_may_trace},
    {"r", aa_may_read},
    {"w", aa_may_trace},
    {"rw", aa_may_read | aa_may_trace},
    {"wr", aa_may_read | aa_may_trace},
};
constexpr Word dbus_access[] = {
    {"send", aa_may_write},
    {"receive", aa_may_read},
    {"bind", aa_dbus_bind},
    {"eavesdrop", aa_dbus_eavesdrop},
    {"read", aa_may_read},
    {"write", aa_may_write},
    {"r", aa_may_read},
    {"w", aa_may_write},
    {"rw", aa_may_read | aa_may_write},
    {"wr", aa_may_read | aa_may_write},
};
constexpr Word mqueue_access[] = {
    {"create", aa_may_create},
    {"open", aa_may_open},
    {"delete", aa_may_delete},
    {"read", aa_may_read},
    {"write", aa_may_write},
    {"getattr", aa_may_getattr},
    {"setattr", aa_may_setattr},
    {"r", aa_may_read},
    {"w", aa_may_write},
    {"rw", aa_may_read | aa_may_write},
    {"wr", aa_may_read | aa_may_write},
};
constexpr Word io_uring_access[] = {{"sqpoll", aa_ring_sqpoll}, {"override_creds", aa_ring_override}};
constexpr Word userns_access[] = {{"create", aa_userns_create}};

constexpr std::uint32_t user_bit = 1u << 31;  // kernel-internal MS_NOUSER; no rule can match it
constexpr MountOption mount_option_table[] = {
    {"ro", MS_RDONLY, 0},
    {"r", MS_RDONLY, 0},
    {"rw", 0, MS_RDONLY},
    {"w", 0, MS_RDONLY},
    {"suid", 0, MS_NOSUID},
    {"nosuid", MS_NOSUID, 0},
    {"dev", 0, MS_NODEV},
    {"nodev", MS_NODEV, 0},
    {"exec", 0, MS_NOEXEC},
    {"noexec", MS_NOEXEC, 0},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"remount", MS_REMOUNT, 0},
    {"mand", MS_MANDLOCK, 0},
    {"nomand", 0, MS_MANDLOCK},
    {"dirsync", MS_DIRSYNC, 0},
    {"symfollow", 0, MS_NOSYMFOLLOW},
    {"nosymfollow", MS_NOSYMFOLLOW, 0},
    {"atime", 0, MS_NOATIME},
    {"noatime", MS_NOATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"nodiratime", MS_NODIRATIME, 0},
    {"bind", MS_BIND, 0},
    {"B", MS_BIND, 0},
    {"rbind", MS_BIND | MS_REC, 0},
    {"R", MS_BIND | MS_REC, 0},
    {"move", MS_MOVE, 0},
    {"M", MS_MOVE, 0},
    {"verbose", MS_SILENT, 0},  // MS_VERBOSE is the old name of the same bit
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"acl", MS_POSIXACL, 0},
    {"noacl", 0, MS_POSIXACL},
    {"unbindable", MS_UNBINDABLE, 0},
    {"make-unbindable", MS_UNBINDABLE, 0},
    {"runbindable", MS_UNBINDABLE | MS_REC, 0},
    {"make-runbindable", MS_UNBINDABLE | MS_REC, 0},
    {"private", MS_PRIVATE, 0},
    {"make-private", MS_PRIVATE, 0},
    {"rprivate", MS_PRIVATE | MS_REC, 0},
    {"make-rprivate", MS_PRIVATE | MS_REC, 0},
    {"slave", MS_SLAVE, 0},
    {"make-slave", MS_SLAVE, 0},
    {"rslave", MS_SLAVE | MS_REC, 0},
    {"make-rslave", MS_SLAVE | MS_REC, 0},
    {"shared", MS_SHARED, 0},
    {"make-shared", MS_SHARED, 0},
    {"rshared", MS_SHARED | MS_REC, 0},
    {"make-rshared", MS_SHARED | MS_REC, 0},
    {"relatime", MS_RELATIME, 0},
    {"norelatime", 0, MS_RELATIME},
    {"iversion", MS_I_VERSION, 0},
    {"noiversion", 0, MS_I_VERSION},
    {"strictatime", MS_STRICTATIME, 0},
    {"nostrictatime", 0, MS_STRICTATIME},
    {"lazytime", MS_LAZYTIME, 0},
    {"nolazytime", 0, MS_LAZYTIME},
    {"nouser", user_bit, 0},
    {"user", 0, user_bit},
};

constexpr FlagWord flag_table[] = {
    {"enforce", FlagWord::Value::none, 1},
    {"complain", FlagWord::Value::none, 1},
    {"kill", FlagWord::Value::none, 1},
    {"default_allow", FlagWord::Value::none, 1},
    {"unconfined", FlagWord::Value::none, 1},
    {"prompt", FlagWord::Value::none, 1},
    {"audit"},
    {"debug"},
    {"interruptible"},
    {"chroot_relative", FlagWord::Value::none, 2},
    {"namespace_relative", FlagWord::Value::none, 2},
    {"mediate_deleted", FlagWord::Value::none, 3},
    {"delegate_deleted", FlagWord::Value::none, 3},
    {"attach_disconnected"},
    {"attach_disconnected.path", FlagWord::Value::path},
    {"attach_disconnected.ipc"},
    {"attach_disconnected.ipc", FlagWord::Value::path},
    {"no_attach_disconnected"},
    {"chroot_attach", FlagWord::Value::none, 4},
    {"chroot_no_attach", FlagWord::Value::none, 4},
    {"kill.signal", FlagWord::Value::signal},
    {"error", FlagWord::Value::error},
};

#define BH_ERRNO(name) \
  Word { #name, name }
constexpr Word error_table[] = {
    BH_ERRNO(EPERM),
    BH_ERRNO(ENOENT),
    BH_ERRNO(ESRCH),
    BH_ERRNO(EINTR),
    BH_ERRNO(EIO),
    BH_ERRNO(ENXIO),
    BH_ERRNO(E2BIG),
    BH_ERRNO(ENOEXEC),
    BH_ERRNO(EBADF),
    BH_ERRNO(ECHILD),
    BH_ERRNO(EAGAIN),
    BH_ERRNO(EWOULDBLOCK),
    BH_ERRNO(ENOMEM),
    BH_ERRNO(EACCES),
    BH_ERRNO(EFAULT),
    BH_ERRNO(ENOTBLK),
    BH_ERRNO(EBUSY),
    BH_ERRNO(EEXIST),
    BH_ERRNO(EXDEV),
    BH_ERRNO(ENODEV),
    BH_ERRNO(ENOTDIR),
    BH_ERRNO(EISDIR),
    BH_ERRNO(EINVAL),
    BH_ERRNO(ENFILE),
    BH_ERRNO(EMFILE),
    BH_ERRNO(ENOTTY),
    BH_ERRNO(ETXTBSY),
    BH_ERRNO(EFBIG),
    BH_ERRNO(ENOSPC),
    BH_ERRNO(ESPIPE),
    BH_ERRNO(EROFS),
    BH_ERRNO(EMLINK),
    BH_ERRNO(EPIPE),
    BH_ERRNO(EDOM),
    BH_ERRNO(ERANGE),
    BH_ERRNO(EDEADLK),
    BH_ERRNO(EDEADLOCK),
    BH_ERRNO(ENAMETOOLONG),
    BH_ERRNO(ENOLCK),
    BH_ERRNO(ENOSYS),
    BH_ERRNO(ENOTEMPTY),
    BH_ERRNO(ELOOP),
    BH_ERRNO(ENOMSG),
    BH_ERRNO(EIDRM),
    BH_ERRNO(ECHRNG),
    BH_ERRNO(EL2NSYNC),
    BH_ERRNO(EL3HLT),
    BH_ERRNO(EL3RST),
    BH_ERRNO(ELNRNG),
    BH_ERRNO(EUNATCH),
    BH_ERRNO(ENOCSI),
    BH_ERRNO(EL2HLT),
    BH_ERRNO(EBADE),
    BH_ERRNO(EBADR),
    BH_ERRNO(EXFULL),
    BH_ERRNO(ENOANO),
    BH_ERRNO(EBADRQC),
    BH_ERRNO(EBADSLT),
    BH_ERRNO(EBFONT),
    BH_ERRNO(ENOSTR),
    BH_ERRNO(ENODATA),
    BH_ERRNO(ETIME),
    BH_ERRNO(ENOSR),
    BH_ERRNO(ENONET),
    BH_ERRNO(ENOPKG),
    BH_ERRNO(EREMOTE),
    BH_ERRNO(ENOLINK),
    BH_ERRNO(EADV),
    BH_ERRNO(ESRMNT),
    BH_ERRNO(ECOMM),
    BH_ERRNO(EPROTO),
    BH_ERRNO(EMULTIHOP),
    BH_ERRNO(EDOTDOT),
    BH_ERRNO(EBADMSG),
    BH_ERRNO(EOVERFLOW),
    BH_ERRNO(ENOTUNIQ),
    BH_ERRNO(EBADFD),
    BH_ERRNO(EREMCHG),
    BH_ERRNO(ELIBACC),
    BH_ERRNO(ELIBBAD),
    BH_ERRNO(ELIBSCN),
    BH_ERRNO(ELIBMAX),
    BH_ERRNO(ELIBEXEC),
    BH_ERRNO(EILSEQ),
    BH_ERRNO(ERESTART),
    BH_ERRNO(ESTRPIPE),
    BH_ERRNO(EUSERS),
    BH_ERRNO(ENOTSOCK),
    BH_ERRNO(EDESTADDRREQ),
    BH_ERRNO(EMSGSIZE),
    BH_ERRNO(EPROTOTYPE),
    BH_ERRNO(ENOPROTOOPT),
    BH_ERRNO(EPROTONOSUPPORT),
    BH_ERRNO(ESOCKTNOSUPPORT),
    BH_ERRNO(EOPNOTSUPP),
    BH_ERRNO(ENOTSUP),
    BH_ERRNO(EPFNOSUPPORT),
    BH_ERRNO(EAFNOSUPPORT),
    BH_ERRNO(EADDRINUSE),
    BH_ERRNO(EADDRNOTAVAIL),
    BH_ERRNO(ENETDOWN),
    BH_ERRNO(ENETUNREACH),
    BH_ERRNO(ENETRESET),
    BH_ERRNO(ECONNABORTED),
    BH_ERRNO(ECONNRESET),
    BH_ERRNO(ENOBUFS),
    BH_ERRNO(EISCONN),
    BH_ERRNO(ENOTCONN),
    BH_ERRNO(ESHUTDOWN),
    BH_ERRNO(ETOOMANYREFS),
    BH_ERRNO(ETIMEDOUT),
    BH_ERRNO(ECONNREFUSED),
    BH_ERRNO(EHOSTDOWN),
    BH_ERRNO(EHOSTUNREACH),
    BH_ERRNO(EALREADY),
    BH_ERRNO(EINPROGRESS),
    BH_ERRNO(ESTALE),
    BH_ERRNO(EUCLEAN),
    BH_ERRNO(ENOTNAM),
    BH_ERRNO(ENAVAIL),
    BH_ERRNO(EISNAM),
    BH_ERRNO(EREMOTEIO),
    BH_ERRNO(EDQUOT),
    BH_ERRNO(ENOMEDIUM),
    BH_ERRNO(EMEDIUMTYPE),
    BH_ERRNO(ECANCELED),
    BH_ERRNO(ENOKEY),
    BH_ERRNO(EKEYEXPIRED),
    BH_ERRNO(EKEYREVOKED),
    BH_ERRNO(EKEYREJECTED),
    BH_ERRNO(EOWNERDEAD),
    BH_ERRNO(ENOTRECOVERABLE),
    BH_ERRNO(ERFKILL),
    BH_ERRNO(EHWPOISON),
};
#undef BH_ERRNO

struct ClassWord {
  RuleClass kind;
  std::string_view keyword;
  Words access;
};
constexpr ClassWord class_table[] = {
    {RuleClass::network, "network", socket_access},
    {RuleClass::mount, "mount", {}},
    {RuleClass::remount, "remount", {}},
    {RuleClass::umount, "umount", {}},
    {RuleClass::pivot_root, "pivot_root", {}},
    {RuleClass::signal, "signal", signal_access},
    {RuleClass::ptrace, "ptrace", ptrace_access},
    {RuleClass::unix, "unix", socket_access},
    {RuleClass::dbus, "dbus", dbus_access},
    {RuleClass::userns, "userns", userns_access},
    {RuleClass::io_uring, "io_uring", io_uring_access},
    {RuleClass::mqueue, "mqueue", mqueue_access},
    {RuleClass::all, "all", {}},
};

const ClassWord& class_word(RuleClass kind) {
  const ClassWord& word = class_table[static_cast<std::size_t>(kind)];
  BH_CHECK(word.kind == kind);
  return word;
}

template <class Table>
std::string suggestion(const Table& table, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  auto nearest = diag::did_you_mean(name, names);
  return nearest ? fmt::format("did you mean `{}`?", *nearest) : std::string();
}

}  // namespace

const Word* find(Words words, std::string_view name) {
  auto at = std::ranges::find(words, name, &Word::name);
  return at == words.end() ? nullptr : &*at;
}

std::optional<std::uint32_t> number_of(Words words, std::string_view name) {
  const Word* word = find(words, name);
  if (word == nullptr) return std::nullopt;
  return word->value;
}

std::string_view name_of(Words words, std::uint32_t number) {
  const auto at = std::ranges::find(words, number, &Word::value);
  return at == words.end() ? std::string_view() : at->name;
}

std::string suggest(Words words, std::string_view name) { return suggestion(words, name); }

std::string list(Words words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i)
    out += fmt::format("{}{}", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i].name);
  return out;
}

Words capabilities() { return capability_table; }
Words network_families() { return family_table; }
Words socket_types() { return socket_type_table; }
Words error_names() { return error_table; }
Words signals() { return signal_table; }
Words rlimits() { return rlimit_table; }
Words access_words(RuleClass kind) { return class_word(kind).access; }
std::string_view class_keyword(RuleClass kind) { return class_word(kind).keyword; }

const Protocol* find_protocol(std::string_view name) {
  const auto* at = std::ranges::find(protocol_table, name, &Protocol::name);
  return at == std::end(protocol_table) ? nullptr : at;
}

std::optional<std::uint32_t> signal_number(std::string_view name) {
  if (const Word* word = find(signal_table, name)) return word->value;
  constexpr std::string_view real_time = "rtmin+";
  if (!name.starts_with(real_time)) return std::nullopt;
  name.remove_prefix(real_time.size());
  std::int32_t n = 0;
  std::from_chars(name.data(), name.data() + name.size(), n);
  if (n < 0 || n > 32) return std::nullopt;
  return 128 + static_cast<std::uint32_t>(n);
}

const MountOption* find_mount_option(std::string_view name) {
  const auto* at = std::ranges::find(mount_option_table, name, &MountOption::name);
  return at == std::end(mount_option_table) ? nullptr : at;
}
std::string suggest_mount_option(std::string_view name) { return suggestion(mount_option_table, name); }

const FlagWord* find_flag(std::string_view name, bool valued) {
  for (const FlagWord& flag : flag_table)
    if (flag.name == name && (flag.value != FlagWord::Value::none) == valued) return &flag;
  return nullptr;
}
std::string suggest_flag(std::string_view name) { return suggestion(flag_table, name); }

}  // namespace bh::policy
