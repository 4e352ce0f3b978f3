// A cursor over profile text. The language has no single token grammar (what ends a word depends on where it
// stands), so the parser asks for what the place allows: a word, a keyword, a quoted string. Nothing is
// copied until a word is kept.
//
// A word ends at white space, `"`, `!`, at a comma that no word character follows, and at the place's own
// stop characters; a backslash takes the next character with it. Follows apparmor.d(5) and the observed
// behaviour of apparmor_parser 5.0.
#pragma once

#include <cstdint>
#include <string_view>

#include "diag/source.h"
#include "policy/ast.h"

namespace bh::policy {

class Lexer {
 public:
  Lexer(const diag::SourceMap& sources, diag::SourceId source)
      : text_(sources.text(source)), source_(source) {}

  /// Whether skip_blank() takes comments for blanks: apparmor_parser reads none inside most rules.
  void allow_comments(bool allowed) { comments_ = allowed; }
  /// Skips white space and comments; stops at `#include` followed by a blank, `<` or `"`.
  void skip_blank();
  /// Where the blanks that end here begin: the end of the word before.
  [[nodiscard]] std::uint32_t before_blank() const { return at_ == blank_end_ ? blank_begin_ : at_; }
  /// Skips blanks of this line only (no newline); a backslash before the newline continues the line.
  void skip_line_blank();

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool starts_with(std::string_view prefix) const {
    return text_.substr(at_).starts_with(prefix);
  }
  void advance(std::size_t bytes = 1) { at_ += static_cast<std::uint32_t>(bytes); }
  /// Takes `token` if it stands here.
  bool take(std::string_view token);
  [[nodiscard]] std::uint32_t position() const { return at_; }
  void rewind(std::uint32_t position) { at_ = position; }
  [[nodiscard]] diag::Span span(std::uint32_t begin) const { return {source_, begin, at_}; }
  [[nodiscard]] diag::Span here() const { return {source_, at_, at_}; }
  /// The place of the next character (or of the end), for "found …".
  [[nodiscard]] diag::Span next_span() const;
  [[nodiscard]] std::string_view text(std::uint32_t begin, std::uint32_t end) const {
    return text_.substr(begin, end - begin);
  }
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }

  /// `[A-Za-z0-9_.-]*` here, without moving: keywords and names of conditions.
  [[nodiscard]] std::string_view peek_name() const;
  /// A bare word, possibly empty. Not quoted.
  std::string_view bare_word(std::string_view stops = {});

  /// A quoted or bare word. `closed` is false when the closing quote is missing (the text then runs to the
  /// end of the line).
  struct Scan {
    Text text;
    bool closed = true;
  };
  Scan word(std::string_view stops = {});

  /// After an error: behind the next comma at this nesting, behind a balanced `{ … }`, before the next `}`,
  /// or at a line that starts like a statement.
  void recover();
  /// After an error in a statement that is one line: at the end of the line.
  void recover_line();

 private:
  /// Whether the text behind the blanks here reads like the start of a rule, a profile or an include.
  [[nodiscard]] bool at_statement();

  std::string_view text_;
  diag::SourceId source_;
  std::uint32_t at_ = 0;
  bool comments_ = true;
  std::uint32_t blank_begin_ = 0, blank_end_ = 0;  ///< the last blanks that skip_blank() passed
};

[[nodiscard]] constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
[[nodiscard]] constexpr bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
         c == '-';
}
[[nodiscard]] constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The length of a variable reference `@{NAME}` at the start of `text`, or 0.
[[nodiscard]] std::size_t variable_reference(std::string_view text);

}  // namespace bh::policy
