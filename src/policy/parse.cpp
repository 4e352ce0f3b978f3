#include "policy/parse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/pass_times.h"
#include "diag/suggest.h"
#include "policy/parser.h"

namespace bh::policy {
namespace {

using diag::Code;

constexpr std::size_t max_shown_name = 40;

constexpr std::string_view rule_keywords[] = {
    "file",           "link",   "capability", "network", "mount",    "remount",  "umount", "pivot_root",
    "signal",         "ptrace", "unix",       "dbus",    "userns",   "io_uring", "mqueue", "all",
    "change_profile", "set",    "audit",      "deny",    "allow",    "prompt",   "owner",  "other",
    "profile",        "hat",    "if",         "include", "priority", "safe",     "unsafe",
};
constexpr std::string_view preamble_keywords[] = {"profile", "hat", "abi", "alias", "include"};

/// The rule that a statement of another language or an old version asks for.
std::string help_for_unknown(std::string_view name, std::span<const std::string_view> keywords) {
  if (auto nearest = diag::did_you_mean(name, keywords)) return fmt::format("did you mean `{}`?", *nearest);
  return {};
}

bool names_rule(std::string_view name) {
  return std::ranges::find(rule_keywords, name) != std::end(rule_keywords) && name != "profile" &&
         name != "hat" && name != "include";
}

}  // namespace

Fragment parse(const diag::SourceMap& sources, diag::SourceId source, Context context, diag::Sink& sink) {
  const PassTimer timer(Pass::parse);
  return {source, Parser(sources, source, sink).file(context)};
}

Block Parser::file(Context context) {
  Block block;
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.at_end()) return block;
    bool kept = context == Context::preamble ? preamble_node(block) : body_node(block);
    if (!kept) statement_failed();
  }
}

void Parser::statement_failed() {
  std::uint32_t before = lexer_.position();
  if (std::exchange(line_statement_, false)) return lexer_.recover_line();
  lexer_.recover();
  // A stray brace stops the recovery; at the top of a file nothing else would ever take it.
  if (depth_ == 0 && lexer_.peek() == '}') lexer_.advance();
  if (lexer_.position() == before && !lexer_.at_end() && depth_ == 0) lexer_.advance();
}

bool Parser::preamble_node(Block& out) {
  char c = lexer_.peek();
  if (lexer_.starts_with("#include")) return include(out);
  if (lexer_.starts_with("@")) return set_variable(out);
  if (c == '$') return boolean_variable(out);
  if (c == '/' || c == '"' || c == ':' || c == '^') return profile(out);
  if (c == '}') {
    lexer_.advance();
    (void)fail(Code::unexpected_token, lexer_.span(lexer_.position() - 1), "`}` closes nothing");
    return true;
  }
  std::string_view name = peek_keyword();
  if (name == "profile" || name == "hat") return profile(out);
  if (name == "include") return include(out);
  if (name == "abi") return abi(out);
  if (name == "alias") return alias(out);
  if (names_rule(name)) {
    return fail(Code::rule_outside_profile, here(),
                fmt::format("`{}` is a rule, and rules stand inside a profile", name),
                "put it between the braces of `profile NAME { … }`");
  }
  return unknown_statement();
}

bool Parser::unknown_statement() {
  std::string_view name = lexer_.peek_name();
  if (name.empty()) return expected("a profile or a declaration");
  diag::Span span = here();
  std::string help = help_for_unknown(name, preamble_keywords);
  if (help.empty())
    help =
        fmt::format("a profile whose name is no path starts with the word `profile`: `profile {} {{`", name);
  return fail(Code::bad_profile_name, span, fmt::format("`{}` is neither a profile nor a declaration", name),
              std::move(help));
}

bool Parser::body_node(Block& out) {
  char c = lexer_.peek();
  if (lexer_.starts_with("#include")) return include(out);
  if (c == '^') return profile(out);
  if (c == '$') return misplaced_declaration("a variable");
  std::string_view name = peek_keyword();
  if (name == "profile" || name == "hat") return profile(out);
  if (name == "include") return include(out);
  if (name == "if") return conditional(out);
  if (name == "abi") return abi(out);
  if (name == "alias") return misplaced_declaration("`alias`");
  if (name == "else")
    return fail(Code::unexpected_token, here(), "`else` without the `if` that it belongs to",
                "`else` follows the closing brace of its `if`");
  return qualified(out);
}

