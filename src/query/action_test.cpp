#include "query/action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compile/policydb.h"
#include "diag/render.h"
#include "query/catalogue.h"

namespace bh::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace perm = compile::perm;

std::optional<Action> read(std::string_view text, std::string* complaint = nullptr) {
  diag::SourceMap sources;
  diag::Sink sink;
  const diag::SourceId source = sources.add("<question>", std::string(text));
  auto action = parse_action(sources, {source, 0, static_cast<std::uint32_t>(text.size())}, sink);
  EXPECT_EQ(action.has_value(), sink.ok());
  EXPECT_LE(sink.errors(), 1u);
  if (complaint != nullptr) *complaint = diag::render(sources, sink);
  return action;
}

std::string complaint(std::string_view text) {
  std::string said;
  EXPECT_FALSE(read(text, &said)) << text;
  return said;
}

TEST(Action, FilesAndWhatIsAskedOfThem) {
  const auto action = read("  write   /etc/passwd ");
  ASSERT_TRUE(action);
  EXPECT_EQ(action->kind, ActionKind::file);
  EXPECT_EQ(action->request, perm::write);
  EXPECT_EQ(action->subject, "/etc/passwd");
  EXPECT_EQ(action->text, "write /etc/passwd");
  EXPECT_EQ(read("exec /bin/sh")->request, perm::exec);
  EXPECT_EQ(read("mmap-exec /lib/x.so")->request, perm::mmap);
  EXPECT_EQ(read("chmod /etc/")->request, perm::chmod);
  EXPECT_EQ(read("read \"/a b\"")->subject, "/a b");
}

TEST(Action, Pairs) {
  const auto link = read("link /a -> /b");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->subject, "/a");
  EXPECT_EQ(link->target, "/b");
  EXPECT_EQ(read("rename /a -> /b")->kind, ActionKind::rename);
  EXPECT_EQ(read("pivot_root /new/ /new/old/")->target, "/new/old/");
}

TEST(Action, Network) {
  const auto raw = read("network inet raw");
  ASSERT_TRUE(raw);
  EXPECT_EQ(raw->request, perm::create);
  EXPECT_EQ(raw->family, 2u);
  EXPECT_THAT(raw->types, ElementsAre(3));
  EXPECT_EQ(read("network connect inet6 stream tcp")->protocol, 6u);
  EXPECT_GT(read("network netlink")->types.size(), 4u);
}

TEST(Action, UnixSockets) {
  const auto connect = read("unix connect @/containerd-shim/x.sock");
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->subject, "@/containerd-shim/x.sock");
  EXPECT_EQ(connect->request, perm::connect | perm::send | perm::receive);
  const auto peer = read("unix send type=dgram peer=(label=x addr=@y)");
  ASSERT_TRUE(peer);
  EXPECT_EQ(peer->peer, "x");
  EXPECT_EQ(peer->subject, "@y");
  EXPECT_THAT(peer->types, ElementsAre(2));
}

TEST(Action, SignalsAndPeers) {
  const auto kill = read("signal send kill term peer=unconfined");
  ASSERT_TRUE(kill);
  EXPECT_THAT(kill->signals, ElementsAre(9, 15));
  EXPECT_EQ(kill->peer, "unconfined");
  EXPECT_GT(read("signal receive peer=runc")->signals.size(), 30u);
  EXPECT_EQ(read("ptrace trace peer=self")->request, 2u);
}

TEST(Action, Mounts) {
  const auto mount = read("mount -t proc -o ro,nosuid proc -> /tmp/x/");
  ASSERT_TRUE(mount);
  EXPECT_EQ(mount->fstype, "proc");
  EXPECT_EQ(mount->mount_flags, 3u);
  EXPECT_EQ(mount->subject, "proc");
  EXPECT_EQ(mount->target, "/tmp/x/");
  EXPECT_FALSE(read("mount -o remount -> /x/")->subject);
}

TEST(Action, OthersOfEachKind) {
  EXPECT_EQ(read("capability sys_admin")->request, 21u);
  EXPECT_EQ(read("change_profile -> unconfined")->target, "unconfined");
  EXPECT_EQ(read("change_profile /bin/x -> y")->subject, "/bin/x");
  EXPECT_EQ(read("userns")->request, 8u);
  EXPECT_EQ(read("io_uring sqpoll")->request, 16u);
  EXPECT_EQ(read("mqueue create /q")->request, perm::create);
  const auto dbus = read("dbus send bus=system path=/o interface=i member=m peer=(name=n label=l)");
  ASSERT_TRUE(dbus);
  EXPECT_EQ(dbus->peer_name, "n");
  EXPECT_EQ(dbus->peer, "l");
}

TEST(Action, SaysWhatIsWrongAndTheWayOut) {
  EXPECT_EQ(complaint("wirte /etc/passwd"),
            "error[BH4001]: `wirte` is not an action that can be asked\n"
            " --> <question>:1:1\n"
            "  |\n"
            "1 | wirte /etc/passwd\n"
            "  | ^^^^^\n"
            "  = help: did you mean `write`?\n"
            "\n1 error, 0 warnings\n");
  EXPECT_THAT(complaint("capability sys_admn"), HasSubstr("did you mean `sys_admin`?"));
  EXPECT_THAT(complaint("network inet strem"), HasSubstr("`strem` is not a socket type"));
  EXPECT_THAT(complaint("write etc/passwd"),
              HasSubstr("the path must be an absolute path, not `etc/passwd`"));
  EXPECT_THAT(complaint("link /a /b"), HasSubstr("`->` is missing"));
  EXPECT_THAT(complaint("signal send kill"), HasSubstr("the other side is missing: `peer=LABEL`"));
  EXPECT_THAT(complaint("signal kill peer=x"), HasSubstr("`send` or `receive` is missing"));
  EXPECT_THAT(complaint("mount -o rbnd /a -> /b"), HasSubstr("did you mean `rbind`?"));
  EXPECT_THAT(complaint("read \"/a"), HasSubstr("a quote that is not closed"));
  EXPECT_THAT(complaint("read /a /b"), HasSubstr("`/b` does not belong here"));
  EXPECT_THAT(complaint(""), HasSubstr("an empty action"));
  EXPECT_THAT(complaint("read " + std::string(20000, '/')), HasSubstr("is longer than 16384"));
  EXPECT_THAT(complaint("dbus send path=/x"), HasSubstr("the bus is missing: `bus=system`"));
  EXPECT_THAT(complaint("ptrace trace peer=a peer=b"), HasSubstr("`peer` is given twice"));
  EXPECT_THAT(complaint("read"), HasSubstr("write it as `read PATH`"));
}

TEST(Catalogue, EveryQuestionCanBeAsked) {
  std::size_t asked = 0;
  for (const CatalogueRow& row : catalogue()) {
    std::string_view rest = row.questions;
    while (!rest.empty()) {
      const std::size_t stop = std::min(rest.find('\n'), rest.size());
      EXPECT_TRUE(read(rest.substr(0, stop))) << row.id;
      rest.remove_prefix(std::min(stop + 1, rest.size()));
      ++asked;
    }
    EXPECT_EQ(find_row(row.id), &row);
    EXPECT_FALSE(row.probe.empty() || row.remedy.empty() || row.stands_for.empty()) << row.id;
  }
  EXPECT_GT(asked, 60u);
  EXPECT_EQ(find_row("A99"), nullptr);
}

}  // namespace
}  // namespace bh::query
