#include "policy/lexer.h"

#include <algorithm>

namespace bh::policy {
namespace {

constexpr std::string_view statement_keywords[] = {
    "file",       "link",   "capability",     "network", "mount", "remount", "umount",
    "pivot_root", "signal", "ptrace",         "unix",    "dbus",  "userns",  "all",
    "mqueue",     "set",    "io_uring",       "audit",   "deny",  "allow",   "prompt",
    "owner",      "other",  "profile",        "hat",     "if",    "else",    "include",
    "priority",   "safe",   "change_profile", "abi",     "alias", "unsafe",
};

/// What a backslash takes along outside of quotes; before anything else it is a byte of the word (and means
/// something to a pattern).
bool escaped_in_word(char c) { return c == ' ' || c == '\t' || c == '"' || c == '!' || c == ','; }

bool ends_word(char c) { return is_space(c) || c == '"' || c == '!' || c == '\0'; }

}  // namespace

std::size_t variable_reference(std::string_view text) {
  if (!text.starts_with("@{")) return 0;
  std::size_t end = 2;
  while (end < text.size() && (is_alpha(text[end]) || is_digit(text[end]) || text[end] == '_')) ++end;
  return end > 2 && is_alpha(text[2]) && end < text.size() && text[end] == '}' ? end + 1 : 0;
}

void Lexer::skip_blank() {
  if (at_ != blank_end_) blank_begin_ = at_;
  while (!at_end()) {
    if (is_space(peek())) {
      advance();
    } else if (comments_ && peek() == '#' && !starts_with("#include")) {
      while (!at_end() && peek() != '\n') advance();
    } else {
      break;
    }
  }
  blank_end_ = at_;
}

void Lexer::skip_line_blank() {
  for (;;) {
    if (peek() == ' ' || peek() == '\t' || peek() == '\r') {
      advance();
    } else if (starts_with("\\\n")) {
      advance(2);
    } else if (starts_with("\\\r\n")) {
      advance(3);
    } else {
      return;
    }
  }
}

bool Lexer::take(std::string_view token) {
  if (!starts_with(token)) return false;
  advance(token.size());
  return true;
}

diag::Span Lexer::next_span() const {
  std::uint32_t end = at_;
  if (end < text_.size()) ++end;
  while (end < text_.size() && end > at_ && (static_cast<unsigned char>(text_[end]) & 0xc0) == 0x80) ++end;
  return {source_, at_, end};
}

std::string_view Lexer::peek_name() const {
  std::uint32_t end = at_;
  while (end < text_.size() && is_name_char(text_[end])) ++end;
  return text_.substr(at_, end - at_);
}

std::string_view Lexer::bare_word(std::string_view stops) {
  std::uint32_t begin = at_;
  while (!at_end()) {
    char c = peek();
    if (c == '\\' &&
        (escaped_in_word(peek(1)) || (peek(1) != '\0' && stops.find(peek(1)) != std::string_view::npos))) {
      advance(2);
      continue;
    }
    if (ends_word(c) || stops.find(c) != std::string_view::npos) break;
    if (c == ',') {
      char next = peek(1);
      if (ends_word(next) || next == ',' || stops.find(next) != std::string_view::npos) break;
    }
    advance();
  }
  return text(begin, at_);
}

Lexer::Scan Lexer::word(std::string_view stops) {
  std::uint32_t begin = at_;
  Scan scan;
  if (peek() != '"') {
    scan.text.value = bare_word(stops);
    scan.text.span = span(begin);
    return scan;
  }
  scan.text.quoted = true;
  advance();
  std::uint32_t inner = at_;
  while (!at_end() && peek() != '"' && peek() != '\0')
    advance(peek() == '\\' && at_ + 1 < text_.size() ? 2 : 1);
  scan.closed = peek() == '"';
  if (!scan.closed) {
    // Without its end the word would swallow the rest of the file: take the line.
    at_ = inner;
    while (!at_end() && peek() != '\n') advance();
  }
  scan.text.value = text(inner, at_);
  if (scan.closed) advance();
  scan.text.span = span(begin);
  return scan;
}

bool Lexer::at_statement() {
  char c = peek();
  if (c == '/' || c == '^' || c == '}' || starts_with("@{") || starts_with("#include")) return true;
  std::string_view name = peek_name();
  char after = peek(name.size());
  bool ends = is_space(after) || after == ',' || after == '{' || after == '<' || after == '"';
  return ends && std::ranges::find(statement_keywords, name) != std::end(statement_keywords);
}

void Lexer::recover() {
  int depth = 0;
  bool moved = false;
  while (!at_end()) {
    skip_blank();
    bool new_line = text(blank_begin_, at_).find('\n') != std::string_view::npos;
    if (moved && depth == 0 && new_line && at_statement()) return;
    moved = true;
    std::uint32_t begin = at_;
    if (peek() == '"') {
      (void)word();
    } else if (std::string_view bare = bare_word(); bare.empty()) {
      bool comma = peek() == ',';
      if (!at_end()) advance();
      if (comma && depth == 0) return;
    } else if (bare == "{") {
      ++depth;
    } else if (bare == "}") {
      if (depth == 0) {
        at_ = begin;
        return;
      }
      if (--depth == 0) return;
    }
  }
}

void Lexer::recover_line() {
  while (!at_end() && peek() != '\n') advance();
}

}  // namespace bh::policy