bool Parser::misplaced_declaration(std::string_view what) {
  line_statement_ = true;
  return fail(
      Code::preamble_too_late, here(),
      fmt::format("{} {} a profile", what, depth_ > 0 ? "cannot be declared inside" : "is declared after"),
      "declarations stand before the first profile of the file");
}

std::unique_ptr<Block> Parser::braced_block(std::string_view what) {
  lexer_.skip_blank();
  std::uint32_t open = lexer_.position();
  if (!lexer_.take("{")) {
    (void)expected(fmt::format("`{{` after {}", what));
    return nullptr;
  }
  diag::Span open_span = lexer_.span(open);
  if (depth_ >= max_nesting) {
    (void)fail(Code::nested_too_deep, open_span,
               fmt::format("blocks nest deeper than the limit of {}", max_nesting));
    while (!lexer_.at_end()) lexer_.advance();  // what follows would only repeat this
    told_end_ = true;
    return nullptr;
  }
  ++depth_;
  auto block = std::make_unique<Block>();
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.take("}")) break;
    if (lexer_.at_end()) {
      if (!std::exchange(told_end_, true))  // the blocks around it end here too
        error(Code::unclosed_block, open_span, fmt::format("the file ends inside {}", what))
            .with_help("close the block with `}`");
      break;
    }
    if (!body_node(*block)) statement_failed();
  }
  --depth_;
  return block;
}

