// What an image says of how it starts, for `generate --image` and `--rootfs`.
//
// The one idea: the command line of the image's configuration is followed to the programs behind it: through
// links, `#!` lines and PATH, inside the image.
#pragma once

#include <string>
#include <vector>

#include "app/image_names.h"
#include "base/result.h"
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

/// Of a folder what starts is only known from `entrypoint`, which of an image takes the place of its own
/// command. Errors: those of open_image.
[[nodiscard]] Result<generate::ImageStart> image_start(Os& os, const ImageSource& source,
                                                       const std::vector<std::string>& entrypoint);

}  // namespace bh::app
