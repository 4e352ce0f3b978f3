// A small HTTP/1.1 client for one server: kept connections, several requests at once, bodies read as they
// come.
//
// The one idea: whatever the server does, every call ends: each has a deadline and each reader a size limit,
// and what went wrong is one Error. Error::sys tells the kinds apart: ENOENT, ECONNREFUSED, EACCES (no
// connection), ETIMEDOUT (deadline), EMSGSIZE (a limit), EPROTO (not HTTP), EKEYREJECTED (TLS),
// ECONNRESET (closed in the middle). It follows no redirects and stores no cookies.
//
// Source: RFC 9112 by way of Boost.Beast, which no other header of ours includes. Not thread-safe: one
// client, one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"

namespace bh::net {

struct Limits {
  std::chrono::milliseconds connect{5'000};
  std::chrono::milliseconds answer{10'000};  ///< from the first byte sent to the last byte of the body
  std::chrono::milliseconds batch{30'000};   ///< all of one send_all
  std::uint32_t header_bytes = 64u << 10;
  std::size_t body_bytes = 32u << 20;
};

struct Request {
  std::string target;  ///< path and query, already percent-encoded
  std::string method = "GET";
  std::string body;
  std::string content_type;
};

struct Response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// The first header of that name (any case), or empty.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

class HttpClient;

/// A body that is read piece by piece. It owns its connection and must not outlive its client.
class BodyStream {
 public:
  BodyStream(BodyStream&&) noexcept;
  BodyStream& operator=(BodyStream&&) noexcept;
  ~BodyStream();

  /// Status and headers; its body is empty.
  [[nodiscard]] const Response& head() const;
  /// The next bytes, empty at the end. The view holds until the next call. `idle` is how long the server may
  /// stay silent; the deadline given to open() counts as well.
  [[nodiscard]] Result<std::string_view> next(std::chrono::milliseconds idle);

 private:
  friend class HttpClient;
  struct State;
  explicit BodyStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class HttpClient {
 public:
  /// Connects at the first request.
  explicit HttpClient(Endpoint endpoint, Limits limits = {});
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  [[nodiscard]] const Endpoint& endpoint() const;

  [[nodiscard]] Result<Response> send(const Request& request);
  /// All of them over at most `connections` kept connections; answers in the order of the requests.
  [[nodiscard]] std::vector<Result<Response>> send_all(std::span<const Request> requests,
                                                       unsigned connections = 8);
  /// Returns when the headers are there. `total` bounds the whole of the body.
  [[nodiscard]] Result<BodyStream> open(const Request& request, std::chrono::milliseconds total);

 private:
  friend class BodyStream;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Percent-encodes everything but unreserved characters (RFC 3986) and, where asked, `/`.
[[nodiscard]] std::string percent_encode(std::string_view text, bool keep_slash = false);

}  // namespace bh::net
