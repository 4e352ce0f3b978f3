#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "image/testing.h"
#include "image/tree.h"

namespace bh::image {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::make_saved;
using testing::make_tar;
using testing::Pieces;

Tree tree_of(const std::vector<std::string>& layers) {
  auto tree = read_saved(Pieces(make_saved(layers)));
  EXPECT_TRUE(tree) << tree.error().text;
  return tree ? std::move(*tree) : Tree();
}

std::string end_of(const Tree& tree, std::string_view path) {
  auto found = tree.resolve(path);
  return found ? *found : found.error().text;
}

TEST(Image, LinksAreFollowedInsideTheImageOnly) {
  auto tree = tree_of({make_tar({{"bin", 0777, "usr/bin", 'l'},
                                 {"usr/bin/dash", 0755, "x"},
                                 {"usr/bin/sh", 0777, "dash", 'l'},
                                 {"usr/bin/up", 0777, "../../../../usr/bin/dash", 'l'},
                                 {"etc/alternatives/awk", 0777, "/usr/bin/mawk", 'l'},
                                 {"usr/bin/mawk", 0755, "x"},
                                 {"usr/bin/awk", 0777, "/etc/alternatives/awk", 'l'},
                                 {"usr/bin/again", 0755, "usr/bin/dash", 'h'},
                                 {"loop", 0777, "loop", 'l'}})});
  EXPECT_EQ(end_of(tree, "/bin/sh"), "/usr/bin/dash");
  EXPECT_EQ(end_of(tree, "/bin/up"), "/usr/bin/dash");
  EXPECT_EQ(end_of(tree, "/usr/bin/awk"), "/usr/bin/mawk");
  EXPECT_EQ(end_of(tree, "/usr/../bin/./dash"), "/usr/bin/dash");
  // A hard link is a name of its own to the kernel.
  EXPECT_EQ(end_of(tree, "/bin/again"), "/usr/bin/again");
  EXPECT_TRUE(tree.find("/usr/bin/again")->executable());
  EXPECT_EQ(end_of(tree, "/bin/bash"), "/usr/bin/bash is not in the image");
  EXPECT_EQ(end_of(tree, "/loop"), "/loop leads through more than 40 links");
  EXPECT_EQ(end_of(tree, "/usr/bin/dash/x"), "/usr/bin/dash is no folder");
  EXPECT_EQ(tree.resolve("/usr/bin/dash/x").error().sys, ENOTDIR);
}

TEST(Image, LayersLieOnEachOther) {
  auto tree = tree_of(
      {make_tar({{"opt/a/x"}, {"opt/a/y"}, {"opt/b"}, {"opt/c/d"}, {"opt/e/f"}, {"opt-x"}}),
       make_tar({{"opt/a/.wh..wh..opq"}, {"opt/a/z"}, {"opt/.wh.b"}, {"opt/c", 0644, "a file now"}})});
  EXPECT_THAT(tree.in("/opt/a"), ElementsAre("/opt/a/z"));
  EXPECT_EQ(tree.find("/opt/b"), nullptr);
  EXPECT_EQ(tree.find("/opt/c/d"), nullptr);
  EXPECT_EQ(tree.find("/opt/c")->kind, Node::Kind::file);
  EXPECT_THAT(tree.in("/"), ElementsAre("/opt", "/opt-x"));
  EXPECT_THAT(tree.in("/opt"), ElementsAre("/opt/a", "/opt/c", "/opt/e"));
}

TEST(Image, WhatAWhiteoutTakesAwayIsOfTheLayersBelow) {
  // The whiteout of a folder may come behind what the same layer puts into it.
  auto tree = tree_of({make_tar({{"a/old"}}), make_tar({{"a/new"}, {".wh.a"}})});
  EXPECT_THAT(tree.in("/a"), ElementsAre("/a/new"));
}

TEST(Image, ProgramsSayWhatStartsThem) {
  auto script = program_of("#! /usr/bin/env  node --flag \nrest");
  EXPECT_EQ(script.form, Program::Form::script);
  EXPECT_EQ(script.interpreter, "/usr/bin/env");
  EXPECT_EQ(script.argument, "node --flag");
  EXPECT_EQ(program_of("#!/bin/sh").interpreter, "/bin/sh");
  EXPECT_EQ(program_of("#!").form, Program::Form::none);
  EXPECT_EQ(program_of("").form, Program::Form::none);

  std::ifstream self("/proc/self/exe", std::ios::binary);
  std::string head(program_head, '\0');
  self.read(head.data(), static_cast<std::streamsize>(head.size()));
  auto elf = program_of(head);
  EXPECT_EQ(elf.form, Program::Form::elf);
  EXPECT_THAT(elf.interpreter, HasSubstr("ld-"));
  // Cut anywhere, it is never read beyond its end.
  for (std::size_t length = 0; length < head.size(); ++length)
    (void)program_of(std::string(head.substr(0, length)));
}

TEST(Image, AFolderOnDiskIsTheSame) {
  std::string root = std::filesystem::temp_directory_path() / "bulkhead-image-XXXXXX";
  ASSERT_NE(::mkdtemp(root.data()), nullptr);
  namespace fs = std::filesystem;
  fs::create_directories(root + "/usr/bin");
  fs::create_symlink("usr/bin", root + "/bin");
  fs::create_symlink("/usr/bin/tool", root + "/usr/bin/alias");
  std::ofstream(root + "/usr/bin/tool") << "#!/bin/sh\n";
  fs::permissions(root + "/usr/bin/tool", fs::perms::owner_all);
  auto tree = read_folder(Os::real(), root);
  fs::remove_all(root);
  ASSERT_TRUE(tree) << tree.error().text;
  EXPECT_EQ(end_of(*tree, "/bin/alias"), "/usr/bin/tool");
  EXPECT_EQ(tree->find("/usr/bin/tool")->program.interpreter, "/bin/sh");
  EXPECT_FALSE(read_folder(Os::real(), "/nonexistent"));
}

TEST(Image, HostileStreamsEndInAnError) {
  auto error = [](const std::string& stream, const TreeLimits& limits = {}) {
    auto tree = read_saved(Pieces(stream), limits);
    return tree ? std::string("accepted") : tree.error().text;
  };
  EXPECT_THAT(error(""), HasSubstr("image"));
  EXPECT_THAT(error(std::string(5000, 'x')), HasSubstr("not a tar stream"));
  EXPECT_THAT(error(make_tar({{"manifest.json", 0644, R"([{"Layers": ["gone/layer.tar"]}])"}})),
              HasSubstr("not in the stream"));
  EXPECT_THAT(error(make_saved({make_tar({{"a"}, {"b"}, {"c"}})}), {.nodes = 2}),
              HasSubstr("more than 2 files"));
  EXPECT_THAT(error(make_saved({make_tar({{"a"}, {"b"}, {"c"}})}), {.layers = {.entries = 2}}),
              HasSubstr("more than 2 files"));
  // Names that climb out of the image are names, not places.
  auto tree = tree_of({make_tar({{"../../etc/passwd"}, {"x", 0777, "../../../../../etc/passwd", 'l'}})});
  EXPECT_EQ(end_of(tree, "/x"), "/etc is not in the image");
}

}  // namespace
}  // namespace bh::image
