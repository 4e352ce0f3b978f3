#include "image/tree.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/links.h"

namespace bh::image {
namespace {

/// Of an absolute path; that of `/` is `/`.
std::string parent_of(std::string_view path) {
  return std::string(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
}

std::string joined(std::string_view folder, std::string_view name) {
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

}  // namespace

void Tree::clear(const std::string& folder) {
  std::string prefix = joined(folder, "");
  auto from = nodes_.upper_bound(prefix), to = from;
  while (to != nodes_.end() && to->first.starts_with(prefix)) ++to;
  nodes_.erase(from, to);
}

void Tree::remove(const std::string& path) {
  if (path == "/") return clear(path);
  clear(path);
  nodes_.erase(path);
}

void Tree::put(const std::string& path, Node node) {
  if (path == "/") return;
  for (std::string folder = parent_of(path); folder != "/"; folder = parent_of(folder)) {
    Node& above = nodes_[folder];
    if (above.kind == Node::Kind::folder) break;
    above = Node{Node::Kind::folder, 0755, {}, {}};
  }
  Node& place = nodes_[path];
  bool below_stays = place.kind == Node::Kind::folder && node.kind == Node::Kind::folder;
  place = std::move(node);
  if (!below_stays) clear(path);
}

const Node* Tree::find(std::string_view path) const {
  auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<std::string> Tree::in(const std::string& folder) const {
  std::string prefix = joined(folder, "");
  std::vector<std::string> paths;
  for (auto at = nodes_.upper_bound(prefix); at != nodes_.end() && at->first.starts_with(prefix);) {
    paths.push_back(at->first);
    at = nodes_.lower_bound(paths.back() + '\0');  // past everything below it
  }
  return paths;
}

Result<std::string> Tree::resolve(std::string_view path) const {
  return follow_links(path, [&](const std::string& here, bool last) -> Result<std::optional<std::string>> {
    const Node* node = find(here);
    if (node == nullptr) return tl::unexpected(Error{fmt::format("{} is not in the image", here), ENOENT});
    if (node->kind == Node::Kind::link) return node->target;
    if (node->kind != Node::Kind::folder && !last)
      return tl::unexpected(Error{fmt::format("{} is no folder", here), ENOTDIR});
    return std::nullopt;
  });
}

namespace {

/// A layer's entries in the order of the stream.
struct Layer {
  struct Change {
    std::string path;
    Node node;
    std::string same_as;  // a hard link
  };
  std::vector<Change> changes;
  std::vector<Whiteout> gone;
};

Result<void> note(Layer& layer, const LayerEntry& entry) {
  if (auto gone = whiteout(entry.path)) {
    layer.gone.push_back(std::move(*gone));
    return {};
  }
  Layer::Change change{entry.path, {}, {}};
  change.node.mode = entry.mode;
  switch (entry.kind) {
    case LayerEntry::Kind::file:
      change.node.kind = Node::Kind::file;
      if (change.node.executable()) {
        BH_TRY(std::string head, entry.head(program_head));
        change.node.program = program_of(head);
      }
      break;
    case LayerEntry::Kind::folder:
      change.node.kind = Node::Kind::folder;
      break;
    case LayerEntry::Kind::link:
      change.node.kind = Node::Kind::link;
      change.node.target = entry.target;
      break;
    case LayerEntry::Kind::hard_link:
      change.same_as = entry.target;
      break;
    case LayerEntry::Kind::other:
      break;
  }
  layer.changes.push_back(std::move(change));
  return {};
}

void lay(Layer& layer, Tree& tree) {
  // What is taken away is meant of the layers below, wherever it stands in this one.
  for (const Whiteout& gone : layer.gone) gone.opaque ? tree.clear(gone.path) : tree.remove(gone.path);
  for (Layer::Change& change : layer.changes) {
    if (!change.same_as.empty()) {
      const Node* other = tree.find(change.same_as);
      if (other == nullptr) continue;
      change.node = *other;
    }
    tree.put(change.path, std::move(change.node));
  }
}

}  // namespace

Result<Tree> read_saved(const NextBytes& next, const TreeLimits& limits) {
  std::map<std::string, Layer> layers;
  std::size_t nodes = 0;
  BH_TRY(auto order, read_layers(next, limits.layers,
                                 [&](const std::string& name, const LayerEntry& entry) -> Result<void> {
                                   if (++nodes > limits.nodes)
                                     return fail("the image has more than {} files", limits.nodes);
                                   return note(layers[name], entry);
                                 }));
  Tree tree;
  for (const std::string& name : order) lay(layers[name], tree);
  return tree;
}

namespace {

Result<Program> program_in(Os& os, const std::string& path) {
  BH_TRY(int fd, os.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  std::string head(program_head, '\0');
  auto got = os.read(fd, head);
  os.close(fd);
  if (!got) return tl::unexpected(std::move(got.error()));
  return program_of(std::string_view(head).substr(0, *got));
}

Result<Node> node_on_disk(Os& os, const std::string& path, const struct ::stat& info) {
  Node node{.mode = info.st_mode & 07777};
  if (S_ISDIR(info.st_mode)) {
    node.kind = Node::Kind::folder;
  } else if (S_ISLNK(info.st_mode)) {
    node.kind = Node::Kind::link;
    BH_TRY(node.target, os.readlink(path));
  } else if (S_ISREG(info.st_mode)) {
    node.kind = Node::Kind::file;
    if (node.executable()) {
      BH_TRY(node.program, program_in(os, path));
    }
  }
  return node;
}

}  // namespace

Result<Tree> read_folder(Os& os, const std::string& root, const TreeLimits& limits) {
  BH_TRY(auto top, os.stat(root));
  Tree tree;
  std::vector<std::string> todo{"/"};
  while (!todo.empty()) {
    std::string folder = std::move(todo.back());
    todo.pop_back();
    BH_TRY(auto names, os.list(root + folder));
    for (const std::string& name : names) {
      std::string path = joined(folder, name);
      auto info = os.lstat(root + path);
      if (!info && info.error().sys == ENOENT) continue;  // went away meanwhile
      if (!info) return tl::unexpected(std::move(info.error()));
      if (info->st_dev != top.st_dev) continue;
      auto node = node_on_disk(os, root + path, *info);
      if (!node) return tl::unexpected(std::move(node.error()));
      if (node->kind == Node::Kind::folder) todo.push_back(path);
      tree.put(path, std::move(*node));
      if (tree.size() > limits.nodes) return fail("{} has more than {} files", root, limits.nodes);
    }
  }
  return tree;
}

}  // namespace bh::image
