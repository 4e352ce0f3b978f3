// How an image calls its files, for a spec that is written for that image.
//
// The one idea: a spec's paths are what people type, rules need the names that the kernel asks about. Without
// an image every usual spelling is emitted (path_set.h); with one, the single real name.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace bh::generate {

class ImageNames {
 public:
  virtual ~ImageNames() = default;

  /// The image, in a few words, for comments and messages.
  [[nodiscard]] virtual const std::string& words() const = 0;
  /// The path without links: as far as it is in the image; what is behind stays as it is written. A slash at
  /// the end stays.
  [[nodiscard]] virtual std::string real(std::string_view path) const = 0;
  [[nodiscard]] virtual bool has(std::string_view path) const = 0;
  /// Where links lead whose own path (with links in none of its folders) is wanted: real paths of files,
  /// sorted.
  [[nodiscard]] virtual std::vector<std::string> link_targets(
      const std::function<bool(std::string_view)>& wanted) const = 0;
};

}  // namespace bh::generate
