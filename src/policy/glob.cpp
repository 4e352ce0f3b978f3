#include "policy/glob.h"

#include <fmt/format.h>

#include <vector>

namespace bh::policy {
namespace {

/// Reads a class from behind its `[`; returns the offset behind its `]`, or an error.
struct ClassEnd {
  std::size_t at = 0;
  std::string error;
};

ClassEnd skip_class(std::string_view pattern, std::size_t at) {
  std::size_t begin = at - 1;
  if (at < pattern.size() && pattern[at] == '^') ++at;
  std::size_t first = at;
  bool after_range = false;
  auto one = [&] {
    bool escaped = pattern[at] == '\\' && at + 1 < pattern.size();
    at += escaped ? 2 : 1;
  };
  while (at < pattern.size() && pattern[at] != ']') {
    bool dash = pattern[at] == '-';
    if (dash && at != first) {
      if (after_range || at + 1 >= pattern.size() || pattern[at + 1] == ']')
        return {at, fmt::format("a `-` that joins nothing in `{}`", pattern.substr(begin, at + 2 - begin))};
      ++at;
      one();
      after_range = true;
      continue;
    }
    one();
    after_range = false;
  }
  if (at >= pattern.size()) return {at, "`[` without its `]`"};
  if (at == first) return {at, "an empty class `[]`: nothing could match it"};
  return {at + 1, {}};
}

constexpr std::string_view special_characters = "*?[]{}^,\\\"";

/// A number of at most `digits` digits of `base` that fits a byte; its length in `length`, 0 when there is
/// none.
unsigned number(std::string_view text, unsigned base, std::size_t digits, std::size_t& length) {
  unsigned value = 0;
  for (length = 0; length < digits && length < text.size(); ++length) {
    char c = text[length];
    unsigned digit = c >= '0' && c <= '9'   ? static_cast<unsigned>(c - '0')
                     : c >= 'a' && c <= 'f' ? static_cast<unsigned>(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? static_cast<unsigned>(c - 'A' + 10)
                                            : 99;
    if (digit >= base || value * base + digit > 255) break;
    value = value * base + digit;
  }
  return value;
}

/// The character that the escape at the start of `text` (behind its backslash) stands for, and its length; 0:
/// none.
unsigned char escaped_character(std::string_view text, std::size_t& length) {
  static constexpr std::string_view letters = "tnrafe\"", values = "\t\n\r\a\f\x1b\"";
  length = 0;
  if (text.empty()) return 0;
  if (std::size_t at = letters.find(text[0]); at != std::string_view::npos) {
    length = 1;
    return static_cast<unsigned char>(values[at]);
  }
  std::size_t digits = 0;
  unsigned value = 0;
  std::size_t prefix = text[0] == 'x' || text[0] == 'd' ? 1 : 0;
  if (text[0] == 'x') value = number(text.substr(1), 16, 2, digits);
  if (text[0] == 'd') value = number(text.substr(1), 10, 3, digits);
  if (prefix == 0) value = number(text, 8, 3, digits);
  if (digits != 0 && value != 0) length = prefix + digits;
  return static_cast<unsigned char>(value);
}

}  // namespace

std::string decode_escapes(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    std::size_t length = 0;
    auto c = static_cast<char>(escaped_character(text.substr(at + 1), length));
    if (length == 0) {
      out += text.substr(at, 2);
      at += 2;
      continue;
    }
    if (c != '"' && special_characters.find(c) != std::string_view::npos) out += '\\';
    out += c;
    at += 1 + length;
  }
  return out;
}

bool is_pattern(std::string_view pattern) {
  for (std::size_t at = 0; at < pattern.size(); ++at) {
    if (pattern[at] == '\\') {
      ++at;
    } else if (std::string_view("*?[{").find(pattern[at]) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

std::optional<std::string> glob_error(std::string_view pattern) {
  std::vector<bool> choices;  // one for each open brace: has it seen a comma?
  for (std::size_t at = 0; at < pattern.size();) {
    char c = pattern[at++];
    if (c == '\\') {
      if (at == pattern.size()) return "a backslash at the end escapes nothing";
      ++at;
    } else if (c == '[') {
      ClassEnd end = skip_class(pattern, at);
      if (!end.error.empty()) return end.error;
      at = end.at;
    } else if (c == ']') {
      return "`]` without its `[`";
    } else if (c == '{') {
      if (choices.size() == max_glob_nesting)
        return fmt::format("braces nest deeper than {}", max_glob_nesting);
      choices.push_back(false);
    } else if (c == ',' && !choices.empty()) {
      choices.back() = true;
    } else if (c == '}') {
      if (choices.empty()) return "`}` without its `{`";
      if (!choices.back()) return "a group `{…}` with less than two alternatives";
      choices.pop_back();
    }
  }
  if (!choices.empty()) return "`{` without its `}`";
  return std::nullopt;
}

namespace {

struct Start {
  bool slash = true;  ///< whatever is not empty starts with `/`
  bool can_be_empty = true;
};

/// One sequence up to `,` or `}` of its group (or the end); `at` moves there. Groups recurse, at most
/// max_glob_nesting deep.
Start start_of_sequence(std::string_view pattern, std::size_t& at, bool in_group) {
  Start out;
  while (at < pattern.size() && !(in_group && (pattern[at] == ',' || pattern[at] == '}'))) {
    Start element{pattern[at] == '/', false};
    char c = pattern[at++];
    if (c == '\\') {
      element.slash = at < pattern.size() && pattern[at] == '/';
      ++at;
    } else if (c == '[') {
      at = skip_class(pattern, at).at;
    } else if (c == '{') {
      element = {true, false};
      do {
        Start one = start_of_sequence(pattern, at, true);
        element.slash &= one.slash;
        element.can_be_empty |= one.can_be_empty;
      } while (at < pattern.size() && pattern[at++] == ',');
    }
    if (out.can_be_empty) {
      out.slash &= element.slash;
      out.can_be_empty = element.can_be_empty;
    }
  }
  return out;
}

}  // namespace

bool starts_with_slash(std::string_view pattern) {
  std::size_t at = 0;
  Start start = start_of_sequence(pattern, at, false);
  return start.slash && !start.can_be_empty;
}

std::string escape_glob(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (special_characters.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace bh::policy
