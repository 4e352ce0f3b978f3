// The only file that includes Boost.Beast. One coroutine talks to the server over one connection; Stream is a
// unix socket, TCP or TLS over TCP, and everything above it is the same code.
#include "net/http.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "base/check.h"

namespace bh::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Clock = std::chrono::steady_clock;
using UnixStream = beast::basic_stream<asio::local::stream_protocol, asio::any_io_executor>;
using TcpStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<TcpStream>;

constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t piece_bytes = 64u << 10;

Error error_of(const beast::error_code& code, std::string_view doing) {
  auto with = [&](std::string_view text, int sys) { return Error{fmt::format("{}: {}", doing, text), sys}; };
  if (code == beast::error::timeout) return with("no answer in time", ETIMEDOUT);
  if (code == http::error::end_of_stream || code == asio::error::eof ||
      code == asio::ssl::error::stream_truncated)
    return with("the server closed the connection", ECONNRESET);
  if (code == http::error::partial_message)
    return with("the server closed the connection in the middle of its answer", ECONNRESET);
  if (code == http::error::header_limit) return with("the headers of the answer are too large", EMSGSIZE);
  if (code.category() == http::make_error_code(http::error::bad_version).category())
    return with(fmt::format("the answer is not HTTP ({})", code.message()), EPROTO);
  if (code.category() == asio::error::get_ssl_category()) return with(code.message(), EKEYREJECTED);
  if (code.category() == boost::system::system_category()) return with(code.message(), code.value());
  return with(code.message(), EIO);
}

/// A connection to the server, whatever carries it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual asio::awaitable<Result<void>> connect(Clock::time_point deadline) = 0;
  /// Sends the request and reads status and headers.
  virtual asio::awaitable<Result<void>> exchange(const Request& request, Clock::time_point deadline) = 0;
  /// Reads the next piece of the body into `piece`; 0 at the end.
  virtual asio::awaitable<Result<std::size_t>> read_body(std::span<char> piece,
                                                         Clock::time_point deadline) = 0;

  [[nodiscard]] const Response& head() const { return head_; }
  /// May be used for another request: the last answer was read to its end and the server keeps the
  /// connection.
  [[nodiscard]] bool reusable() const { return reusable_; }
  [[nodiscard]] bool used() const { return used_; }

 protected:
  Response head_;
  bool reusable_ = false;
  bool used_ = false;  // has carried a request before this one
};

template <class Stream>
class ConnectionOf : public Connection {
 public:
  template <class... Args>
  ConnectionOf(const Endpoint& endpoint, std::uint32_t header_limit, Args&&... args)
      : stream_(std::forward<Args>(args)...), endpoint_(endpoint), header_limit_(header_limit) {
    buffer_.reserve(piece_bytes);  // it does not grow by itself, and reads are as large as it is
  }

  asio::awaitable<Result<void>> connect(Clock::time_point deadline) override {
    if constexpr (std::is_same_v<Stream, UnixStream>) {
      stream_.expires_at(deadline);
      auto [code] =
          co_await stream_.async_connect(asio::local::stream_protocol::endpoint(endpoint_.path), use_tuple);
      if (code) co_return tl::unexpected(error_of(code, endpoint_.path));
    } else {
      auto connected = co_await connect_tcp(deadline);
      if (!connected) co_return connected;
      if constexpr (std::is_same_v<Stream, TlsStream>) co_return co_await handshake(deadline);
    }
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> exchange(const Request& request, Clock::time_point deadline) override {
    used_ = reusable_;
    reusable_ = false;
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(request.target);
    message.set(http::field::host,
                endpoint_.kind == Endpoint::Kind::unix_socket ? std::string("docker") : host_header());
    message.set(http::field::user_agent, "bulkhead");
    message.set(http::field::accept, "*/*");
    if (!request.content_type.empty()) message.set(http::field::content_type, request.content_type);
    message.body() = request.body;
    if (!request.body.empty() || request.method == "POST") message.prepare_payload();

    beast::get_lowest_layer(stream_).expires_at(deadline);
    auto [write_code, written] = co_await http::async_write(stream_, message, use_tuple);
    if (write_code) co_return tl::unexpected(error_of(write_code, "sending the request"));

    parser_.emplace();
    parser_->header_limit(header_limit_);
    parser_->body_limit(boost::none);  // counted by the reader, which knows what it wants
    parser_->skip(request.method == "HEAD");
    auto [code, read] = co_await http::async_read_header(stream_, buffer_, *parser_, use_tuple);
    if (code) co_return tl::unexpected(error_of(code, "reading the answer"));
    head_ = {};
    head_.status = static_cast<int>(parser_->get().result_int());
    for (const auto& field : parser_->get()) head_.headers.emplace_back(field.name_string(), field.value());
    if (parser_->is_done()) reusable_ = parser_->keep_alive();
    co_return Result<void>{};
  }

  asio::awaitable<Result<std::size_t>> read_body(std::span<char> piece, Clock::time_point deadline) override {
    beast::get_lowest_layer(stream_).expires_at(deadline);
    auto& body = parser_->get().body();
    while (!parser_->is_done()) {
      body.data = piece.data();
      body.size = piece.size();
      body.more = true;
      auto [code, read] = co_await http::async_read_some(stream_, buffer_, *parser_, use_tuple);
      if (code && code != http::error::need_buffer)
        co_return tl::unexpected(error_of(code, "reading the answer"));
      if (std::size_t got = piece.size() - body.size; got > 0) co_return got;
    }
    reusable_ = parser_->keep_alive();
    co_return std::size_t{0};
  }

 private:
  [[nodiscard]] std::string host_header() const {
    bool v6 = endpoint_.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint_.host, v6 ? "]" : "", endpoint_.port);
  }

