// The only file that includes toml++ (it costs seconds to compile). Exceptions are off in it: errors come
// back as values.
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 64
#include "doc/toml.h"

#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <string>

#include "diag/render.h"

namespace bh::doc {
namespace {

using diag::Span;

/// Counts the dots of keys and the brackets before toml++ sees them: it builds tables from dotted keys
/// without a limit, and takes them down recursively. Strings and comments are skipped the way TOML delimits
/// them; after a syntax error the count may be wrong, but there toml++ stops too.
class DepthScan {
 public:
  explicit DepthScan(std::string_view text) : text_(text) {}

  /// Offset of the first place nested deeper than `limit`; npos if there is none.
  std::size_t deeper_than(std::size_t limit) {
    std::size_t dots = 0, brackets = 0;
    for (at_ = 0; at_ < text_.size(); ++at_) {
      switch (text_[at_]) {
        case '"':
        case '\'':
          skip_string();
          break;
        case '#':
          at_ = std::min(text_.find('\n', at_), text_.size()) - 1;
          break;
        case '.':
          ++dots;
          break;
        case '[':
        case '{':
          ++brackets;
          dots = 0;
          break;
        case ']':
        case '}':
          if (brackets > 0) --brackets;
          dots = 0;
          break;
        case '=':
        case ',':
        case '\n':
          dots = 0;
          break;
        default:
          break;
      }
      if (dots + brackets > limit) return at_;
    }
    return std::string_view::npos;
  }

