#include "docker/find.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/file.h"
#include "docker/json.h"

namespace bh::docker {
namespace {

struct ContextMeta {
  struct DockerEndpoint {
    std::string host;
    bool skip_tls_verify = false;
  };
  std::string name;
  std::map<std::string, DockerEndpoint> endpoints;
};
template <class Archive>
void fields(Archive& a, ContextMeta::DockerEndpoint& v) {
  a("Host", v.host), a("SkipTLSVerify", v.skip_tls_verify);
}
template <class Archive>
void fields(Archive& a, ContextMeta& v) {
  a.required("Name", v.name), a("Endpoints", v.endpoints);
}

struct CliConfig {
  std::string current_context;
};
template <class Archive>
void fields(Archive& a, CliConfig& v) {
  a("currentContext", v.current_context);
}

template <class T>
Result<T> read_json_file(Os& os, const std::string& path) {
  BH_TRY(auto text, read_file(os, path));
  auto json = parse_json(text);
  if (!json) return tl::unexpected(std::move(json.error()).in(path));
  T value;
  if (auto read = Reader::read(*json, value); !read) return tl::unexpected(std::move(read.error()).in(path));
  return value;
}

bool exists(Os& os, const std::string& path) { return os.stat(path).has_value(); }

/// The PEM files that are there, in a folder laid out as Docker lays it out.
net::Tls tls_from(Os& os, const std::string& folder, bool verify) {
  auto file = [&](const char* name) {
    return exists(os, folder + "/" + name) ? folder + "/" + name : std::string();
  };
  return {file("ca.pem"), file("cert.pem"), file("key.pem"), verify};
}

std::string config_folder(const Environment& environment) {
  if (auto folder = environment("DOCKER_CONFIG"); !folder.empty()) return folder;
  auto home = environment("HOME");
  return (home.empty() ? "/root" : home) + "/.docker";
}

Result<Target> from_url(Os& os, const Environment& environment, const std::string& url, std::string origin) {
  auto endpoint = net::parse_endpoint(url);
  if (!endpoint) return tl::unexpected(std::move(endpoint.error()).in(origin));
  bool verify = !environment("DOCKER_TLS_VERIFY").empty();
  bool tls = verify || !environment("DOCKER_TLS").empty();
  if (endpoint->kind == net::Endpoint::Kind::tcp && tls) endpoint->kind = net::Endpoint::Kind::tls;
  if (endpoint->kind == net::Endpoint::Kind::tls) {
    auto folder = environment("DOCKER_CERT_PATH");
    // Without the authority that was named, the system's would decide: that is not what was asked for.
    if (auto ca = folder + "/ca.pem"; verify && !folder.empty() && !exists(os, ca))
      return fail("DOCKER_CERT_PATH: there is no {}", ca);
    endpoint->tls = tls_from(os, folder.empty() ? config_folder(environment) : folder, verify || !tls);
  }
  return Target{std::move(*endpoint), std::move(origin)};
}

Result<Target> from_context(Os& os, const Environment& environment, const std::string& name,
                            const std::string& chosen_by) {
  auto folder = config_folder(environment) + "/contexts";
  auto entries = os.list(folder + "/meta");
  std::string known;
  if (entries) {
    for (const auto& entry : *entries) {
      auto path = folder + "/meta/" + entry + "/meta.json";
      auto meta = read_json_file<ContextMeta>(os, path);
      if (!meta)
        continue;  // another context's broken file is not this one's fault; an unknown name is reported below
      known += (known.empty() ? "" : ", ") + meta->name;
      if (meta->name != name) continue;
      auto docker = meta->endpoints.find("docker");
      if (docker == meta->endpoints.end() || docker->second.host.empty())
        return fail("context {} has no Docker endpoint ({})", name, path);
      auto endpoint = net::parse_endpoint(docker->second.host);
      if (!endpoint) return tl::unexpected(std::move(endpoint.error()).in(fmt::format("context {}", name)));
      auto tls = tls_from(os, folder + "/tls/" + entry + "/docker", !docker->second.skip_tls_verify);
      bool has_tls = !tls.ca.empty() || !tls.certificate.empty() || docker->second.skip_tls_verify;
      if (endpoint->kind == net::Endpoint::Kind::tcp && has_tls) endpoint->kind = net::Endpoint::Kind::tls;
      if (endpoint->kind == net::Endpoint::Kind::tls) endpoint->tls = std::move(tls);
      return Target{std::move(*endpoint), fmt::format("context {} ({})", name, path)};
    }
  }
  return fail("there is no context {} in {} (chosen by {}; known: {})", name, folder, chosen_by,
              known.empty() ? "default" : "default, " + known);
}

Target usual_socket(Os& os, const Environment& environment) {
  std::vector<std::string> paths = {"/var/run/docker.sock"};
  auto runtime = environment("XDG_RUNTIME_DIR");
  if (!runtime.empty()) paths.push_back(runtime + "/docker.sock");
  paths.emplace_back("/run/podman/podman.sock");
  if (!runtime.empty()) paths.push_back(runtime + "/podman/podman.sock");
  for (const auto& path : paths)
    if (exists(os, path)) return {net::Endpoint{.path = path}, "default"};
  return {net::Endpoint{.path = paths.front()}, "default"};
}

}  // namespace

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

Result<Target> find_engine(Os& os, const Environment& environment, const std::string& host,
                           const std::string& context) {
  if (!host.empty() && !context.empty()) return fail("--host and --context exclude each other");
  if (!host.empty()) return from_url(os, environment, host, "--host");
  auto named = [&](const std::string& name, const std::string& by) -> Result<Target> {
    return name == "default" ? usual_socket(os, environment) : from_context(os, environment, name, by);
  };
  if (!context.empty()) return named(context, "--context");
  if (auto url = environment("DOCKER_HOST"); !url.empty())
    return from_url(os, environment, url, "DOCKER_HOST");
  if (auto name = environment("DOCKER_CONTEXT"); !name.empty()) return named(name, "DOCKER_CONTEXT");
  auto path = config_folder(environment) + "/config.json";
  auto config = read_json_file<CliConfig>(os, path);
  if (!config && config.error().sys == 0)
    return tl::unexpected(std::move(config.error()));  // unreadable is like absent, broken is not
  if (config && !config->current_context.empty()) return named(config->current_context, path);
  return usual_socket(os, environment);
}

}  // namespace bh::docker
