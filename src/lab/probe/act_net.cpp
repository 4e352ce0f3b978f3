// Actions on sockets.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
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

/// `@name` is an abstract one.
class UnixAddress {
 public:
  bool set(const std::string& text) {
    if (text.empty() || text.size() >= sizeof address_.sun_path) return false;
    address_.sun_family = AF_UNIX;
    std::memcpy(address_.sun_path, text.data(), text.size());
    if (text[0] == '@') address_.sun_path[0] = '\0';
    size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + text.size());
    return true;
  }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  [[nodiscard]] socklen_t size() const { return size_; }

 private:
  sockaddr_un address_ = {};
  socklen_t size_ = 0;
};

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
  UnixAddress address;
  if (a.empty() || !address.set(a[0])) return {"arguments", EINVAL};
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {"socket", errno};
  int sys = ::connect(fd, address.get(), address.size()) == 0 ? 0 : errno;
  ::close(fd);
  return {"connect", sys};
}

Tried act_bind_unix(const Staged&, Arguments a) {
  UnixAddress address;
  if (a.empty() || !address.set(a[0])) return {"arguments", EINVAL};
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {"socket", errno};
  int sys = ::bind(fd, address.get(), address.size()) == 0 ? 0 : errno;
  ::close(fd);
  if (sys == 0 && a[0][0] == '/') ::unlink(a[0].c_str());
  return {"bind", sys};
}

Tried act_own_socket(const Staged&, Arguments a) {
  UnixAddress address;
  if (a.empty() || !address.set(a[0])) return {"arguments", EINVAL};
  int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (server < 0) return {"socket", errno};
  if (::bind(server, address.get(), address.size()) != 0) return {"bind", errno};
  if (::listen(server, 1) != 0) return {"listen", errno};
  pid_t child = ::fork();
  if (child < 0) return {"fork", errno};
  if (child == 0) {
    int client = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int sys = ::connect(client, address.get(), address.size()) == 0 ? 0 : errno;
    if (sys == 0 && ::write(client, "x", 1) != 1) sys = errno;
    ::_exit(sys);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Tried tried = {"connect", WIFEXITED(status) ? WEXITSTATUS(status) : EINTR};
  if (tried.sys == 0) {
    int peer = ::accept4(server, nullptr, nullptr, SOCK_CLOEXEC);
    char byte = 0;
    tried = {"accept", peer >= 0 ? 0 : errno};
    if (tried.sys == 0) tried = {"read", ::read(peer, &byte, 1) == 1 ? 0 : errno};
    ::close(peer);
  }
  ::close(server);
  if (a[0][0] == '/') ::unlink(a[0].c_str());
  return tried;
}

}  // namespace bh::probe
