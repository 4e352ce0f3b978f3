// One located tree for every structured text that is read (TOML now; YAML and JSON fit the same shape): a
// value knows the place that it was written at, a key too, so that whoever reads the tree can point at
// either.
//
// Nodes lie in one flat vector and name each other by id. The tree knows nothing of the language it came from
// and nothing of what the keys mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "diag/source.h"

namespace bh::doc {

enum class Kind : std::uint8_t { table, array, string, integer, floating, boolean, datetime };

/// `a table`, `a string`, …, for messages.
[[nodiscard]] std::string_view describe(Kind kind);

using NodeId = Id<struct NodeTag>;

/// One `key = value` of a table, in source order.
struct Member {
  std::string key;
  diag::Span key_span;
  NodeId value;
};

struct Node {
  Kind kind = Kind::table;
  diag::Span span;   ///< of a table written as `[header]`: the header's key; of an implied one: the key that
                     ///< implies it
  std::string text;  ///< of a string, and of a datetime as it was written
  std::int64_t integer = 0;
  double floating = 0;
  bool boolean = false;
  std::vector<Member> members;  ///< of a table
  std::vector<NodeId> items;    ///< of an array
};

class Tree {
 public:
  [[nodiscard]] NodeId root() const { return NodeId(0); }
  [[nodiscard]] const Node& node(NodeId id) const { return nodes_[id.index()]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

  NodeId add(Node node) {
    nodes_.push_back(std::move(node));
    return NodeId(nodes_.size() - 1);
  }
  [[nodiscard]] Node& node(NodeId id) { return nodes_[id.index()]; }

 private:
  std::vector<Node> nodes_;  // [0] is the root
};

}  // namespace bh::doc
