// The files of an image as the processes in it will find them: names, kinds and links; no contents but the
// first bytes of programs.
//
// The one idea: the kernel asks AppArmor about the name at the end of all links, so the tree's question is
// "what is this path called in the end", with links followed inside the image only. From the layers of a
// saved image or from a folder on disk; both are read once and are the same afterwards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/os.h"
#include "base/path_order.h"
#include "base/result.h"
#include "image/layers.h"

namespace bh::image {

/// What starts a program, from its first bytes.
struct Program {
  enum class Form : std::uint8_t { none, elf, script } form = Form::none;
  std::string
      interpreter;  ///< of an ELF program its loader, empty if it is static; of a script the word after `#!`
  std::string argument;  ///< of a script: what stands after the interpreter
};

/// The first bytes that `program_of` wants to see.
inline constexpr std::size_t program_head = 4096;
[[nodiscard]] Program program_of(std::string_view head);

struct Node {
  enum class Kind : std::uint8_t { file, folder, link, other };
  Kind kind = Kind::other;
  std::uint32_t mode = 0;  ///< permission bits
  std::string target;      ///< of a link, as it is written
  Program program;         ///< of a file that may be executed

  [[nodiscard]] bool executable() const { return kind == Kind::file && (mode & 0111) != 0; }
};

class Tree {
 public:
  Tree() { nodes_.try_emplace("/", Node{Node::Kind::folder, 0755, {}, {}}); }

  /// `path`: from `/`, without `.`, `..` and a slash at the end. Folders above it are made. What was there
  /// goes, and all below it unless both are folders.
  void put(const std::string& path, Node node);
  void remove(const std::string& path);
  void clear(const std::string& folder);

  /// No links are followed, not even in the folders on the way. Null: not there.
  [[nodiscard]] const Node* find(std::string_view path) const;
  /// The path without links, `.` and `..`: the name that the kernel asks about.
  /// Errors: something on the way is not there (ENOENT) or no folder (ENOTDIR), more than 40 links (ELOOP).
  [[nodiscard]] Result<std::string> resolve(std::string_view path) const;
  /// Paths of what lies directly in the folder.
  [[nodiscard]] std::vector<std::string> in(const std::string& folder) const;
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// Calls `visit(path, node)` for everything, a folder before what is in it.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [path, node] : nodes_) visit(path, node);
  }

 private:
  std::map<std::string, Node, PathOrder> nodes_;
};

struct TreeLimits {
  LayerLimits layers;
  std::size_t nodes = 1'000'000;
};

/// Errors: those of read_layers; more files than the limit.
[[nodiscard]] Result<Tree> read_saved(const NextBytes& next, const TreeLimits& limits = {});

/// The folder as the root of an image. Other file systems mounted in it are no part of it. Errors: a folder
/// that cannot be read; more files than the limit.
[[nodiscard]] Result<Tree> read_folder(Os& os, const std::string& root, const TreeLimits& limits = {});

}  // namespace bh::image
