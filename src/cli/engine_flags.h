// Flags of the commands that ask an engine.
#pragma once

#include <memory>

#include "app/profile_score.h"
#include "audit/run.h"
#include "cli/arguments.h"
#include "cli/command.h"

namespace bh::cli {

inline constexpr Flag host_flag = {
    .name = "host",
    .letter = 'H',
    .value = "URL",
    .help = "the engine: unix:///PATH, tcp://HOST:PORT (default: DOCKER_HOST, then the context)"};
inline constexpr Flag context_flag = {
    .name = "context", .letter = 'c', .value = "NAME", .help = "the engine of this context of ~/.docker"};
inline constexpr Flag layers_flag = {
    .name = "layers",
    .help = "read every image's layers as well: set-id files and accounts (takes seconds per gigabyte)"};
inline constexpr Flag root_flag = {.name = "root",
                                   .value = "DIR",
                                   .help = "where the host's files are, when bulkhead runs in a container",
                                   .completes = Completes::folder};
inline constexpr Flag no_host_flag = {.name = "no-host",
                                      .help = "ask the engine only and read no files of this host"};

/// By host_flag and context_flag.
[[nodiscard]] inline audit::Source engine_source(const Arguments& arguments) {
  return {.host = arguments.value_or("host", ""), .context = arguments.value_or("context", "")};
}

/// By those and the flags of what is collected.
[[nodiscard]] inline audit::Source fact_source(const Arguments& arguments) {
  auto source = engine_source(arguments);
  source.collect = {.root = arguments.value_or("root", ""),
                    .layers = arguments.has("layers"),
                    .host = !arguments.has("no-host")};
  auto session = std::make_shared<app::Session>();
  source.collect.score = [session](const std::string& profile) {
    return app::score_loaded(*session, profile);
  };
  return source;
}

}  // namespace bh::cli
