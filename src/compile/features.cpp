#include "compile/features.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <xxhash.h>

#include "base/path_order.h"

namespace bh::compile {
namespace {

constexpr std::size_t max_text = std::size_t{1} << 20;
constexpr std::size_t max_depth = 16;
constexpr std::size_t max_entries = 65'536;
constexpr std::size_t max_word = 256;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// One token of the text form: `{`, `}` or a word.
struct Token {
  enum class Kind : std::uint8_t { open, close, word, end } kind = Kind::end;
  diag::Span span;
  std::string_view text;
};

class Reader {
 public:
  Reader(const diag::SourceMap& sources, diag::SourceId source)
      : text_(sources.text(source)), source_(source) {}

  Token next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    const std::size_t begin = at_;
    if (at_ == text_.size()) return token(Token::Kind::end, begin);
    if (text_[at_] == '{' || text_[at_] == '}') {
      ++at_;
      return token(text_[begin] == '{' ? Token::Kind::open : Token::Kind::close, begin);
    }
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != '{' && text_[at_] != '}') ++at_;
    return token(Token::Kind::word, begin);
  }

 private:
  Token token(Token::Kind kind, std::size_t begin) const {
    return {kind,
            {source_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(at_)},
            text_.substr(begin, at_ - begin)};
  }
  std::string_view text_;
  diag::SourceId source_;
  std::size_t at_ = 0;
};

bool plain_word(std::string_view word) {
  if (word.size() > max_word) return false;
  for (const char c : word) {
    if (c <= 0x20 || c == 0x7f || c == '/' || (c & 0x80) != 0) return false;
  }
  return true;
}

std::uint64_t hash_of(std::string_view path) { return XXH3_64bits(path.data(), path.size()); }

}  // namespace

Features::ItemId Features::find(std::string_view path, bool word) const {
  return table_.find(hash_of(path), none,
                     [&](ItemId other) { return items_[other].word == word && this->path(other) == path; });
}

Features::ItemId Features::add(ItemId parent, std::string_view name, bool word) {
  const std::size_t begin = text_.size();
  if (parent != none) {
    text_.append(text_, items_[parent].begin, items_[parent].size);
    text_ += '/';
  }
  text_ += name;
  const std::string_view path = std::string_view(text_).substr(begin);
  const auto fresh = static_cast<ItemId>(items_.size());
  const ItemId id = table_.find_or_insert(hash_of(path), fresh, [&](ItemId other) {
    return items_[other].word == word && this->path(other) == path;
  });
  if (id == fresh) {
    items_.push_back(
        {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(path.size()), parent, word});
  } else {
    text_.resize(begin);
  }
  return id;
}

Features::ItemId Features::add_entry_in(ItemId folder, std::string_view name) {
  return add(folder, name, false);
}

Features::ItemId Features::add_entry(std::string_view path) {
  ItemId entry = none;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    entry = add_entry_in(entry, path.substr(begin, end - begin));
    begin = end + 1;
  }
  return entry;
}

void Features::add_word(ItemId entry, std::string_view word) {
  const std::size_t before = items_.size();
  const ItemId id = add(entry, word, true);
  if (id < before) return;
  ++items_[entry].words;
  items_[entry].last_word = id;
}

std::string_view Features::name(ItemId item) const {
  const ItemId parent = items_[item].parent;
  return path(item).substr(parent == none ? 0 : items_[parent].size + 1);
}

bool Features::has(std::string_view path) const {
  const ItemId entry = find(path, false);
  if (entry == none) return find(path, true) != none;
  return !(items_[entry].words == 1 && name(items_[entry].last_word) == "no");
}

