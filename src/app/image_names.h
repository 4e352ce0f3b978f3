// The names of an image's files for the generator, from an engine's image or a folder.
#pragma once

#include <memory>
#include <string>

#include "base/os.h"
#include "base/result.h"
#include "docker/find.h"
#include "generate/image_names.h"
#include "image/tree.h"

namespace bh::app {

/// Of a tree that was read. `words`: `image nginx:1.27`.
[[nodiscard]] std::unique_ptr<generate::ImageNames> names_of(image::Tree tree, std::string words);

/// Which image is meant; both empty: none.
struct ImageSource {
  std::string reference;  ///< of the engine
  std::string folder;
  std::string host;     ///< --host URL
  std::string context;  ///< --context NAME

  [[nodiscard]] bool given() const { return !reference.empty() || !folder.empty(); }
};

/// Errors: no engine, no such image, a broken stream, a folder that cannot be read.
[[nodiscard]] Result<std::unique_ptr<generate::ImageNames>> image_names(Os& os, const ImageSource& source);

/// The layers of an engine's image as one tree.
[[nodiscard]] Result<image::Tree> image_tree(const docker::Target& engine, const std::string& id);

}  // namespace bh::app
