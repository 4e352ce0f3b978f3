// The names of an image's files for the generator: from an engine's image, from a file that `docker save`
// wrote, or from a folder.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/os.h"
#include "base/result.h"
#include "docker/model.h"
#include "generate/image_names.h"
#include "image/tree.h"

namespace bh::app {

/// Of a tree that was read. `words`: `image nginx:1.27`.
[[nodiscard]] std::unique_ptr<generate::ImageNames> names_of(image::Tree tree, std::string words);

/// Which image is meant; both empty: none.
struct ImageSource {
  std::string reference;  ///< of the engine; or a file that `docker save` wrote
  std::string folder;
  std::string host;     ///< --host URL
  std::string context;  ///< --context NAME

  [[nodiscard]] bool given() const { return !reference.empty() || !folder.empty(); }
};

/// The image itself: its files, and of an engine's image what the engine says of it.
struct OpenedImage {
  image::Tree tree;
  std::optional<docker::Image> inspected;
};

/// Errors: both a reference and a folder are given; no engine, no such image, a broken stream; a folder that
/// cannot be read.
[[nodiscard]] Result<OpenedImage> open_image(Os& os, const ImageSource& source);

/// The image as a file that `docker save` wrote: the source's own, or else what the engine saves, written to
/// `file`. Errors: a folder is given; those of open_image.
[[nodiscard]] Result<std::string> saved_image(Os& os, const ImageSource& source, const std::string& file);

/// Errors: those of open_image.
[[nodiscard]] Result<std::unique_ptr<generate::ImageNames>> image_names(Os& os, const ImageSource& source);

}  // namespace bh::app
