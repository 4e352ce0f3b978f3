// Where an HTTP server listens: a unix socket, TCP, or TCP with TLS. Parsed from the URLs that Docker uses
// (unix:///path, tcp://host:port, http://, https://).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bh::net {

/// PEM files; empty paths are not used. Without `verify` any server is believed (only where the user said
/// so).
struct Tls {
  std::string ca;
  std::string certificate;
  std::string key;
  bool verify = true;

  bool operator==(const Tls&) const = default;
};

struct Endpoint {
  enum class Kind : std::uint8_t { unix_socket, tcp, tls };
  Kind kind = Kind::unix_socket;
  std::string path;  ///< unix_socket only, absolute
  std::string host;  ///< name or address, an IPv6 address without brackets
  std::uint16_t port = 0;
  Tls tls;

  bool operator==(const Endpoint&) const = default;
};

/// Errors: an unknown scheme, a relative socket path, a missing host, a port out of range. `https://` gives
/// Kind::tls, `tcp://` and `http://` Kind::tcp (whether TLS is wanted is the caller's knowledge). Ports
/// default to 2375 and, for https, 2376.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view url);

/// The URL again, as it is shown to users.
[[nodiscard]] std::string describe(const Endpoint& endpoint);

}  // namespace bh::net
