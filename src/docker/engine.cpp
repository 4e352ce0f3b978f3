#include "docker/engine.h"

#include <cerrno>
#include <charconv>
#include <optional>

#include "docker/model_fields.h"

namespace bh::docker {
namespace {

/// `{"message": "No such container: x"}`
struct ApiError {
  std::string message;
};
template <class Archive>
void fields(Archive& a, ApiError& v) {
  a("message", v.message);
}

struct VolumeList {
  std::vector<Volume> volumes;
};
template <class Archive>
void fields(Archive& a, VolumeList& v) {
  a("Volumes", v.volumes);
}

constexpr std::string_view tls_hint = "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH";

/// The minor number of "1.41".
std::optional<int> api_minor(std::string_view text) {
  if (!text.starts_with("1.")) return std::nullopt;
  text.remove_prefix(2);
  int minor = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minor);
  if (error != std::errc() || end != text.data() + text.size() || minor < 0) return std::nullopt;
  return minor;
}

/// What the engine said about a failed request, on one line and not too long: the text is the engine's, so it
/// is not trusted.
std::string message_of(const net::Response& response) {
  ApiError error;
  std::string text = response.body;
  if (auto json = parse_json(response.body);
      json && json->is_object() && Reader::read(*json, error) && !error.message.empty())
    text = error.message;
  if (text.size() > 300) text = text.substr(0, 300) + "…";
  std::string clean;
  for (char c : text) clean += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  while (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

}  // namespace

Engine::Engine(Target target, net::Limits limits)
    : target_(std::move(target)), limits_(limits), http_(target_.endpoint, limits) {}

Result<Engine> Engine::connect(const Target& target, net::Limits limits) {
  Engine engine(target, limits);
  if (auto agreed = engine.negotiate(); !agreed) return tl::unexpected(std::move(agreed.error()));
  return engine;
}

/// HEAD /_ping tells the newest version in a header (since 1.25 or so); /version tells it everywhere, and the
/// oldest too.
Result<void> Engine::negotiate() {
  std::optional<int> theirs;
  int minimum = 0;
  auto ping = http_.send({.target = "/_ping", .method = "HEAD"});
  if (!ping && ping.error().sys != EPROTO) return tl::unexpected(explain(std::move(ping.error())));
  if (ping && ping->status == 200) theirs = api_minor(ping->header("Api-Version"));
  if (!theirs || *theirs > newest_api_minor) {
    auto version = decode<Version>(http_.send({.target = "/version"}), "/version");
    if (!version) return tl::unexpected(std::move(version.error()));
    theirs = api_minor(version->api_version);
    minimum = api_minor(version->min_api_version).value_or(0);
    if (!theirs)
      return fail("{} does not speak the Docker Engine API: its version is \"{}\"",
                  net::describe(target_.endpoint), version->api_version);
  }
  if (*theirs < oldest_api_minor)
    return fail(
        "the engine at {} speaks API 1.{} at most; 1.{} (Docker 1.12, 2016) is the oldest that is understood "
        "here",
        net::describe(target_.endpoint), *theirs, oldest_api_minor);
  // The models tolerate fields that are new, so an engine that has dropped our newest version is met on its
  // oldest.
  int agreed = std::max(std::min(*theirs, newest_api_minor), minimum);
  api_version_ = fmt::format("1.{}", agreed);
  return {};
}

Error Engine::explain(Error error) const {
  const auto& endpoint = target_.endpoint;
  auto where = net::describe(endpoint);
  auto chosen = target_.origin == "default" ? std::string() : fmt::format(" (set by {})", target_.origin);
  switch (error.sys) {
    case EACCES:
    case EPERM:
      error.text = fmt::format("no permission on {}: join group docker or run as root", endpoint.path);
      break;
    case ENOENT:
      error.text = fmt::format("no daemon listens at {}{}: the socket does not exist", where, chosen);
      break;
    case ECONNREFUSED:
      error.text = fmt::format("no daemon listens at {}{}: connection refused", where, chosen);
      break;
    case ETIMEDOUT:
      error.text = fmt::format("the daemon at {} did not answer within {} s", where,
                               static_cast<double>(limits_.answer.count()) / 1000.0);
      break;
    case EPROTO:
      error.text = fmt::format("{}{} does not speak the Docker Engine API: {}", where, chosen, error.text);
      if (endpoint.kind == net::Endpoint::Kind::tcp) error.text += fmt::format(" (a TLS port? {})", tls_hint);
      break;
    case EKEYREJECTED:
      error.text = fmt::format("TLS with the daemon at {}{} failed: {}", where, chosen, error.text);
      break;
    default:
      error.text = fmt::format("the daemon at {}: {}", where, error.text);
  }
  return error;
}

std::string Engine::path(std::string_view rest) const { return fmt::format("/v{}{}", api_version_, rest); }

template <class T>
Result<T> Engine::decode(Result<net::Response> answer, const std::string& path) const {
  if (!answer) return tl::unexpected(explain(std::move(answer.error())).in(fmt::format("GET {}", path)));
  // Go's server tells plain HTTP on its TLS port by name.
  if (answer->status == 400 && target_.endpoint.kind == net::Endpoint::Kind::tcp &&
      answer->body.find("HTTPS server") != std::string::npos)
    return tl::unexpected(Error{
        fmt::format("the daemon at {} wants TLS: {}", net::describe(target_.endpoint), tls_hint), EPROTO});
  if (answer->status != 200) {
    int sys = answer->status == 404 ? ENOENT : answer->status == 403 || answer->status == 401 ? EACCES : EIO;
    return tl::unexpected(Error{
        fmt::format("GET {}: the engine answered {}: {}", path, answer->status, message_of(*answer)), sys});
  }
  auto json = parse_json(answer->body);
  if (!json) return tl::unexpected(std::move(json.error()).in(fmt::format("GET {}: the answer is", path)));
  T value{};
  if (json->is_null() && !is_vector<T>) return fail("GET {}: the answer is null", path);
  if (auto read = Reader::read(*json, value); !read)
    return tl::unexpected(std::move(read.error()).in(fmt::format("GET {}", path)));
  return value;
}

template <class T>
Result<T> Engine::get(const std::string& rest) {
  auto target = path(rest);
  return decode<T>(http_.send({.target = target}), target);
}

template <class T>
std::vector<Result<T>> Engine::get_all(std::span<const std::string> ids, std::string_view before,
                                       std::string_view after) {
  std::vector<net::Request> requests;
  for (const auto& id : ids)
    requests.push_back({.target = path(fmt::format("{}{}{}", before, net::percent_encode(id), after))});
  auto answers = http_.send_all(requests);
  std::vector<Result<T>> values;
  for (std::size_t i = 0; i < answers.size(); ++i)
    values.push_back(decode<T>(std::move(answers[i]), requests[i].target));
  return values;
}

Result<Version> Engine::version() { return get<Version>("/version"); }
Result<Info> Engine::info() { return get<Info>("/info"); }
Result<std::vector<ContainerSummary>> Engine::containers(bool all) {
  return get<std::vector<ContainerSummary>>(all ? "/containers/json?all=1" : "/containers/json");
}
Result<std::vector<ImageSummary>> Engine::images() { return get<std::vector<ImageSummary>>("/images/json"); }
Result<std::vector<Network>> Engine::networks() { return get<std::vector<Network>>("/networks"); }
Result<std::vector<Volume>> Engine::volumes() {
  BH_TRY(auto list, get<VolumeList>("/volumes"));
  return std::move(list.volumes);
}
Result<Swarm> Engine::swarm() { return get<Swarm>("/swarm"); }
Result<std::vector<Node>> Engine::nodes() { return get<std::vector<Node>>("/nodes"); }
Result<std::vector<Service>> Engine::services() { return get<std::vector<Service>>("/services"); }
Result<std::vector<Secret>> Engine::secrets() { return get<std::vector<Secret>>("/secrets"); }

std::vector<Result<Container>> Engine::inspect_containers(std::span<const std::string> ids) {
  return get_all<Container>(ids, "/containers/", "/json");
}
std::vector<Result<Image>> Engine::inspect_images(std::span<const std::string> ids) {
  return get_all<Image>(ids, "/images/", "/json");
}
std::vector<Result<std::vector<HistoryEntry>>> Engine::histories(std::span<const std::string> image_ids) {
  return get_all<std::vector<HistoryEntry>>(image_ids, "/images/", "/history");
}
std::vector<Result<Network>> Engine::inspect_networks(std::span<const std::string> ids) {
  return get_all<Network>(ids, "/networks/", "");
}
std::vector<Result<Exec>> Engine::inspect_execs(std::span<const std::string> ids) {
  return get_all<Exec>(ids, "/exec/", "/json");
}

Result<net::BodyStream> Engine::save_image(const std::string& id, std::chrono::milliseconds total) {
  auto target = path(fmt::format("/images/{}/get", net::percent_encode(id)));
  auto stream = http_.open({.target = target}, total);
  if (!stream) return tl::unexpected(explain(std::move(stream.error())).in(fmt::format("GET {}", target)));
  if (stream->head().status != 200)
    return fail("GET {}: the engine answered {}", target, stream->head().status);
  return stream;
}

Result<net::BodyStream> Engine::events(const std::string& query, std::chrono::milliseconds total) {
  auto target = path(fmt::format("/events?{}", query));
  auto stream = http_.open({.target = target}, total);
  if (!stream) return tl::unexpected(explain(std::move(stream.error())).in(fmt::format("GET {}", target)));
  if (stream->head().status != 200)
    return fail("GET {}: the engine answered {}", target, stream->head().status);
  return stream;
}

}  // namespace bh::docker
