#include "app/image_names.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <span>

#include "base/file.h"
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

/// The name of an image holds no such file's name but by a wild chance; then the file is meant.
bool is_saved_file(Os& os, const std::string& reference) {
  auto about = os.stat(reference);
  return about && S_ISREG(about->st_mode);
}

Result<image::Tree> read_saved_file(Os& os, const std::string& path) {
  BH_TRY(int fd, os.open(path, O_RDONLY | O_CLOEXEC));
  OpenFile file(os, fd);
  std::string buffer(256u << 10, '\0');
  auto tree = image::read_saved([&]() -> Result<std::string_view> {
    BH_TRY(std::size_t n, os.read(fd, {buffer.data(), buffer.size()}));
    return std::string_view(buffer).substr(0, n);
  });
  if (!tree) return tl::unexpected(std::move(tree.error()).in(path));
  return tree;
}

struct EngineImage {
  docker::Engine engine;  // whose connection the stream reads from
  docker::Image inspected;
  net::BodyStream stream;
};

Result<EngineImage> engine_image(Os& os, const ImageSource& source) {
  BH_TRY(auto target, docker::find_engine(os, docker::process_environment(), source.host, source.context));
  BH_TRY(auto engine, docker::Engine::connect(target));
  auto inspected = engine.inspect_images(std::span(&source.reference, 1));
  if (!inspected[0])
    return tl::unexpected(std::move(inspected[0].error()).in(fmt::format("image {}", source.reference)));
  BH_TRY(auto stream, engine.save_image(inspected[0]->id, save_time));
  return EngineImage{std::move(engine), std::move(*inspected[0]), std::move(stream)};
}

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
  if (is_saved_file(os, source.reference)) {
    BH_TRY(opened.tree, read_saved_file(os, source.reference));
    return opened;
  }
  BH_TRY(EngineImage image, engine_image(os, source));
  opened.inspected = std::move(image.inspected);
  auto tree = image::read_saved([&] { return image.stream.next(save_silence); });
  if (!tree) return tl::unexpected(std::move(tree.error()).in(fmt::format("layers of {}", source.reference)));
  opened.tree = std::move(*tree);
  return opened;
}

Result<std::string> saved_image(Os& os, const ImageSource& source, const std::string& file) {
  if (!source.folder.empty())
    return fail("--rootfs is a folder of files and no image that could be started: use --image");
  if (is_saved_file(os, source.reference)) return source.reference;
  BH_TRY(EngineImage image, engine_image(os, source));
  BH_TRY(int fd, os.open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  OpenFile opened(os, fd);
  for (;;) {
    auto bytes = image.stream.next(save_silence);
    if (!bytes)
      return tl::unexpected(std::move(bytes.error()).in(fmt::format("layers of {}", source.reference)));
    if (bytes->empty()) return file;
    for (std::string_view rest = *bytes; !rest.empty();) {
      BH_TRY(std::size_t written, os.write(fd, rest));
      rest.remove_prefix(written);
    }
  }
}

Result<std::unique_ptr<generate::ImageNames>> image_names(Os& os, const ImageSource& source) {
  BH_TRY(OpenedImage opened, open_image(os, source));
  return names_of(std::move(opened.tree), source.folder.empty() ? fmt::format("image {}", source.reference)
                                                                : fmt::format("folder {}", source.folder));
}

}  // namespace bh::app
