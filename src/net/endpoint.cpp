#include "net/endpoint.h"

#include <charconv>

namespace bh::net {
namespace {

constexpr std::size_t socket_path_max = 107;  // sun_path without its final zero, unix(7)

Result<Endpoint> parse_unix(std::string_view url, std::string_view path) {
  if (path.empty() || path.front() != '/')
    return fail("{}: a unix socket needs an absolute path, as in unix:///var/run/docker.sock", url);
  if (path.size() > socket_path_max)
    return fail("{}: a socket's path has at most {} bytes", url, socket_path_max);
  return Endpoint{.kind = Endpoint::Kind::unix_socket, .path = std::string(path)};
}

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  unsigned port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0 || port > 65535)
    return fail("{}: the port is a number from 1 to 65535, not \"{}\"", url, text);
  return static_cast<std::uint16_t>(port);
}

Result<Endpoint> parse_tcp(std::string_view url, std::string_view authority, bool tls) {
  if (auto slash = authority.find('/'); slash != std::string_view::npos) {
    if (slash + 1 != authority.size()) return fail("{}: a path behind the port is not supported", url);
    authority.remove_suffix(1);
  }
  Endpoint endpoint{.kind = tls ? Endpoint::Kind::tls : Endpoint::Kind::tcp,
                    .port = static_cast<std::uint16_t>(tls ? 2376 : 2375)};
  std::string_view rest;
  if (authority.starts_with('[')) {
    auto close = authority.find(']');
    if (close == std::string_view::npos) return fail("{}: `[` without `]`", url);
    endpoint.host = authority.substr(1, close - 1);
    rest = authority.substr(close + 1);
  } else {
    auto colon = authority.find(':');
    endpoint.host = authority.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : authority.substr(colon);
  }
  if (endpoint.host.empty()) return fail("{}: no host", url);
  if (endpoint.host.find_first_of(" \t\r\n@") != std::string::npos) return fail("{}: not a host name", url);
  if (!rest.empty()) {
    if (rest.front() != ':') return fail("{}: expected `:` and a port after the host", url);
    BH_TRY(endpoint.port, parse_port(url, rest.substr(1)));
  }
  return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  auto separator = url.find("://");
  if (separator == std::string_view::npos)
    return fail("{}: expected a scheme, as in unix:///var/run/docker.sock or tcp://host:2376", url);
  auto scheme = url.substr(0, separator);
  auto rest = url.substr(separator + 3);
  if (scheme == "unix") return parse_unix(url, rest);
  if (scheme == "tcp" || scheme == "http") return parse_tcp(url, rest, false);
  if (scheme == "https") return parse_tcp(url, rest, true);
  if (scheme == "ssh")
    return fail(
        "{}: ssh is not spoken here; forward the socket (ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) "
        "and use unix:///tmp/docker.sock",
        url);
  return fail("{}: unknown scheme {}; unix, tcp, http and https are known", url, scheme);
}

std::string describe(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::unix_socket) return "unix://" + endpoint.path;
  bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", endpoint.kind == Endpoint::Kind::tls ? "https" : "tcp", v6 ? "[" : "",
                     endpoint.host, v6 ? "]" : "", endpoint.port);
}

}  // namespace bh::net
