// Which engine is meant, by the rules of Docker's own client: an explicit --host, then DOCKER_HOST, then
// DOCKER_CONTEXT or the current context of ~/.docker/config.json, then the usual sockets (Docker's, a
// rootless Docker's, Podman's).
#pragma once

#include <functional>
#include <string>

#include "base/os.h"
#include "net/endpoint.h"

namespace bh::docker {

/// A variable of the environment, or "" (a seam for tests).
using Environment = std::function<std::string(const std::string& name)>;
[[nodiscard]] Environment process_environment();

struct Target {
  net::Endpoint endpoint;
  std::string
      origin;  ///< where it was set: `DOCKER_HOST`, `context prod (/root/.docker/contexts/…)`, `default`
};

/// `host` and `context` are what the user gave on the command line, or empty.
/// Errors: a bad URL, a context that does not exist or has no Docker endpoint, files that cannot be read.
[[nodiscard]] Result<Target> find_engine(Os& os, const Environment& environment, const std::string& host,
                                         const std::string& context);

}  // namespace bh::docker
