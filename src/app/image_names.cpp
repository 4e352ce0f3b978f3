#include "app/image_names.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "docker/engine.h"
#include "docker/find.h"

namespace bh::app {
namespace {

constexpr auto save_time = std::chrono::minutes(10);
constexpr auto save_silence = std::chrono::seconds(60);

class TreeNames final : public generate::ImageNames {
 public:
  TreeNames(image::Tree tree, std::string words) : tree_(std::move(tree)), words_(std::move(words)) {}

  [[nodiscard]] const std::string& words() const override { return words_; }

  [[nodiscard]] bool has(std::string_view path) const override { return tree_.resolve(path).has_value(); }

  [[nodiscard]] std::string real(std::string_view path) const override {
    std::string_view head = path;
    while (head.ends_with('/')) head.remove_suffix(1);
    for (; !head.empty(); head = head.substr(0, head.rfind('/'))) {
      auto found = tree_.resolve(head);
      if (!found) continue;
      if (*found == "/") found->clear();
      return *found + std::string(path.substr(head.size()));
    }
    return std::string(path);
  }

  [[nodiscard]] std::vector<std::string> link_targets(
      const std::function<bool(std::string_view)>& wanted) const override {
    std::vector<std::string> targets;
    tree_.each([&](const std::string& path, const image::Node& node) {
      if (node.kind != image::Node::Kind::link || !wanted(path)) return;
      auto end = tree_.resolve(path);
      if (!end) return;
      const image::Node* file = tree_.find(*end);
      if (file != nullptr && file->kind == image::Node::Kind::file) targets.push_back(*end);
    });
    std::ranges::sort(targets);
    targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
    return targets;
  }

 private:
  image::Tree tree_;
  std::string words_;
};

}  // namespace

std::unique_ptr<generate::ImageNames> names_of(image::Tree tree, std::string words) {
  return std::make_unique<TreeNames>(std::move(tree), std::move(words));
}

Result<OpenedImage> open_image(Os& os, const ImageSource& source) {
  if (!source.reference.empty() && !source.folder.empty())
    return fail("--image or --rootfs: an image's files are in one place");
  OpenedImage opened;
  if (!source.folder.empty()) {
    BH_TRY(opened.tree, image::read_folder(os, source.folder));
    return opened;
  }
  BH_TRY(auto target, docker::find_engine(os, docker::process_environment(), source.host, source.context));
  BH_TRY(auto engine, docker::Engine::connect(target));
  auto inspected = engine.inspect_images(std::span(&source.reference, 1));
  if (!inspected[0])
    return tl::unexpected(std::move(inspected[0].error()).in(fmt::format("image {}", source.reference)));
  opened.inspected = std::move(*inspected[0]);
  BH_TRY(auto stream, engine.save_image(opened.inspected->id, save_time));
  auto tree = image::read_saved([&] { return stream.next(save_silence); });
  if (!tree) return tl::unexpected(std::move(tree.error()).in(fmt::format("layers of {}", source.reference)));
  opened.tree = std::move(*tree);
  return opened;
}

Result<std::unique_ptr<generate::ImageNames>> image_names(Os& os, const ImageSource& source) {
  BH_TRY(OpenedImage opened, open_image(os, source));
  return names_of(std::move(opened.tree), opened.inspected ? fmt::format("image {}", source.reference)
                                                           : fmt::format("folder {}", source.folder));
}

}  // namespace bh::app
