// `if EXPRESSION { … } else …`. Binding, tightest first: comparisons and `defined`, `not`, `and`, `or`;
// parentheses group. The expression is kept in postfix order, built with an explicit stack of operators, so
// that it may be as long as it likes.
#include <fmt/format.h>

#include <vector>

#include "diag/suggest.h"
#include "policy/parser.h"

namespace bh::policy {

using diag::Code;
using Kind = Conditional::Step::Kind;

namespace {

enum class Pending : std::uint8_t { open, either, both, negate };  // in order of binding

Kind step_kind(Pending op) {
  return op == Pending::negate ? Kind::negate : op == Pending::both ? Kind::both : Kind::either;
}

constexpr std::string_view operand_stops = "()=";

}  // namespace

bool Parser::conditional(Block& out) {
  Conditional node;
  std::uint32_t begin = lexer_.position();
  lexer_.advance(2);
  if (!expression(node)) return false;
  node.span = lexer_.span(begin);
  node.then_block = braced_block("the condition");
  if (!node.then_block) return false;
  lexer_.skip_blank();
  std::uint32_t before = lexer_.position();
  if (take_keyword("else")) {
    lexer_.skip_blank();
    if (peek_keyword() == "if") {
      // One level of nesting for each `else if`: they count against the limit like written blocks.
      if (depth_ >= max_nesting)
        return fail(Code::nested_too_deep, lexer_.span(before),
                    fmt::format("more than {} `else if` in a row", max_nesting));
      ++depth_;
      node.else_block = std::make_unique<Block>();
      bool good = conditional(*node.else_block);
      --depth_;
      if (!good) return false;
    } else {
      node.else_block = braced_block("`else`");
      if (!node.else_block) return false;
    }
  }
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::expression(Conditional& node) {
  struct Operator {
    Pending op;
    diag::Span span;
  };
  std::vector<Operator> pending;
  auto reduce = [&](Pending down_to) {
    while (!pending.empty() && pending.back().op != Pending::open && pending.back().op >= down_to) {
      node.steps.push_back({step_kind(pending.back().op), pending.back().span, {}, {}, {}});
      pending.pop_back();
    }
  };
  bool want_operand = true;
  for (;;) {
    lexer_.skip_blank();
    std::uint32_t begin = lexer_.position();
    if (want_operand) {
      if (lexer_.take("(")) {
        pending.push_back({Pending::open, lexer_.span(begin)});
      } else if (take_keyword("not")) {
        pending.push_back({Pending::negate, lexer_.span(begin)});
      } else {
        if (!operand(node)) return false;
        want_operand = false;
      }
      continue;
    }
    if (lexer_.take(")")) {
      reduce(Pending::either);
      if (pending.empty()) return fail(Code::bad_expression, lexer_.span(begin), "`)` closes nothing");
      pending.pop_back();
    } else if (take_keyword("and")) {
      reduce(Pending::both);
      pending.push_back({Pending::both, lexer_.span(begin)});
      want_operand = true;
    } else if (take_keyword("or")) {
      reduce(Pending::either);
      pending.push_back({Pending::either, lexer_.span(begin)});
      want_operand = true;
    } else {
      reduce(Pending::either);
      if (!pending.empty()) return fail(Code::bad_expression, pending.back().span, "`(` without its `)`");
      if (lexer_.peek() == '{') return true;
      return expected("`and`, `or` or `{` after the condition");
    }
  }
}

bool Parser::operand(Conditional& node) {
  std::uint32_t begin = lexer_.position();
  if (take_keyword("defined")) return defined_operand(node, begin);
  Conditional::Step step;
  if (lexer_.peek() == '$') {
    if (!boolean_name(step.left)) return false;
    step.kind = Kind::boolean;
    step.span = lexer_.span(begin);
    node.steps.push_back(std::move(step));
    return true;
  }
  std::string_view name = peek_keyword();
  if (lexer_.peek() == '{' || lexer_.at_end() || name == "and" || name == "or" || name == "in")
    return expected("a condition", "for example `if $BOOL {` or `if @{VAR} == value {`");
  if (!word(step.left, "a condition", operand_stops)) return false;
  lexer_.skip_blank();
  static constexpr std::string_view operators[] = {"==", "!=", "<=", ">=", "<", ">"};
  for (std::string_view op : operators)
    if (step.op.empty() && lexer_.take(op)) step.op = op;
  if (step.op.empty() && take_keyword("in")) step.op = "in";
  if (!step.op.empty()) {
    step.kind = Kind::compare;
    if (!word(step.right, fmt::format("a value after `{}`", step.op), operand_stops)) return false;
  } else {
    std::string lower = step.left.value;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lexer_.peek() == '=')
      return fail(Code::bad_expression, here(), "`=` assigns; values are compared by `==`");
    if (lower != "true" && lower != "false") {
      static constexpr std::string_view known[] = {"true", "false", "defined", "not"};
      const auto nearest = diag::did_you_mean(lower, known);
      return fail(Code::bad_expression, step.left.span, fmt::format("`{}` is no condition", step.left.value),
                  nearest ? fmt::format("did you mean `{}`?", *nearest)
                          : "`true`, `false`, `$BOOL`, `defined @{VAR}`, or a comparison with blanks around "
                            "its operator");
    }
    step.left.value = lower;
  }
  step.span = lexer_.span(begin);
  node.steps.push_back(std::move(step));
  return true;
}

bool Parser::defined_operand(Conditional& node, std::uint32_t begin) {
  Conditional::Step step;
  lexer_.skip_blank();
  if (lexer_.peek() == '$') {
    step.kind = Kind::defined_boolean;
    if (!boolean_name(step.left)) return false;
  } else if (lexer_.peek() == '@') {
    step.kind = Kind::defined;
    if (!word(step.left, "a variable", operand_stops)) return false;
    std::string& name = step.left.value;
    std::string braced = name.starts_with("@{") ? name : fmt::format("@{{{}}}", name.substr(1));
    if (variable_reference(braced) != braced.size())
      return fail(Code::bad_variable_name, step.left.span, fmt::format("`{}` is not a variable", name));
    name = braced.substr(2, braced.size() - 3);
  } else {
    return expected("a variable after `defined`", "for example `defined @{VAR}` or `defined $BOOL`");
  }
  step.span = lexer_.span(begin);
  node.steps.push_back(std::move(step));
  return true;
}

/// `$NAME` or `${NAME}`.
bool Parser::boolean_name(Text& name) {
  std::uint32_t begin = lexer_.position();
  lexer_.advance();
  bool braced = lexer_.take("{");
  std::uint32_t inner = lexer_.position();
  while (is_alpha(lexer_.peek()) ||
         (lexer_.position() > inner && (is_digit(lexer_.peek()) || lexer_.peek() == '_')))
    lexer_.advance();
  name.value = lexer_.text(inner, lexer_.position());
  bool good = !name.value.empty() && (!braced || lexer_.take("}"));
  name.span = lexer_.span(begin);
  if (good) return true;
  (void)lexer_.bare_word("=)");
  return fail(Code::bad_variable_name, lexer_.span(begin),
              fmt::format("`{}` is not a boolean variable: `$NAME` or `${{NAME}}`",
                          lexer_.text(begin, lexer_.position())));
}

}  // namespace bh::policy