bool Parser::include(Block& out) {
  Include node;
  std::uint32_t begin = lexer_.position();
  const bool hash = lexer_.peek() == '#';
  lexer_.advance(hash ? 8 : 7);
  if (!hash && lexer_.peek() == '<')
    return fail(Code::bad_file_name, here(), "`include` and its file stand without a blank between them",
                "for example `include <abstractions/base>`");
  lexer_.skip_line_blank();
  std::uint32_t before_if = lexer_.position();
  if (take_keyword("if")) {
    lexer_.skip_line_blank();
    node.if_exists = take_keyword("exists");
    if (!node.if_exists) lexer_.rewind(before_if);
    lexer_.skip_line_blank();
  }
  line_statement_ = true;
  if (!include_path(node)) return false;
  node.span = lexer_.span(begin);
  if (lexer_.peek() == ',') return fail(Code::unexpected_token, here(), "an include has no comma at its end");
  line_statement_ = false;
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::include_path(Include& node) {
  std::uint32_t begin = lexer_.position();
  if (lexer_.take("<")) {
    node.magic = true;
    std::string_view rest = lexer_.rest();
    std::size_t end = rest.find_first_of(">\n");
    if (end == std::string_view::npos || rest[end] != '>')
      return fail(Code::bad_file_name, lexer_.span(begin), "`<` without its `>` on the same line");
    std::string_view inner = rest.substr(0, end);
    while (!inner.empty() && is_space(inner.front())) inner.remove_prefix(1);
    while (!inner.empty() && is_space(inner.back())) inner.remove_suffix(1);
    if (inner.size() >= 2 && inner.front() == '"' && inner.back() == '"') {
      inner = inner.substr(1, inner.size() - 2);
      node.path.quoted = true;
    }
    lexer_.advance(end + 1);
    node.path.value = inner;
  } else {
    Lexer::Scan scan = lexer_.word();
    if (std::size_t line = scan.text.value.find('\n'); scan.text.quoted && line != std::string::npos) {
      lexer_.rewind(begin + 1 + static_cast<std::uint32_t>(line));
      scan.closed = false;
    }
    if (!scan.closed)
      return fail(Code::unclosed_quote, lexer_.span(begin), "the file name has no closing quote");
    node.path = std::move(scan.text);
  }
  node.path.span = lexer_.span(begin);
  if (!node.path.value.empty()) return true;
  return fail(Code::bad_file_name, begin == lexer_.position() ? here() : node.path.span,
              "an include without the name of a file", "for example `include <abstractions/base>`");
}

bool Parser::abi(Block& out) {
  std::uint32_t begin = lexer_.position();
  if (depth_ == 0 && seen_profile_) return misplaced_declaration("`abi`");
  lexer_.advance(3);
  lexer_.skip_blank();
  line_statement_ = true;
  Include path;
  Abi node;
  if (lexer_.peek() == '<' &&
      lexer_.rest().substr(0, lexer_.rest().find('>')).find('"') != std::string_view::npos)
    return fail(Code::bad_file_name, here(), "an abi is named by `<…>` or by \"…\", not by both");
  if (!include_path(path)) return false;
  node.path = std::move(path.path);
  node.magic = path.magic;
  node.span = lexer_.span(begin);
  line_statement_ = false;
  comma("the abi");
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::alias(Block& out) {
  if (seen_profile_) return misplaced_declaration("`alias`");
  line_statement_ = true;
  std::uint32_t begin = lexer_.position();
  lexer_.advance(5);
  Alias node;
  if (!word(node.from, "the path that is replaced")) return false;
  lexer_.skip_blank();
  if (!lexer_.take("->")) return expected("`->` and the new path", "for example `alias /home -> /mnt/home,`");
  if (!word(node.to, "the new path")) return false;
  for (const Text* path : {&node.from, &node.to})
    if (!path->value.starts_with('/'))
      return fail(Code::bad_alias, path->span,
                  fmt::format("an alias joins two paths, and `{}` is none", path->value),
                  "paths start with `/`; variables cannot be used here");
  node.span = lexer_.span(begin);
  line_statement_ = false;
  comma("the alias");
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::set_variable(Block& out) {
  line_statement_ = true;
  VariableAssignment node;
  std::uint32_t begin = lexer_.position();
  std::size_t braced = variable_reference(lexer_.rest());
  if (braced != 0) {
    lexer_.advance(braced);
    node.name.value = lexer_.text(begin + 2, lexer_.position() - 1);
  } else {
    lexer_.advance();
    while (is_alpha(lexer_.peek()) ||
           (lexer_.position() > begin + 1 && (is_digit(lexer_.peek()) || lexer_.peek() == '_')))
      lexer_.advance();
    node.name.value = lexer_.text(begin + 1, lexer_.position());
    if (node.name.value.empty()) {
      (void)lexer_.bare_word("=");
      return fail(
          Code::bad_variable_name, lexer_.span(begin),
          fmt::format("`{}` is not a variable: `@{{NAME}}`, a letter and then letters, digits and `_`",
                      lexer_.text(begin, lexer_.position())));
    }
  }
  node.name.span = lexer_.span(begin);
  if (!assignment(node, begin)) return false;
  line_statement_ = false;
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::boolean_variable(Block& out) {
  line_statement_ = true;
  VariableAssignment node;
  node.kind = VariableAssignment::Kind::boolean;
  std::uint32_t begin = lexer_.position();
  if (!boolean_name(node.name) || !assignment(node, begin)) return false;
  line_statement_ = false;
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::assignment(VariableAssignment& node, std::uint32_t begin) {
  using Operator = VariableAssignment::Operator;
  constexpr std::pair<std::string_view, Operator> operators[] = {{"=", Operator::assign},
                                                                 {"+=", Operator::append},
                                                                 {"?=", Operator::assign_if_unset},
                                                                 {":=", Operator::replace}};
  if (seen_profile_) return misplaced_declaration("a variable");
  const std::uint32_t name_end = lexer_.position();
  lexer_.skip_blank();
  if (node.kind == VariableAssignment::Kind::set && lexer_.starts_with(":=") && lexer_.position() == name_end)
    return fail(Code::bad_assignment, here(), "a blank stands before `:=`", "write `@{NAME} := value`");
  const auto* op =
      std::ranges::find_if(operators, [&](const auto& entry) { return lexer_.take(entry.first); });
  if (op == std::end(operators)) {
    if (lexer_.peek() == '{') {
      line_statement_ = false;  // the whole block is passed over
      return fail(Code::bad_profile_name, node.name.span, "a profile cannot start with a variable",
                  "write `profile` in front of it");
    }
    return expected("`=`, `+=`, `?=` or `:=` after the variable");
  }
  node.op = op->second;
  bool boolean = node.kind == VariableAssignment::Kind::boolean;
  if (boolean && node.op == Operator::append)
    return fail(Code::bad_assignment, node.name.span, "`+=` adds values to a set; a boolean has one value");
  if (!assigned_values(node)) return false;
  node.span = lexer_.span(begin);
  if (!boolean) return true;
  std::string value = node.values.front().value;
  std::ranges::transform(value, value.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  if (node.values.size() == 1 && (value == "true" || value == "false")) return true;
  static constexpr std::string_view booleans[] = {"true", "false"};
  const auto nearest = diag::did_you_mean(value, booleans);
  return fail(
      Code::bad_assignment, node.values.front().span,
      fmt::format("`{}` is not a boolean",
                  lexer_.text(node.values.front().span.begin, node.values.back().span.end)),
      nearest && node.values.size() == 1 ? fmt::format("did you mean `{}`?", *nearest) : "`true` or `false`");
}

bool Parser::assigned_values(VariableAssignment& node) {
  for (;;) {
    lexer_.skip_line_blank();
    char c = lexer_.peek();
    if (lexer_.at_end() || c == '\n' || c == '#') break;
    if (c == ',')
      return fail(Code::bad_assignment, here(), "a comma after a value of a variable",
                  "values are separated by blanks, and the line has no comma at its end");
    Text value;
    if (!word(value, "a value")) return false;
    if (!value.quoted && value.value == "=" && !node.values.empty())
      sink_.report(Code::suspicious_value, value.span,
                   "`=` is a value here: a second assignment needs a line of its own");
    node.values.push_back(std::move(value));
  }
  if (!node.values.empty()) return true;
  return fail(Code::bad_assignment, node.name.span, "a variable needs at least one value",
              "write \"\" for the empty value");
}

diag::Span Parser::here() const {
  diag::Span span = lexer_.next_span();
  auto name = static_cast<std::uint32_t>(std::min<std::size_t>(lexer_.peek_name().size(), max_shown_name));
  span.end = std::max(span.end, span.begin + name);
  return span;
}

std::string Parser::found() const {
  if (lexer_.at_end()) return "the end of the file";
  char c = lexer_.peek();
  if (c == '\n') return "the end of the line";
  std::string_view name = lexer_.peek_name();
  if (!name.empty()) return fmt::format("`{}`", name.substr(0, max_shown_name));
  diag::Span next = here();
  return fmt::format("`{}`", lexer_.text(next.begin, next.end));
}

bool Parser::expected(std::string_view what, std::string help) {
  lexer_.skip_blank();
  diag::Span span = here();
  if (lexer_.peek() == '\0' && !lexer_.at_end()) {
    lexer_.advance();
    return fail(Code::bad_character, span, "a NUL byte in the text", "write a NUL as \\000");
  }
  return fail(Code::unexpected_token, span, fmt::format("expected {}, found {}", what, found()),
              std::move(help));
}

void Parser::comma(std::string_view after) {
  lexer_.skip_blank();
  if (lexer_.take(",")) return;
  std::uint32_t end = lexer_.before_blank();
  bool next_line = lexer_.text(end, lexer_.position()).find('\n') != std::string_view::npos ||
                   lexer_.peek() == '}' || lexer_.at_end();
  if (!next_line) {
    (void)expected(fmt::format("`,` after {}", after), "every rule ends with a comma");
    lexer_.recover();
    return;
  }
  // What follows is most likely the next rule: read on as if the comma were there.
  diag::Span place = lexer_.here();
  place.begin = place.end = end;
  (void)fail(Code::missing_comma, place, fmt::format("{} ends without a comma", after),
             "every rule ends with a comma");
}

bool Parser::word(Text& out, std::string_view what, std::string_view stops) {
  lexer_.skip_blank();
  Lexer::Scan scan = lexer_.word(stops);
  if (!scan.closed)
    return fail(Code::unclosed_quote, scan.text.span, fmt::format("{} has no closing quote", what),
                "a quote inside a word is written \\\"");
  if (scan.text.value.empty() && !scan.text.quoted) return expected(what);
  if (scan.text.quoted && scan.text.value.find('\n') != std::string::npos)
    sink_.report(Code::quoted_newline, scan.text.span, fmt::format("{} goes over several lines", what))
        .with_help("if the newline is meant, write it as \\n");
  if (lexer_.peek() == '!') return fail(Code::bad_character, here(), "`!` inside a word", "write it as \\!");
  out = std::move(scan.text);
  return true;
}

std::string_view Parser::peek_keyword() const {
  std::string_view name = lexer_.peek_name();
  std::size_t end = 0;
  while (end < name.size() && ((name[end] >= 'a' && name[end] <= 'z') || name[end] == '_')) ++end;
  return end == name.size() ? name : std::string_view();
}

bool Parser::take_keyword(std::string_view name) {
  if (lexer_.peek_name() != name) return false;
  lexer_.advance(name.size());
  return true;
}

}  // namespace bh::policy
