#include "generate/glob.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace bh::generate {
namespace {

unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

/// Recursive descent over one glob text; nesting is limited, so the recursion is.
class Parser {
 public:
  Parser(std::string_view text, GlobError& error, std::size_t limit)
      : text_(text), error_(error), limit_(limit) {}

  std::optional<Globs> parse() {
    Globs globs = sequence(0);
    if (!failed_ && at_ < text_.size())
      fail(at_, text_[at_] == '}' ? "`}` without `{` (write `\\}` for the character)"
                                  : "`]` without `[` (write `\\]` for the character)");
    if (failed_) return std::nullopt;
    return globs;
  }

 private:
  static constexpr int max_depth = 16;
  static constexpr std::size_t max_steps = 1u << 18;

  void fail(std::size_t at, std::string message) {
    if (!failed_) error_ = {at, std::move(message)};
    failed_ = true;
  }

  /// Up to the end of the text, or inside braces to the `,` or `}` that ends this alternative.
  Globs sequence(int depth) {
    Globs globs(1);
    while (!failed_ && at_ < text_.size()) {
      char c = text_[at_];
      if (c == ']' || c == '}' || (c == ',' && depth > 0)) break;
      if (c == '{')
        multiply(globs, alternation(depth + 1));
      else
        append(globs, c);
    }
    return globs;
  }

  /// A path of 4 kB with a hundred alternatives in front must not become megabytes many times over.
  void count(std::size_t added) {
    steps_ += added;
    if (steps_ > max_steps) fail(at_ - 1, "too long once the `{…}` are multiplied out");
  }

  void multiply(Globs& globs, const Globs& tails) {
    if (failed_) return;
    if (globs.size() * tails.size() > limit_) {
      fail(at_ - 1, fmt::format("more than {} paths once the `{{…}}` are multiplied out", limit_));
      return;
    }
    std::size_t tail_steps = 0;
    for (const Glob& tail : tails) tail_steps += tail.size();
    std::size_t head_steps = 0;
    for (const Glob& head : globs) head_steps += head.size();
    count(tail_steps * globs.size() + head_steps * tails.size());
    if (failed_) return;
    Globs product;
    product.reserve(globs.size() * tails.size());
    for (const Glob& head : globs)
      for (const Glob& tail : tails) {
        product.push_back(head);
        product.back().insert(product.back().end(), tail.begin(), tail.end());
      }
    globs = std::move(product);
  }

  Globs alternation(int depth) {
    std::size_t open = at_++;
    Globs all;
    std::size_t count = 0;
    if (depth > max_depth) fail(open, fmt::format("`{{` nested more than {} deep", max_depth));
    while (!failed_) {
      Globs one = sequence(depth);
      ++count;
      all.insert(all.end(), one.begin(), one.end());
      if (failed_) break;
      if (at_ == text_.size()) {
        fail(open, "`{` is never closed");
      } else if (text_[at_] == ']') {
        fail(at_, "`]` without `[` (write `\\]` for the character)");
      } else if (text_[at_++] == '}') {
        if (count < 2) fail(open, "`{…}` needs at least two alternatives");
        break;
      }
    }
    return all;
  }

  /// One construct that is not an alternation, at the end of every glob.
  void append(Globs& globs, char c) {
    count(globs.size());
    auto add = [&](const Step& step) {
      for (Glob& glob : globs) glob.push_back(step);
    };
    switch (c) {
      case '*':
        stars(globs);
        break;
      case '?':
        ++at_;
        add({component_bytes(), false});
        break;
      case '[':
        add({byte_class(), false});
        break;
      case '\\':
        add({only(escape()), false});
        break;
      default:
        ++at_;
        add({only(c), false});
    }
  }

  /// `*` and `**`. Alone between slashes they want at least one byte that is not a slash.
  void stars(Globs& globs) {
    std::size_t begin = at_;
    bool deep = text_.substr(at_, 2) == "**";
    at_ += deep ? 2 : 1;
    bool alone = begin > 0 && text_[begin - 1] == '/' && (at_ == text_.size() || text_[at_] == '/');
    for (Glob& glob : globs) {
      if (alone) glob.push_back({component_bytes(), false});
      glob.push_back({deep ? path_bytes() : component_bytes(), true});
    }
  }

