// What an image says of how it starts, for `generate --image` and `--rootfs`.
//
// The one idea: the command line of the image's configuration is followed to the programs behind it: through
// links, `#!` lines and PATH, inside the image.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "docker/find.h"
#include "generate/starter_spec.h"
#include "image/tree.h"

namespace bh::app {

/// What of an image's configuration says how it starts.
struct StartConfig {
  std::vector<std::string> entrypoint;
  std::vector<std::string> command;
  std::vector<std::string> environment;  ///< NAME=value
};

/// Fills `programs`, `by_shell`, `shell` and what folders there are. A program that is not in the image is
/// left out (it may come from a volume).
void add_started_programs(const image::Tree& tree, const StartConfig& config, generate::ImageStart& start);

/// Asks the engine for the image's configuration and layers. Errors: no engine, no such image, a broken
/// stream.
[[nodiscard]] Result<generate::ImageStart> image_start(const docker::Target& engine,
                                                       const std::string& reference,
                                                       const std::vector<std::string>& entrypoint);

/// A folder that holds an image's files; what starts is only known from `entrypoint`.
[[nodiscard]] Result<generate::ImageStart> rootfs_start(Os& os, const std::string& folder,
                                                        const std::vector<std::string>& entrypoint);

}  // namespace bh::app
