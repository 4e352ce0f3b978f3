// A connected Docker Engine (or Podman's compatible socket): which API version is spoken, and typed answers.
//
// Errors say what a person can do: "no permission on /var/run/docker.sock: join group docker or run as root".
// A failure of one request never takes others with it. Nothing here changes the engine: every call is a GET
// (or HEAD).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "docker/find.h"
#include "docker/model.h"
#include "net/http.h"

namespace bh::docker {

/// The API versions this client knows; with a newer engine it speaks its own newest, if the engine still
/// takes that.
inline constexpr int oldest_api_minor = 24;
inline constexpr int newest_api_minor = 51;

class Engine {
 public:
  /// Connects and agrees on a version.
  [[nodiscard]] static Result<Engine> connect(const Target& target, net::Limits limits = {});

  [[nodiscard]] const std::string& api_version() const { return api_version_; }  ///< as in 1.41
  [[nodiscard]] const Target& target() const { return target_; }

  [[nodiscard]] Result<Version> version();
  [[nodiscard]] Result<Info> info();
  [[nodiscard]] Result<std::vector<ContainerSummary>> containers(bool all);
  [[nodiscard]] Result<std::vector<ImageSummary>> images();
  [[nodiscard]] Result<std::vector<Network>> networks();
  [[nodiscard]] Result<std::vector<Volume>> volumes();
  [[nodiscard]] Result<Swarm> swarm();
  [[nodiscard]] Result<std::vector<Node>> nodes();
  [[nodiscard]] Result<std::vector<Service>> services();
  [[nodiscard]] Result<std::vector<Secret>> secrets();

  // Several at once; answers in the order of the ids. An id may also be a name.
  [[nodiscard]] std::vector<Result<Container>> inspect_containers(std::span<const std::string> ids);
  [[nodiscard]] std::vector<Result<Image>> inspect_images(std::span<const std::string> ids);
  [[nodiscard]] std::vector<Result<std::vector<HistoryEntry>>> histories(
      std::span<const std::string> image_ids);
  [[nodiscard]] std::vector<Result<Network>> inspect_networks(std::span<const std::string> ids);
  [[nodiscard]] std::vector<Result<Exec>> inspect_execs(std::span<const std::string> ids);

  /// The image as `docker save` gives it: a tar stream. `total` bounds the whole reading.
  [[nodiscard]] Result<net::BodyStream> save_image(const std::string& id, std::chrono::milliseconds total);
  /// Events as a stream of JSON lines; `query` is the encoded query string ("since=0&until=1").
  [[nodiscard]] Result<net::BodyStream> events(const std::string& query, std::chrono::milliseconds total);

 private:
  Engine(Target target, net::Limits limits);

  [[nodiscard]] Result<void> negotiate();
  template <class T>
  Result<T> get(const std::string& path);
  template <class T>
  std::vector<Result<T>> get_all(std::span<const std::string> ids, std::string_view before,
                                 std::string_view after);
  template <class T>
  Result<T> decode(Result<net::Response> answer, const std::string& path) const;
  [[nodiscard]] Error explain(Error error) const;
  [[nodiscard]] std::string path(std::string_view rest) const;

  Target target_;
  net::Limits limits_;
  net::HttpClient http_;
  std::string api_version_;
};

}  // namespace bh::docker
