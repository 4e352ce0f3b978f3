// Actions on sockets.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

struct Word {
  const char* name;
  int value;
};

constexpr Word families[] = {
    {"unix", AF_UNIX},
    {"inet", AF_INET},
    {"inet6", AF_INET6},
    {"netlink", AF_NETLINK},
    {"packet", AF_PACKET},
    {"alg", AF_ALG},
    {"bluetooth", AF_BLUETOOTH},
    {"vsock", AF_VSOCK},
    {"can", AF_CAN},
    {"tipc", AF_TIPC},
    {"rds", AF_RDS},
    {"xdp", AF_XDP},
    {"key", AF_KEY},
    {"ax25", AF_AX25},
    {"ipx", AF_IPX},
    {"appletalk", AF_APPLETALK},
    {"netrom", AF_NETROM},
    {"x25", AF_X25},
    {"rose", AF_ROSE},
    {"llc", AF_LLC},
    {"kcm", AF_KCM},
    {"qipcrtr", AF_QIPCRTR},
    {"smc", AF_SMC},
    {"nfc", AF_NFC},
    {"phonet", AF_PHONET},
    {"ieee802154", AF_IEEE802154},
    {"caif", AF_CAIF},
    {"isdn", AF_ISDN},
};
constexpr Word types[] = {
    {"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM}, {"seqpacket", SOCK_SEQPACKET},
    {"raw", SOCK_RAW},       {"rdm", SOCK_RDM},     {"packet", SOCK_PACKET},
};

template <std::size_t N>
int find(const Word (&words)[N], const std::string& name) {
  for (const Word& word : words)
    if (name == word.name) return word.value;
  return -1;
}

}  // namespace

Tried act_socket(const Staged&, Arguments a) {
  if (a.size() < 2) return {"arguments", EINVAL};
  int family = find(families, a[0]);
  int type = find(types, a[1]);
  if (family < 0 || type < 0) return {"arguments", EINVAL};
  int protocol = a.size() > 2 ? std::atoi(a[2].c_str()) : 0;
  if (a.size() == 2 && type == SOCK_RAW && family == AF_INET) protocol = 1;    // IPPROTO_ICMP
  if (a.size() == 2 && type == SOCK_RAW && family == AF_INET6) protocol = 58;  // IPPROTO_ICMPV6
  int fd = ::socket(family, type | SOCK_CLOEXEC, protocol);
  int sys = fd < 0 ? errno : 0;
  if (fd >= 0) ::close(fd);
  return {"socket", sys};
}

Tried act_socketpair(const Staged&, Arguments) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return {"socketpair", errno};
  char byte = 'x';
  Tried tried = {"write", ::write(pair[0], &byte, 1) == 1 ? 0 : errno};
  if (tried.sys == 0) tried = {"read", ::read(pair[1], &byte, 1) == 1 ? 0 : errno};
  ::close(pair[0]);
  ::close(pair[1]);
  return tried;
}

Tried act_connect_unix(const Staged&, Arguments a) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (a.empty() || a[0].empty() || a[0].size() >= sizeof address.sun_path) return {"arguments", EINVAL};
  std::memcpy(address.sun_path, a[0].data(), a[0].size());
  if (a[0][0] == '@') address.sun_path[0] = '\0';
  auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + a[0].size());
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {"socket", errno};
  int sys = ::connect(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 ? 0 : errno;
  ::close(fd);
  return {"connect", sys};
}

}  // namespace bh::probe