  asio::awaitable<Result<void>> connect_tcp(Clock::time_point deadline) {
    auto where = fmt::format("{}:{}", endpoint_.host, endpoint_.port);
    asio::ip::tcp::resolver resolver(co_await asio::this_coro::executor);
    auto [resolve_code, addresses] =
        co_await resolver.async_resolve(endpoint_.host, std::to_string(endpoint_.port), use_tuple);
    if (resolve_code) co_return tl::unexpected(error_of(resolve_code, where));
    auto& tcp = beast::get_lowest_layer(stream_);
    tcp.expires_at(deadline);
    auto [code, address] = co_await tcp.async_connect(addresses, use_tuple);
    if (code) co_return tl::unexpected(error_of(code, where));
    beast::error_code ignored;
    tcp.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> handshake(Clock::time_point deadline) {
    auto where = fmt::format("{}:{}", endpoint_.host, endpoint_.port);
    if (endpoint_.tls.verify) stream_.set_verify_callback(asio::ssl::host_name_verification(endpoint_.host));
    if (!SSL_set_tlsext_host_name(stream_.native_handle(), endpoint_.host.c_str()))
      co_return fail("{}: TLS: bad host name", where);
    beast::get_lowest_layer(stream_).expires_at(deadline);
    auto [code] = co_await stream_.async_handshake(asio::ssl::stream_base::client, use_tuple);
    if (code) {
      auto error = error_of(code, where);
      auto verified = SSL_get_verify_result(stream_.native_handle());
      if (error.sys == EKEYREJECTED && verified != X509_V_OK)
        error.text += fmt::format(": {}", X509_verify_cert_error_string(verified));
      co_return tl::unexpected(std::move(error));
    }
    co_return Result<void>{};
  }

  Stream stream_;
  const Endpoint& endpoint_;
  std::uint32_t header_limit_;
  beast::flat_buffer buffer_{256u << 10};
  std::optional<http::response_parser<http::buffer_body>> parser_;
};

Result<asio::ssl::context> tls_context(const Tls& tls) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  boost::system::error_code code;
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(tls.verify ? asio::ssl::verify_peer : asio::ssl::verify_none, code);
  if (!tls.ca.empty())
    context.load_verify_file(tls.ca, code);
  else if (tls.verify)
    context.set_default_verify_paths(code);
  if (code) return fail("cannot read the certificate authority {}: {}", tls.ca, code.message());
  if (!tls.certificate.empty()) context.use_certificate_chain_file(tls.certificate, code);
  if (code) return fail("cannot read the client certificate {}: {}", tls.certificate, code.message());
  if (!tls.key.empty()) context.use_private_key_file(tls.key, asio::ssl::context::pem, code);
  if (code) return fail("cannot read the client key {}: {}", tls.key, code.message());
  return context;
}

}  // namespace

struct HttpClient::Impl {
  Endpoint endpoint;
  Limits limits;
  asio::io_context io{1};
  std::optional<asio::ssl::context> tls;
  std::vector<std::unique_ptr<Connection>> idle;

  Impl(Endpoint where, Limits bounds) : endpoint(std::move(where)), limits(bounds) {}

  Result<std::unique_ptr<Connection>> make() {
    switch (endpoint.kind) {
      case Endpoint::Kind::unix_socket:
        return std::make_unique<ConnectionOf<UnixStream>>(endpoint, limits.header_bytes, io.get_executor());
      case Endpoint::Kind::tcp:
        return std::make_unique<ConnectionOf<TcpStream>>(endpoint, limits.header_bytes, io.get_executor());
      case Endpoint::Kind::tls:
        break;
    }
    if (!tls) {
      BH_TRY(tls, tls_context(endpoint.tls));
    }
    return std::make_unique<ConnectionOf<TlsStream>>(endpoint, limits.header_bytes, io.get_executor(), *tls);
  }

