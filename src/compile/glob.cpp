#include "compile/glob.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "diag/render.h"

namespace bh::compile {
namespace {

using automata::ByteSet;
using automata::ExprId;
using automata::ExprPool;

int digit_of(char c, int base) {
  int value = 99;
  if (c >= '0' && c <= '9') value = c - '0';
  if (c >= 'a' && c <= 'f') value = c - 'a' + 10;
  if (c >= 'A' && c <= 'F') value = c - 'A' + 10;
  return value < base ? value : -1;
}

/// One byte of the pattern: as written, or protected by a backslash.
struct Item {
  std::uint8_t byte;
  bool escaped;
  std::uint32_t at;  ///< offset in the text
};

/// Whether an unescaped byte may be more than itself.
bool is_special(std::uint8_t byte) {
  switch (byte) {
    case '*':
    case '?':
    case '[':
    case ']':
    case '{':
    case '}':
    case ',':
      return true;
    default:
      return false;
  }
}

/// Reads `\101`, `\x41`, `\d65` at `at` (behind the backslash). As many digits as stay below 256, at most 3
/// (2 for \x).
std::optional<std::uint8_t> numeric_escape(std::string_view text, std::size_t& at) {
  std::size_t from = at;
  int base = 8;
  std::size_t most = 3;
  if (text[at] == 'x' || text[at] == 'd') {
    base = text[at] == 'x' ? 16 : 10;
    most = text[at] == 'x' ? 2 : 3;
    ++from;
  }
  int value = 0;
  std::size_t end = from;
  while (end < text.size() && end - from < most) {
    const int digit = digit_of(text[end], base);
    if (digit < 0 || value * base + digit > 255) break;
    value = value * base + digit;
    ++end;
  }
  if (end == from) return std::nullopt;
  at = end;
  return static_cast<std::uint8_t>(value);
}

/// Undoes the escapes, so that what follows looks at bytes only. none: the text ends in a lone backslash.
std::optional<std::vector<Item>> items_of(std::string_view text) {
  std::vector<Item> items;
  items.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto from = static_cast<std::uint32_t>(at);
    if (text[at] != '\\') {
      items.push_back({static_cast<std::uint8_t>(text[at++]), false, from});
      continue;
    }
    if (++at == text.size()) return std::nullopt;
    if (const auto value = numeric_escape(text, at)) {
      items.push_back({*value, true, from});
      continue;
    }
    static constexpr std::string_view names = "aefnrt";
    static constexpr std::string_view values = "\a\x1b\f\n\r\t";
    const std::size_t control = names.find(text[at]);
    const char byte = control == std::string_view::npos ? text[at] : values[control];
    items.push_back({static_cast<std::uint8_t>(byte), true, from});
    ++at;
  }
  return items;
}

void collapse_slashes(std::vector<Item>& items, bool keeps_leading_pair) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const bool slash = items[i].byte == '/';
    const bool leading = keeps_leading_pair && i == 1 && !(items.size() > 2 && items[2].byte == '/');
    if (slash && kept > 0 && items[kept - 1].byte == '/' && !leading) continue;
    items[kept++] = items[i];
  }
  items.resize(kept);
}

class Parser {
 public:
  Parser(ExprPool& pool, const policy::Text& text, std::string_view what, const GlobOptions& options,
         diag::Sink& sink)
      : pool_(pool), text_(text), what_(what), options_(options), sink_(sink) {
    not_slash_.set();
    not_slash_.reset('/');
    any_.set();
    if (!options.may_match_nul) {
      not_slash_.reset(0);
      any_.reset(0);
    }
  }

  std::optional<Language> run() {
    if (text_.value.size() > max_glob_bytes)
      return failed(0, fmt::format("is longer than {} bytes", max_glob_bytes));
    auto items = items_of(text_.value);
    if (!items) return failed(text_.value.size() - 1, "ends in a lone `\\`, which escapes nothing");
    items_ = std::move(*items);
    if (options_.collapse_slashes) collapse_slashes(items_, options_.keeps_leading_pair);
    levels_.emplace_back();
    while (at_ < items_.size()) {
      if (!step()) return std::nullopt;
    }
    if (levels_.size() > 1) return failed(levels_.back().opened_at, "opens `{` and never closes it");
    Level& top = levels_.back();
    flush(top);
    return Language{pool_.concat(top.parts), exact_, top.leading};
  }

 private:
  /// An open `{`, or the whole text.
  struct Level {
    std::vector<ExprId> parts;  ///< of the alternative that is being read
    std::string literal;        ///< not yet in parts
    std::size_t leading = 0;    ///< Language::leading_bytes of the alternative that is being read
    bool counting = true;       ///< no wildcard yet in that alternative
    std::vector<ExprId> done;   ///< alternatives read
    std::size_t least_leading = static_cast<std::size_t>(-1);  ///< of those
    bool all_counting = true;
    std::size_t opened_at = 0;
  };

  bool step() {
    const Item item = items_[at_];
    if (item.escaped) return take_literal(item);
    switch (item.byte) {
      case '*':
        return stars();
      case '?':
        push(pool_.bytes(not_slash_), 1, false);
        exact_ = false;
        ++at_;
        return true;
      case '[':
        return character_class();
      case ']':
        return wrong(item.at, "closes `]` that was not opened");
      case '{':
        if (levels_.size() > max_glob_depth) {
          return wrong(item.at, fmt::format("nests `{{` deeper than {} levels", max_glob_depth));
        }
        flush(levels_.back());
        levels_.emplace_back().opened_at = item.at;
        ++at_;
        return true;
      case '}':
        return close(item);
      case ',':
        if (levels_.size() == 1) return take_literal(item);
        end_alternative(levels_.back());
        ++at_;
        return true;
      default:
        return take_literal(item);
    }
  }

