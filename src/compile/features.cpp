#include "compile/features.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include <fmt/format.h>

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

/// The path of the folder that holds `path`, empty at the top.
std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

}  // namespace

Features::Features(std::vector<Entry> entries) : entries_(std::move(entries)) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view folder = parent_of(entries_[i].path);
    if (folder.empty()) continue;
    // A text names the folder just before what is in it, mostly.
    const bool named = i > 0 && (entries_[i - 1].path == folder || parent_of(entries_[i - 1].path) == folder);
    if (!named) entries_.push_back({std::string(folder), {}});
  }
  std::ranges::stable_sort(entries_, {}, &Entry::path);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (kept > 0 && entries_[kept - 1].path == entries_[i].path) {
      std::ranges::move(entries_[i].words, std::back_inserter(entries_[kept - 1].words));
      continue;
    }
    if (kept != i) entries_[kept] = std::move(entries_[i]);
    ++kept;
  }
  entries_.resize(kept);
  for (Entry& entry : entries_) {
    std::ranges::sort(entry.words);
    entry.words.erase(std::unique(entry.words.begin(), entry.words.end()), entry.words.end());
  }
}

const Features::Entry* Features::find(std::string_view path) const {
  const auto at = std::ranges::lower_bound(entries_, path, {}, &Entry::path);
  return at != entries_.end() && at->path == path ? &*at : nullptr;
}

bool Features::has(std::string_view path) const {
  if (const Entry* entry = find(path)) return !(entry->words.size() == 1 && entry->words[0] == "no");
  const std::string_view folder = parent_of(path);
  const Entry* entry = folder.empty() ? nullptr : find(folder);
  return entry != nullptr && std::ranges::binary_search(entry->words, path.substr(folder.size() + 1));
}

std::optional<std::uint64_t> Features::value(std::string_view path) const {
  const Entry* entry = find(path);
  if (entry == nullptr || entry->words.size() != 1) return std::nullopt;
  std::string_view word = entry->words[0];
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
  std::vector<Features::Entry> found;
  Reader reader(sources, source);
  struct Open {
    std::size_t entry;  // in found
    diag::Span span;
  };
  std::vector<Open> stack;
  std::size_t entries = 0;
  Token word;  // a word that the next token makes a folder (`{`) or a value
  bool pending = false;
  const auto flush = [&] {
    if (pending && !stack.empty()) found[stack.back().entry].words.emplace_back(word.text);
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
      const std::string folder = stack.empty() ? "" : found[stack.back().entry].path + "/";
      stack.push_back({found.size(), word.span});
      found.push_back({folder + std::string(word.text), {}});
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
                 fmt::format("`{}` is never closed with `}}`", found[stack.back().entry].path));
  }
  if (found.empty()) {
    sink.report(diag::Code::bad_features, whole,
                "the features text is empty: it names nothing that a kernel can mediate");
    return std::nullopt;
  }
  return Features(std::move(found));
}

std::string to_text(const Features& features) {
  std::string text;
  std::vector<std::string_view> open;
  const auto inside = [](std::string_view path, std::string_view folder) {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
  };
  std::vector<std::string_view> paths;
  for (const Features::Entry& entry : features.entries_) paths.push_back(entry.path);
  std::ranges::sort(paths, PathOrder());
  for (const std::string_view path : paths) {
    while (!open.empty() && !inside(path, open.back())) {
      text += "}\n";
      open.pop_back();
    }
    const std::string_view folder = parent_of(path);
    text += path.substr(folder.empty() ? 0 : folder.size() + 1);
    text += " {";
    bool first = true;
    for (const std::string& word : features.find(path)->words) {
      if (!first) text += ' ';
      text += word;
      first = false;
    }
    if (!first) text += '\n';
    open.push_back(path);
  }
  for (std::size_t i = 0; i < open.size(); ++i) text += "}\n";
  return text;
}

Features intersect(const Features& kernel, const Features& policy) {
  Features both;
  for (const Features::Entry& entry : kernel.entries_) {
    const Features::Entry* other = policy.find(entry.path);
    if (other == nullptr) continue;
    Features::Entry common{entry.path, {}};
    if (entry.words.size() == 1 && kernel.value(entry.path))
      common.words = entry.words;
    else
      std::ranges::set_intersection(entry.words, other->words, std::back_inserter(common.words));
    both.entries_.push_back(std::move(common));
  }
  return both;
}

Dialect dialect(const Features& kernel) {
  return kernel.value("policy/permstable32_version").value_or(0) >= 2 ? Dialect::perms_table
                                                                      : Dialect::accept_bits;
}

}  // namespace bh::compile
