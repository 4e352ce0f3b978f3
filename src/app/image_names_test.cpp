#include "app/image_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generate/generate.h"

namespace bh::app {
namespace {

using image::Node;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Node file() { return {.kind = Node::Kind::file, .mode = 0755}; }
Node link(std::string target) {
  return {.kind = Node::Kind::link, .mode = 0777, .target = std::move(target)};
}

/// As Debian makes them: merged /usr, alternatives, /var/run a link.
image::Tree debian() {
  image::Tree tree;
  tree.put("/bin", link("usr/bin"));
  tree.put("/usr/bin/dash", file());
  tree.put("/usr/bin/sh", link("dash"));
  tree.put("/usr/bin/vi", link("/etc/alternatives/vi"));
  tree.put("/etc/alternatives/vi", link("/opt/editors/vim.basic"));
  tree.put("/opt/editors/vim.basic", file());
  tree.put("/usr/sbin/nginx", file());
  tree.put("/run", {.kind = Node::Kind::folder, .mode = 0755});
  tree.put("/var/run", link("/run"));
  tree.put("/self", link("/"));
  return tree;
}

TEST(ImageNames, AreThoseAtTheEndOfAllLinks) {
  auto names = names_of(debian(), "image debian");
  EXPECT_EQ(names->real("/bin/sh"), "/usr/bin/dash");
  EXPECT_EQ(names->real("/bin/"), "/usr/bin/");
  EXPECT_EQ(names->real("/bin"), "/usr/bin");
  EXPECT_EQ(names->real("/var/run/new/file"), "/run/new/file");
  EXPECT_EQ(names->real("/self/usr/sbin/nginx"), "/usr/sbin/nginx");
  EXPECT_EQ(names->real("/self/new"), "/new");
  EXPECT_EQ(names->real("/"), "/");
  EXPECT_EQ(names->real("/nowhere/at/all/"), "/nowhere/at/all/");
  EXPECT_TRUE(names->has("/bin/vi"));
  EXPECT_FALSE(names->has("/bin/emacs"));
  EXPECT_THAT(names->link_targets([](std::string_view path) { return path.starts_with("/usr/bin/v"); }),
              ElementsAre("/opt/editors/vim.basic"));
}

struct Made {
  std::string text, said;
};

Made strict(const std::string& spec_text, const generate::ImageNames* image) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto spec = generate::read_spec(sources, sources.add("x.toml", spec_text), sink);
  EXPECT_TRUE(spec);
  auto options = generate::options_of(*spec);
  options.image = image;
  Made made{generate::generate(*spec, options, sources, sink).text, {}};
  for (const auto& diagnostic : sink.diagnostics()) made.said += diagnostic.message + "\n";
  return made;
}

constexpr const char* spec = R"(Name = "x"
[Filesystem]
WritablePaths = ["/var/run/x/**"]
AllowExec = ["/usr/sbin/nginx", "/bin/v*", "/usr/sbin/ngnix"]
DenyExec = ["/bin/sh"]
)";

TEST(ImageNames, GiveRulesTheKernelsNamesAndNoOthers) {
  auto names = names_of(debian(), "image debian");
  auto with = strict(spec, names.get());
  EXPECT_THAT(with.text, HasSubstr("\n  /run/x/{,**} wkl,"));
  EXPECT_THAT(with.text, HasSubstr("\n  /usr/sbin/nginx mrix,"));
  EXPECT_THAT(with.text, HasSubstr("\n  /{opt/editors/vim.basic,usr/bin/v*} mrix,"));
  EXPECT_THAT(with.text, HasSubstr("\n  audit deny /usr/bin/dash mx,"));
  EXPECT_THAT(with.text, Not(HasSubstr("busybox")));
  EXPECT_EQ(with.said, "`/usr/sbin/ngnix` in AllowExec is not in image debian\n");

  auto without = strict(spec, nullptr);
  EXPECT_THAT(without.text, HasSubstr("\n  /{,var/}run/x/{,**} wkl,"));
  EXPECT_THAT(without.said, HasSubstr("is a link on most images"));
}

}  // namespace
}  // namespace bh::app