  char escape() {
    std::size_t begin = at_++;
    if (at_ == text_.size()) {
      fail(begin, "a backslash at the end");
      return 0;
    }
    auto digits = [&](std::string_view kind, std::size_t from, std::size_t count) {
      std::string_view digit = text_.substr(from, count);
      return digit.size() == count && digit.find_first_not_of(kind) == std::string_view::npos;
    };
    char c = text_[at_];
    int value = -1;
    if (c == 'x' && digits("0123456789abcdefABCDEF", at_ + 1, 2)) {
      value = std::stoi(std::string(text_.substr(at_ + 1, 2)), nullptr, 16);
      at_ += 3;
    } else if (digits("01234567", at_, 3)) {
      value = std::stoi(std::string(text_.substr(at_, 3)), nullptr, 8);
      at_ += 3;
    } else if (std::string_view("*?[]{}^,\\\" -@#!").find(c) != std::string_view::npos) {
      value = byte_of(c);
      ++at_;
    }
    if (value < 0x20 || value > 0xff || value == 0x7f) {
      fail(begin, "only `\\` before one of `*?[]{}^,\\` and `\\xHH` are understood as escapes");
      return 0;
    }
    return static_cast<char>(value);
  }

  ByteSet byte_class() {
    std::size_t open = at_++;
    bool negated = at_ < text_.size() && text_[at_] == '^';
    if (negated) ++at_;
    ByteSet set;
    bool any = false;
    while (at_ < text_.size() && text_[at_] != ']' && !failed_) {
      unsigned char low = class_byte(), high = low;
      if (at_ + 1 < text_.size() && text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        high = class_byte();
      }
      if (low > high) fail(open, "a range in `[…]` runs backwards");
      for (unsigned b = low; b <= high; ++b) set.set(b);
      any = true;
    }
    if (at_ == text_.size()) fail(open, "`[` is never closed");
    if (!failed_ && !any) fail(open, "`[]` matches nothing");
    ++at_;
    if (negated) set = ~set;
    set &= path_bytes();
    if (!failed_ && set.none()) fail(open, "`[…]` matches nothing");
    return set;
  }

  unsigned char class_byte() { return byte_of(text_[at_] == '\\' ? escape() : text_[at_++]); }