std::optional<std::uint64_t> Features::value(std::string_view path) const {
  const ItemId entry = find(path, false);
  if (entry == none || items_[entry].words != 1) return std::nullopt;
  std::string_view word = name(items_[entry].last_word);
  int base = 10;
  if (word.starts_with("0x")) {
    word.remove_prefix(2);
    base = 16;
  }
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<Features> parse_features(const diag::SourceMap& sources, diag::SourceId source,
                                       diag::Sink& sink) {
  const diag::Span whole{source, 0, 0};
  if (sources.text(source).size() > max_text) {
    sink.report(diag::Code::bad_features, whole,
                fmt::format("a features text may have {} bytes, this one has {}", max_text,
                            sources.text(source).size()));
    return std::nullopt;
  }
  Features found;
  Reader reader(sources, source);
  struct Open {
    Features::ItemId entry;
    diag::Span span;
  };
  std::vector<Open> stack;
  std::size_t entries = 0;
  Token word;  // a word that the next token makes a folder (`{`) or a value
  bool pending = false;
  const auto flush = [&] {
    if (pending && !stack.empty()) found.add_word(stack.back().entry, word.text);
    pending = false;
  };
  const auto wrong = [&](const Token& at, std::string message) -> std::optional<Features> {
    sink.report(diag::Code::bad_features, at.span, std::move(message))
        .with_help(
            "the text form is `name {words}` or `name {name {words} …}`, as `apparmor_parser -M` reads it");
    return std::nullopt;
  };
  for (;;) {
    const Token token = reader.next();
    if (token.kind == Token::Kind::word) {
      if (!plain_word(token.text))
        return wrong(token, "a feature's name or word holds only printable ASCII, up to 256 bytes");
      if (pending && stack.empty()) return wrong(word, fmt::format("expected `{{` after `{}`", word.text));
      flush();
      word = token;
      pending = true;
      if (++entries > max_entries)
        return wrong(token, fmt::format("more than {} names and words", max_entries));
      continue;
    }
    if (token.kind == Token::Kind::open) {
      if (!pending) return wrong(token, "found `{` without a name in front of it");
      if (stack.size() == max_depth)
        return wrong(token, fmt::format("nested deeper than {} levels", max_depth));
      pending = false;
      const Features::ItemId folder = stack.empty() ? Features::none : stack.back().entry;
      stack.push_back({found.add_entry_in(folder, word.text), word.span});
      continue;
    }
    if (pending && stack.empty()) return wrong(word, fmt::format("expected `{{` after `{}`", word.text));
    flush();
    if (token.kind == Token::Kind::end) break;
    // One `}` too many is let pass: abi files that the reference ships (kernel-5.4-*) have it.
    if (stack.empty()) continue;
    stack.pop_back();
  }
  if (!stack.empty()) {
    return wrong({Token::Kind::open, stack.back().span, {}},
                 fmt::format("`{}` is never closed with `}}`", found.path(stack.back().entry)));
  }
  if (found.empty()) {
    sink.report(diag::Code::bad_features, whole,
                "the features text is empty: it names nothing that a kernel can mediate");
    return std::nullopt;
  }
  return found;
}

std::string to_text(const Features& features) {
  std::vector<Features::ItemId> entries;
  std::vector<std::vector<std::string_view>> words(features.items_.size());  // by entry
  for (Features::ItemId item = 0; item < features.items_.size(); ++item) {
    if (features.items_[item].word) {
      words[features.items_[item].parent].push_back(features.name(item));
    } else {
      entries.push_back(item);
    }
  }
  std::ranges::sort(entries, PathOrder(), [&](Features::ItemId entry) { return features.path(entry); });

  std::string text;
  std::vector<Features::ItemId> open;
  for (const Features::ItemId entry : entries) {
    while (!open.empty() && open.back() != features.items_[entry].parent) {
      text += "}\n";
      open.pop_back();
    }
    text += features.name(entry);
    text += " {";
    std::ranges::sort(words[entry]);
    text += fmt::format("{}", fmt::join(words[entry], " "));
    if (!words[entry].empty()) text += '\n';
    open.push_back(entry);
  }
  for (std::size_t i = 0; i < open.size(); ++i) text += "}\n";
  return text;
}

Features intersect(const Features& kernel, const Features& policy) {
  Features both;
  const auto in_policy = [&](Features::ItemId item) {
    return policy.find(kernel.path(item), kernel.items_[item].word) != Features::none;
  };
  std::vector<Features::ItemId> kept(kernel.items_.size(), Features::none);  // by the kernel's item
  for (Features::ItemId item = 0; item < kernel.items_.size(); ++item) {
    const Features::Item& its = kernel.items_[item];
    if (!its.word) {
      if (in_policy(item)) kept[item] = both.add_entry(kernel.path(item));
      continue;
    }
    if (kept[its.parent] == Features::none) continue;
    if (in_policy(item) || kernel.value(kernel.path(its.parent)))
      both.add_word(kept[its.parent], kernel.name(item));
  }
  return both;
}

Dialect dialect(const Features& kernel) {
  return kernel.value("policy/permstable32_version").value_or(0) >= 2 ? Dialect::perms_table
                                                                      : Dialect::accept_bits;
}

}  // namespace bh::compile
