#include "doc/toml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diag/render.h"

namespace bh::doc {
namespace {

struct Read {
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<Tree> tree;

  explicit Read(std::string text, const Limits& limits = {}) {
    diag::SourceId id = sources.add("t.toml", std::move(text));
    tree = read_toml(sources, id, sink, limits);
  }

  /// Every key and value as `key@line:column = source text`, depth by indent.
  std::string places() const {
    std::string out;
    put(out, tree->root(), 0);
    return out;
  }

 private:
  std::string at(diag::Span span) const {
    diag::Position position = sources.position(span.source, span.begin);
    return fmt::format("{}:{}", position.line, position.column);
  }
  void put(std::string& out, NodeId id, int depth) const {
    const Node& node = tree->node(id);
    for (const Member& member : node.members) {
      const Node& value = tree->node(member.value);
      bool leaf = value.kind != Kind::table && value.kind != Kind::array;
      out += fmt::format("{:{}}{}@{} {}@{}{}\n", "", depth, member.key, at(member.key_span),
                         describe(value.kind), at(value.span),
                         leaf ? fmt::format(" {}", sources.text(value.span)) : "");
      put(out, member.value, depth + 1);
    }
    for (NodeId item : node.items) {
      const Node& value = tree->node(item);
      out += fmt::format("{:{}}- {}@{}\n", "", depth, sources.text(value.span), at(value.span));
      put(out, item, depth + 1);
    }
  }
};

TEST(Toml, EveryKeyAndValueKnowsItsPlace) {
  Read read(
      "Name = \"nginx\"\n"
      "[Filesystem]\n"
      "  AllowExec = [\n"
      "\t\"/ä\", '/b',\n"
      "]\n");
  ASSERT_TRUE(read.tree);
  EXPECT_EQ(read.places(),
            "Name@1:1 a string@1:8 \"nginx\"\n"
            "Filesystem@2:2 a table@2:2\n"
            " AllowExec@3:3 an array@3:15\n"
            "  - \"/ä\"@4:2\n"
            "  - '/b'@4:8\n");
}

TEST(Toml, ImpliedTablesStandAtTheKeyThatImpliesThem) {
  Read read("x.\"y z\".k = 1\n[ a . b ]\nk = true\n[[Expect]]\nDeny = \"q\"\n[[Expect]]\n");
  ASSERT_TRUE(read.tree);
  EXPECT_EQ(read.places(),
            "x@1:1 a table@1:1\n"
            " y z@1:3 a table@1:3\n"
            "  k@1:9 an integer@1:13 1\n"
            "a@2:3 a table@2:3\n"
            " b@2:7 a table@2:7\n"
            "  k@3:1 a boolean@3:5 true\n"
            "Expect@4:3 an array@4:3\n"
            " - [[Expect]]@4:1\n"
            "  Deny@5:1 a string@5:8 \"q\"\n"
            " - [[Expect]]@6:1\n");
}

TEST(Toml, MembersKeepTheOrderOfTheFile) {
  Read read("b = 1\na = 2\nc = 3\n");
  ASSERT_TRUE(read.tree);
  std::string keys;
  for (const Member& member : read.tree->node(read.tree->root()).members) keys += member.key;
  EXPECT_EQ(keys, "bac");
}

TEST(Toml, ScalarsOfEveryKind) {
  Read read("s = 'x'\ni = 0x10\nf = 1.5\nb = false\nd = 1979-05-27T07:32:00Z\n");
  ASSERT_TRUE(read.tree);
  const auto& members = read.tree->node(read.tree->root()).members;
  EXPECT_EQ(read.tree->node(members[0].value).text, "x");
  EXPECT_EQ(read.tree->node(members[1].value).integer, 16);
  EXPECT_EQ(read.tree->node(members[2].value).floating, 1.5);
  EXPECT_FALSE(read.tree->node(members[3].value).boolean);
  EXPECT_EQ(read.tree->node(members[4].value).text, "1979-05-27T07:32:00Z");
}

TEST(Toml, AnEmptyTextIsAnEmptyTable) {
  Read read("");
  ASSERT_TRUE(read.tree);
  EXPECT_TRUE(read.tree->node(read.tree->root()).members.empty());
}

void expect_refused(std::string text, std::string rendered) {
  Read read(std::move(text));
  EXPECT_FALSE(read.tree);
  EXPECT_EQ(diag::render(read.sources, read.sink), rendered + "\n1 error, 0 warnings\n");
}

TEST(Toml, ErrorsHaveAPlace) {
  expect_refused("a = 1\nName = nginx\n",
                 "error[BH1001]: Error while parsing floating-point: expected 'nan', saw 'ng'\n"
                 " --> t.toml:2:9\n"
                 "  |\n"
                 "2 | Name = nginx\n"
                 "  |         ^\n"
                 "  = help: a text value needs quotes, as in Name = \"web\"\n");
  expect_refused("a = 1\na = 2\n",
                 "error[BH1001]: Error while parsing key-value pair: cannot redefine existing integer 'a'\n"
                 " --> t.toml:2:5\n"
                 "  |\n"
                 "2 | a = 2\n"
                 "  |     ^\n");
}

TEST(Toml, InvalidUtf8HasAPlace) {
  expect_refused("Name = \"\xff\"\n",
                 "error[BH1001]: Encountered invalid utf-8 sequence\n"
                 " --> t.toml:1:8\n"
                 "  |\n"
                 "1 | Name = \"\\xff\"\n"
                 "  |        ^\n");
}

TEST(Toml, LettersBeyondAsciiAreNoWhiteSpace) {
  for (const char* text : {"N\u00e4me = 1", "a = 1 \ufefb", "a = \u0499", "a\u2070 = 1", "\u3001 = 1"})
    EXPECT_FALSE(Read(text).tree) << text;
  EXPECT_TRUE(Read("\"N\u00e4me\" = '\ufefb' # \ufefb\nb = \"\"\"\\\n \u00e4\"\"\"\n").tree);
}

TEST(Toml, AByteOrderMarkShiftsNothing) {
  Read read("\xef\xbb\xbfName = \"x\"\n");
  ASSERT_TRUE(read.tree);
  const Member& name = read.tree->node(read.tree->root()).members[0];
  EXPECT_EQ(read.sources.text(name.key_span), "Name");
  EXPECT_EQ(read.sources.text(read.tree->node(name.value).span), "\"x\"");
}

TEST(Toml, DeepNestingIsRefusedBeforeItIsBuilt) {
  auto deep = [](std::string text) {
    Read read(std::move(text));
    return !read.tree && read.sink.diagnostics()[0].code == diag::Code::input_beyond_limit;
  };
  std::string dotted = "a", header = "[a";
  for (int i = 0; i < 100'000; ++i) {
    dotted += i % 2 ? ".\"b#\"" : ". c";
    header += ".a";
  }
  EXPECT_TRUE(deep(dotted + " = 1\n"));
  EXPECT_TRUE(deep(header + "]\n"));
  EXPECT_TRUE(deep("a = " + std::string(100'000, '[')));
  std::string tables = "a = ";
  for (int i = 0; i < 10'000; ++i) tables += "{ a = ";
  EXPECT_TRUE(deep(tables));
}

TEST(Toml, DotsInStringsAndCommentsAreNotNesting) {
  std::string dots(200, '.');
  Read read("# " + dots + "\na = \"" + dots + "\\\"" + dots + "\"\nb = '" + dots + "'\nc = \"\"\"\n" + dots +
            "\n\"" + dots + "\"\"\"\"\nd = 1.5\n");
  EXPECT_TRUE(read.tree) << diag::render(read.sources, read.sink);
}

TEST(Toml, SizeAndCountHaveLimits) {
  EXPECT_EQ(Read("abc = 1", {.bytes = 6}).sink.diagnostics()[0].message,
            "t.toml is 7 bytes long; at most 6 are read");
  EXPECT_EQ(Read("a = [1,2,3,4]", {.nodes = 4}).sink.diagnostics()[0].message, "more than 4 values");
}

TEST(Toml, AMegabyteOnOneLineIsReadInReasonableTime) {
  std::string text = "a = [";
  for (int i = 0; i < 90'000; ++i) text += "\"ä\",";
  Read read(text + "]\n");
  ASSERT_TRUE(read.tree);
  EXPECT_EQ(read.tree->size(), 90'002u);
}

}  // namespace
}  // namespace bh::doc