  std::string_view text_;
  GlobError& error_;
  std::size_t limit_;
  std::size_t steps_ = 0;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// Neighbouring repeats say the same as the wider one; `****` would be read as something else.
Glob normal(const Glob& glob) {
  Glob out;
  for (const Step& step : glob) {
    if (step.repeat && !out.empty() && out.back().repeat)
      out.back().set |= step.set;
    else
      out.push_back(step);
  }
  return out;
}

/// A byte outside of classes, so that AppArmor reads it as itself.
void put_byte(std::string& out, unsigned char byte) {
  if (byte < 0x21 || byte >= 0x7f) {
    if (byte == ' ')
      out += ' ';
    else
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    return;
  }
  if (std::string_view("*?[]{}^,\\").find(static_cast<char>(byte)) != std::string_view::npos) out += '\\';
  out += static_cast<char>(byte);
}

/// Inside `[…]`: `-` must be first and `^` must not, and a comma must have no backslash (3.0.8 would add it
/// to the set).
void put_class(std::string& out, const ByteSet& set) {
  ByteSet inside = set & path_bytes();
  bool negated = inside.count() > 128;
  if (negated) inside = ~inside & path_bytes();
  if (!negated && inside.count() == 1 && inside.test('^')) {
    out += "\\^";
    return;
  }
  out += negated ? "[^" : "[";
  if (inside.test('-')) out += '-';
  auto one = [&](unsigned byte) {
    if (byte == ']' || byte == '\\' || byte == '[') out += '\\';
    if (byte >= 0x7f)
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    else
      out += static_cast<char>(byte);
  };
  for (unsigned b = 1; b < 256; ++b) {
    if (!inside.test(b) || b == '-' || b == '^' || b == '/') continue;
    unsigned last = b;
    auto alnum = [](unsigned x) {
      return (x >= '0' && x <= '9') || (x >= 'a' && x <= 'z') || (x >= 'A' && x <= 'Z');
    };
    while (alnum(last) && alnum(last + 1) && inside.test(last + 1)) ++last;
    one(b);
    if (last > b + 2) {
      out += '-';
      one(last);
      b = last;
    }
  }
  if (inside.test('/')) out += '/';  // late, where the eye looks for what is always excluded
  if (inside.test('^')) out += '^';
  out += ']';
}

bool is_byte(const Step& step, char byte) { return !step.repeat && step.set == only(byte); }

/// Prints one line of steps. `at_end`: nothing follows (a `,` or `}` counts as something).
/// `after_slash`: what stands in the text before is a `/`.
std::string print_line(const Glob& steps, bool after_slash, bool at_end) {
  std::string out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Step& step = steps[i];
    bool slash = out.empty() ? after_slash : out.back() == '/';
    auto ends_at = [&](std::size_t next) {
      return next == steps.size() ? at_end : is_byte(steps[next], '/');
    };
    if (step.repeat) {
      std::string_view star = step.set.test('/') ? "**" : "*";
      // Alone between slashes a star would want one byte at least.
      out += slash && ends_at(i + 1) ? fmt::format("{{,{}}}", star) : std::string(star);
    } else if (step.set == component_bytes()) {
      bool plain_star = slash && i + 1 < steps.size() && steps[i + 1].repeat && ends_at(i + 2);
      if (plain_star)
        out += steps[++i].set.test('/') ? "**" : "*";
      else
        out += '?';
    } else if (step.set.count() == 1) {
      for (unsigned b = 0; b < 256; ++b)
        if (step.set.test(b)) put_byte(out, static_cast<unsigned char>(b));
    } else if (step.set == path_bytes()) {
      out += "{?,/}";
    } else {
      put_class(out, step.set);
    }
  }
  return out;
}

}  // namespace

const ByteSet& path_bytes() {
  static const ByteSet bytes = ~only('\0');
  return bytes;
}

const ByteSet& component_bytes() {
  static const ByteSet bytes = path_bytes() & ~only('/');
  return bytes;
}

ByteSet only(char byte) {
  ByteSet set;
  set.set(byte_of(byte));
  return set;
}

std::optional<Globs> parse_globs(std::string_view text, GlobError& error, std::size_t limit) {
  return Parser(text, error, limit).parse();
}

Glob literal(std::string_view text) {
  Glob glob;
  for (char c : text) glob.push_back({only(c), false});
  return glob;
}

std::optional<std::string> as_literal(const Glob& glob) {
  std::string text;
  for (const Step& step : glob) {
    if (step.repeat || step.set.count() != 1) return std::nullopt;
    for (unsigned b = 0; b < 256; ++b)
      if (step.set.test(b)) text += static_cast<char>(b);
  }
  return text;
}

std::optional<std::string> as_subtree(const Glob& glob) {
  if (glob.empty() || !glob.back().repeat || glob.back().set != path_bytes()) return std::nullopt;
  auto folder = as_literal(Glob(glob.begin(), glob.end() - 1));
  return folder && folder->ends_with('/') ? folder : std::nullopt;
}

namespace {

/// Where the first component ends: behind its `/`. The whole line if it has none, or something in it may
/// itself hold a `/`.
std::size_t first_component(const Glob& line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (is_byte(line[i], '/')) return i + 1;
    if (line[i].set.test('/')) break;
  }
  return line.size();
}