  /// The item, and the plain bytes behind it.
  bool take_literal(const Item& item) {
    Level& level = levels_.back();
    level.literal.push_back(static_cast<char>(item.byte));
    std::size_t end = at_ + 1;
    while (end < items_.size() && (items_[end].escaped || !is_special(items_[end].byte)))
      level.literal.push_back(static_cast<char>(items_[end++].byte));
    if (level.counting) level.leading += end - at_;
    at_ = end;
    return true;
  }

  /// A run of stars. Alone between `/` and `/` or the end it stands for at least one byte that is not `/`.
  bool stars() {
    std::size_t end = at_;
    while (end < items_.size() && items_[end].byte == '*' && !items_[end].escaped) ++end;
    const bool whole_component =
        at_ > 0 && items_[at_ - 1].byte == '/' && (end == items_.size() || items_[end].byte == '/');
    const ExprId one = pool_.bytes(not_slash_);
    if (whole_component) push(one, 1, true);
    push(pool_.star(end - at_ == 1 ? one : pool_.bytes(any_)), 0, false);
    exact_ = false;
    at_ = end;
    return true;
  }

  bool character_class() {
    const std::size_t opened = items_[at_].at;
    ++at_;
    const auto is = [&](std::size_t i, char c) {
      return i < items_.size() && items_[i].byte == static_cast<std::uint8_t>(c) && !items_[i].escaped;
    };
    const bool negated = is(at_, '^');
    if (negated) ++at_;
    ByteSet set;
    while (!is(at_, ']')) {
      if (at_ == items_.size()) return wrong(opened, "opens `[` and never closes it");
      const std::uint8_t first = items_[at_].byte;
      std::uint8_t last = first;
      // The `-` of a range may even be escaped: the reference has always read `[a\-c]` so.
      const bool range = at_ + 1 < items_.size() && items_[at_ + 1].byte == '-';
      if (range) {
        if (at_ + 2 == items_.size() || is(at_ + 2, ']')) {
          return wrong(items_[at_ + 1].at,
                       "has a range without an end (a `-` that is meant goes first: `[-a]`)");
        }
        last = items_[at_ + 2].byte;
        if (is(at_ + 3, '-')) return wrong(items_[at_ + 3].at, "has a range that starts where another ends");
        at_ += 2;
      }
      for (unsigned byte = std::min(first, last); byte <= std::max(first, last); ++byte) set.set(byte);
      ++at_;
    }
    if (set.none()) return wrong(opened, "has an empty class `[]`");
    ++at_;
    if (negated) exact_ = false;
    push(pool_.bytes(negated ? ~set : set), 1, !negated);
    return true;
  }

  bool close(const Item& item) {
    if (levels_.size() == 1) return wrong(item.at, "closes `}` that was not opened");
    Level& level = levels_.back();
    end_alternative(level);
    if (level.done.size() < 2) {
      return wrong(level.opened_at,
                   "has `{}` around a single alternative (two or more, separated by `,`; one may be empty)");
    }
    const ExprId expr = pool_.either(level.done);
    const std::size_t leading = level.least_leading;
    const bool counting = level.all_counting;
    levels_.pop_back();
    push(expr, leading, counting);
    ++at_;
    return true;
  }

  void end_alternative(Level& level) {
    flush(level);
    level.done.push_back(pool_.concat(level.parts));
    level.least_leading = std::min(level.least_leading, level.leading);
    level.all_counting = level.all_counting && level.counting;
    level.parts.clear();
    level.leading = 0;
    level.counting = true;
  }

  void flush(Level& level) {
    if (level.literal.empty()) return;
    level.parts.push_back(pool_.literal(level.literal));
    level.literal.clear();
  }

  /// `leading`: bytes that it adds to the leading ones; `counting`: what follows it may add more.
  void push(ExprId expr, std::size_t leading, bool counting) {
    Level& level = levels_.back();
    flush(level);
    level.parts.push_back(expr);
    if (level.counting) level.leading += leading;
    level.counting = level.counting && counting;
  }

  std::optional<Language> failed(std::size_t at, const std::string& problem) {
    wrong(at, problem);
    return std::nullopt;
  }

  /// Always false, for `return wrong(…)`.
  bool wrong(std::size_t at, const std::string& problem) {
    sink_
        .report(diag::Code::malformed_pattern, text_.span,
                fmt::format("the {} `{}` {}, at its byte {}", what_,
                            diag::printable(text_.value.substr(0, 200)), problem, at + 1))
        .with_help("a `\\` in front of a special character takes it literally");
    return false;
  }

  ExprPool& pool_;
  const policy::Text& text_;
  std::string_view what_;
  const GlobOptions& options_;
  diag::Sink& sink_;
  ByteSet not_slash_, any_;
  std::vector<Item> items_;
  std::size_t at_ = 0;
  std::vector<Level> levels_;
  bool exact_ = true;
};

}  // namespace

std::optional<Language> glob(ExprPool& pool, const policy::Text& text, std::string_view what,
                             const GlobOptions& options, diag::Sink& sink) {
  return Parser(pool, text, what, options, sink).run();
}

std::string unescape(std::string_view text) {
  const auto items = items_of(text);
  if (!items) return std::string(text);
  std::string plain;
  plain.reserve(items->size());
  for (const Item& item : *items) plain.push_back(static_cast<char>(item.byte));
  return plain;
}

}  // namespace bh::compile