  /// Gives a connection whose answer's headers are read. A kept connection that the server has meanwhile
  /// closed is replaced once.
  asio::awaitable<Result<std::unique_ptr<Connection>>> start(const Request& request,
                                                             Clock::time_point deadline) {
    if (!idle.empty()) {
      auto connection = std::move(idle.back());
      idle.pop_back();
      auto sent = co_await connection->exchange(request, deadline);
      if (sent) co_return connection;
      bool stale = sent.error().sys == ECONNRESET || sent.error().sys == EPIPE;
      if (!stale || request.method == "POST") co_return tl::unexpected(std::move(sent.error()));
    }
    auto made = make();
    if (!made) co_return tl::unexpected(std::move(made.error()));
    auto connected = co_await (*made)->connect(std::min(deadline, Clock::now() + limits.connect));
    if (!connected) co_return tl::unexpected(std::move(connected.error()));
    auto sent = co_await (*made)->exchange(request, deadline);
    if (!sent) co_return tl::unexpected(std::move(sent.error()));
    co_return std::move(*made);
  }

  asio::awaitable<Result<Response>> answer(const Request& request, Clock::time_point deadline) {
    auto started = co_await start(request, deadline);
    if (!started) co_return tl::unexpected(std::move(started.error()));
    auto connection = std::move(*started);
    Response response = connection->head();
    std::string piece(piece_bytes, '\0');
    for (;;) {
      auto got = co_await connection->read_body(piece, deadline);
      if (!got) co_return tl::unexpected(std::move(got.error()));
      if (*got == 0) break;
      if (response.body.size() + *got > limits.body_bytes)
        co_return tl::unexpected(Error{
            fmt::format("the answer is larger than the limit of {} bytes", limits.body_bytes), EMSGSIZE});
      response.body.append(piece, 0, *got);
    }
    if (connection->reusable()) idle.push_back(std::move(connection));
    co_return response;
  }

  /// Runs one piece of asynchronous work to its end.
  template <class T>
  Result<T> run(asio::awaitable<Result<T>> work) {
    std::optional<Result<T>> outcome;
    asio::co_spawn(io, std::move(work), [&](const std::exception_ptr& thrown, Result<T> result) {
      outcome = thrown ? Result<T>(tl::unexpected(Error{"out of memory", ENOMEM})) : std::move(result);
    });
    io.restart();
    io.run();
    BH_CHECK(outcome.has_value());
    return std::move(*outcome);
  }
};

Result<Response> HttpClient::send(const Request& request) {
  return impl_->run(impl_->answer(request, Clock::now() + impl_->limits.answer));
}

std::vector<Result<Response>> HttpClient::send_all(std::span<const Request> requests, unsigned connections) {
  std::vector<Result<Response>> answers(requests.size(), tl::unexpected(Error{}));
  std::size_t next = 0;
  auto batch_end = Clock::now() + impl_->limits.batch;
  auto worker = [&]() -> asio::awaitable<void> {
    while (next < requests.size()) {
      std::size_t mine = next++;
      if (Clock::now() >= batch_end)
        answers[mine] = tl::unexpected(Error{"not asked: the requests before it took too long", ETIMEDOUT});
      else
        answers[mine] =
            co_await impl_->answer(requests[mine], std::min(batch_end, Clock::now() + impl_->limits.answer));
    }
  };
  auto workers = std::min<std::size_t>(connections, requests.size());
  for (std::size_t i = 0; i < workers; ++i) asio::co_spawn(impl_->io, worker, asio::detached);
  impl_->io.restart();
  impl_->io.run();
  return answers;
}

struct BodyStream::State {
  HttpClient::Impl* client;
  std::unique_ptr<Connection> connection;
  Clock::time_point deadline;
  std::string piece = std::string(piece_bytes, '\0');
};

Result<BodyStream> HttpClient::open(const Request& request, std::chrono::milliseconds total) {
  auto deadline = Clock::now() + total;
  BH_TRY(auto connection,
         impl_->run(impl_->start(request, std::min(deadline, Clock::now() + impl_->limits.answer))));
  return BodyStream(
      std::make_unique<BodyStream::State>(BodyStream::State{impl_.get(), std::move(connection), deadline}));
}

Result<std::string_view> BodyStream::next(std::chrono::milliseconds idle) {
  auto deadline = std::min(state_->deadline, Clock::now() + idle);
  BH_TRY(std::size_t got, state_->client->run(state_->connection->read_body(state_->piece, deadline)));
  return std::string_view(state_->piece).substr(0, got);
}

BodyStream::BodyStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
BodyStream::BodyStream(BodyStream&&) noexcept = default;
BodyStream& BodyStream::operator=(BodyStream&&) noexcept = default;
BodyStream::~BodyStream() = default;
const Response& BodyStream::head() const { return state_->connection->head(); }

HttpClient::HttpClient(Endpoint endpoint, Limits limits)
    : impl_(std::make_unique<Impl>(std::move(endpoint), limits)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;
const Endpoint& HttpClient::endpoint() const { return impl_->endpoint; }

}  // namespace bh::net