Glob slice(const Glob& line, std::size_t from, std::size_t to) {
  return {line.begin() + static_cast<std::ptrdiff_t>(from), line.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// `front{a,b,c}back`: what all lines share, in whole components, is written once; lines that share their
/// first component only with some are grouped, `depth` levels deep. `at_end`: nothing follows the text.
std::string print_lines(std::vector<Glob> lines, bool at_end, int depth) {
  if (lines.size() == 1) return print_line(lines[0], false, at_end);
  std::size_t shortest = std::ranges::min(lines, {}, &Glob::size).size();
  std::size_t front = 0, back = 0;
  for (std::size_t n = 1; n <= shortest; ++n) {
    bool shared =
        std::ranges::all_of(lines, [&](const Glob& line) { return line[n - 1] == lines[0][n - 1]; });
    if (!shared) break;
    if (is_byte(lines[0][n - 1], '/')) front = n;
  }
  for (std::size_t n = 1; n + front <= shortest; ++n) {
    bool shared = std::ranges::all_of(lines, [&](const Glob& line) {
      return line.end()[-static_cast<std::ptrdiff_t>(n)] == lines[0].end()[-static_cast<std::ptrdiff_t>(n)];
    });
    if (!shared) break;
    if (is_byte(lines[0].end()[-static_cast<std::ptrdiff_t>(n)], '/')) back = n;
  }
  std::string out = print_line(slice(lines[0], 0, front), false, false) + "{";
  std::vector<Glob> middles;
  for (const Glob& line : lines) middles.push_back(slice(line, front, line.size() - back));
  for (std::size_t i = 0; i < middles.size();) {
    std::size_t head = first_component(middles[i]), end = i + 1;
    while (depth > 0 && head < middles[i].size() && end < middles.size() && middles[end].size() >= head &&
           std::equal(middles[i].begin(), middles[i].begin() + static_cast<std::ptrdiff_t>(head),
                      middles[end].begin()))
      ++end;
    if (i > 0) out += ',';
    out += print_lines({middles.begin() + static_cast<std::ptrdiff_t>(i),
                        middles.begin() + static_cast<std::ptrdiff_t>(end)},
                       false, depth - 1);
    i = end;
  }
  return out + "}" + print_line(slice(lines[0], lines[0].size() - back, lines[0].size()), false, at_end);
}

}  // namespace

std::string print(const Globs& globs) {
  BH_CHECK(!globs.empty());
  std::vector<std::pair<std::string, Glob>> sorted;
  for (const Glob& glob : globs) {
    Glob line = normal(glob);
    sorted.emplace_back(print_line(line, false, true), std::move(line));
  }
  std::ranges::sort(sorted, {}, &std::pair<std::string, Glob>::first);
  std::vector<Glob> lines;
  for (auto& [text, line] : sorted)
    if (lines.empty() || lines.back() != line) lines.push_back(std::move(line));
  return print_lines(std::move(lines), true, 8);
}

std::string quote(std::string_view path) {
  bool plain = std::ranges::all_of(path, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("/._-+*?[]{}^,\\@:=%~").find(c) != std::string_view::npos;
  });
  if (plain && !path.empty()) return std::string(path);
  std::string out = "\"";
  for (char c : path) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

bool matches(const Glob& glob, std::string_view path) {
  // Up to the first star there is nothing to remember, and most paths end there.
  std::size_t first = 0;
  while (first < glob.size() && !glob[first].repeat) {
    if (first == path.size() || !glob[first].set.test(byte_of(path[first]))) return false;
    ++first;
  }
  path.remove_prefix(first);
  std::vector<bool> alive(glob.size() + 1), next(glob.size() + 1);
  auto close = [&](std::vector<bool>& set) {
    for (std::size_t i = first; i < glob.size(); ++i)
      if (set[i] && glob[i].repeat) set[i + 1] = true;
  };
  alive[first] = true;
  close(alive);
  for (char c : path) {
    std::fill(next.begin(), next.end(), false);
    for (std::size_t i = 0; i < glob.size(); ++i)
      if (alive[i] && glob[i].set.test(byte_of(c))) next[glob[i].repeat ? i : i + 1] = true;
    close(next);
    std::swap(alive, next);
  }
  return alive[glob.size()];
}

bool matches(const Globs& globs, std::string_view path) {
  return std::ranges::any_of(globs, [&](const Glob& glob) { return matches(glob, path); });
}

}  // namespace bh::generate