 private:
  /// From the opening quote to the closing one (of one line, or of three quotes).
  void skip_string() {
    char quote = text_[at_];
    bool escapes = quote == '"';
    std::string three(3, quote);
    bool multiline = text_.substr(at_, 3) == three;
    std::size_t i = at_ + (multiline ? 3 : 1);
    for (; i < text_.size(); ++i) {
      if (escapes && text_[i] == '\\') {
        ++i;
      } else if (multiline ? text_.substr(i, 3) == three : text_[i] == quote) {
        i += multiline ? 2 : 0;
        while (multiline && i + 1 < text_.size() && text_[i + 1] == quote) ++i;
        break;
      } else if (!multiline && text_[i] == '\n') {
        break;
      }
    }
    at_ = std::min(i, text_.size() - 1);
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

/// toml++'s lines and columns (code points, a byte order mark not counted) -> byte offsets, in constant time:
/// a value on a line of a megabyte must not cost a megabyte.
class Places {
 public:
  explicit Places(std::string_view text) {
    std::uint32_t skip = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
    line_starts_.push_back(0);
    for (auto at = skip; at < text.size(); ++at) {
      if ((static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) continue;
      starts_.push_back(at);
      if (text[at] == '\n') line_starts_.push_back(static_cast<std::uint32_t>(starts_.size()));
    }
    starts_.push_back(static_cast<std::uint32_t>(text.size()));
  }

  [[nodiscard]] std::uint32_t offset(const toml::source_position& at) const {
    if (at.line == 0 || at.line > line_starts_.size()) return starts_.back();
    std::size_t index = line_starts_[at.line - 1] + (at.column == 0 ? 0 : at.column - 1);
    return starts_[std::min(index, starts_.size() - 1)];
  }

 private:
  std::vector<std::uint32_t> starts_;       // offset of each code point, and of the end
  std::vector<std::uint32_t> line_starts_;  // index into starts_ of each line's first
};

class Reader {
 public:
  Reader(const diag::SourceMap& sources, diag::SourceId source, diag::Sink& sink, const Limits& limits)
      : sources_(sources), source_(source), sink_(sink), limits_(limits) {}

  std::optional<Tree> read() {
    std::string_view text = sources_.text(source_);
    if (text.size() > limits_.bytes) {
      sink_.report(diag::Code::input_beyond_limit, {},
                   fmt::format("{} is {} bytes long; at most {} are read", sources_.name(source_),
                               text.size(), limits_.bytes));
      return std::nullopt;
    }
    if (std::size_t at = DepthScan(text).deeper_than(limits_.depth); at != std::string_view::npos) {
      too_deep({source_, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + 1)});
      return std::nullopt;
    }
    places_.emplace(text);
    toml::parse_result parsed = toml::parse(text, std::string_view(sources_.name(source_)));
    if (!parsed) {
      const toml::parse_error& error = parsed.error();
      auto& report =
          sink_.report(diag::Code::toml_syntax, span_of(error.source()), std::string(error.description()));
      // The likeliest slip: `Name = nginx` is read as the start of `nan`.
      for (std::string_view bare : {"parsing value", "parsing floating-point", "parsing boolean"})
        if (error.description().find(bare) != std::string_view::npos)
          report.with_help("a text value needs quotes, as in Name = \"web\"");
      return std::nullopt;
    }
    Node root;
    root.span = {source_, 0, 0};
    tree_.add(std::move(root));
    fill_table(tree_.root(), parsed.table(), 0);
    if (failed_) return std::nullopt;
    return std::move(tree_);
  }

 private:
  void too_deep(Span span) {
    if (failed_) return;
    failed_ = true;
    sink_.report(diag::Code::input_beyond_limit, span,
                 fmt::format("tables and arrays are nested more than {} deep", limits_.depth));
  }

  [[nodiscard]] Span span_of(const toml::source_region& region) const {
    if (!region.begin) return {source_, 0, 0};
    std::uint32_t begin = places_->offset(region.begin);
    std::uint32_t end = region.end ? places_->offset(region.end) : begin;
    return {source_, begin, std::max(begin, end)};
  }

  /// Members in the order of the source: toml++ keeps them sorted by name.
  void fill_table(NodeId id, const toml::table& table, std::size_t depth) {
    std::vector<Member> members;
    for (auto it = table.cbegin(); it != table.cend(); ++it) {
      Span key_span = span_of(it->first.source());
      NodeId value = fill(it->second, key_span, depth + 1);
      members.push_back({std::string(it->first.str()), key_span, value});
    }
    std::ranges::stable_sort(members, {}, [](const Member& member) { return member.key_span.begin; });
    tree_.node(id).members = std::move(members);
  }

  NodeId fill(const toml::node& from, Span key_span, std::size_t depth) {
    NodeId id = tree_.add({});
    if (depth > limits_.depth) too_deep(key_span);
    if (tree_.size() > limits_.nodes && !failed_) {
      failed_ = true;
      sink_.report(diag::Code::input_beyond_limit, key_span,
                   fmt::format("more than {} values", limits_.nodes));
    }
    if (failed_) return id;
    Node node;
    node.span = span_of(from.source());
    if (const toml::table* table = from.as_table()) {
      // Only an inline table has a place of its own; toml++ puts those of headers and of implied tables at
      // odd columns.
      if (!table->is_inline()) node.span = key_span;
      tree_.node(id) = std::move(node);
      fill_table(id, *table, depth);
      return id;
    }
    if (const toml::array* array = from.as_array()) {
      node.kind = Kind::array;
      if (array->is_array_of_tables()) node.span = key_span;
      tree_.node(id) = std::move(node);
      std::vector<NodeId> items;
      for (const toml::node& item : *array) items.push_back(fill(item, span_of(item.source()), depth + 1));
      tree_.node(id).items = std::move(items);
      return id;
    }
    fill_scalar(node, from);
    tree_.node(id) = std::move(node);
    return id;
  }

  void fill_scalar(Node& node, const toml::node& from) const {
    if (const auto* text = from.as_string()) {
      node.kind = Kind::string;
      node.text = text->get();
    } else if (const auto* integer = from.as_integer()) {
      node.kind = Kind::integer;
      node.integer = integer->get();
    } else if (const auto* floating = from.as_floating_point()) {
      node.kind = Kind::floating;
      node.floating = floating->get();
    } else if (const auto* boolean = from.as_boolean()) {
      node.kind = Kind::boolean;
      node.boolean = boolean->get();
    } else {
      node.kind = Kind::datetime;
      node.text = std::string(sources_.text(node.span));
    }
  }

  const diag::SourceMap& sources_;
  diag::SourceId source_;
  diag::Sink& sink_;
  const Limits& limits_;
  std::optional<Places> places_;
  Tree tree_;
  bool failed_ = false;
};

}  // namespace

std::optional<Tree> read_toml(const diag::SourceMap& sources, diag::SourceId source, diag::Sink& sink,
                              const Limits& limits) {
  return Reader(sources, source, sink, limits).read();
}

}  // namespace bh::doc
