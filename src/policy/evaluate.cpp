#include "policy/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/check.h"

namespace bh::policy {
namespace {

using diag::Code;
using Step = Conditional::Step;
using Values = std::set<std::string>;

std::optional<std::int64_t> integer(const Values& values, bool& too_large) {
  if (values.size() != 1) return std::nullopt;
  const std::string& text = *values.begin();
  std::int64_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end != text.data() + text.size() || text.empty()) return std::nullopt;
  too_large |= problem == std::errc::result_out_of_range;
  return number;
}

template <class T>
bool ordered(const T& left, std::string_view op, const T& right) {
  if (op == "<") return left < right;
  if (op == ">") return right < left;
  if (op == "<=") return !(right < left);
  return !(left < right);
}

class Evaluation {
 public:
  Evaluation(Variables& variables, diag::Sink& sink) : variables_(variables), sink_(sink) {}

  bool compare(const Step& step) {
    std::size_t errors = sink_.errors();
    Values left = values(step.left), right = values(step.right);
    if (sink_.errors() != errors) return false;
    if (step.op == "==") return left == right;
    if (step.op == "!=") return left != right;
    if (step.op == "in") return std::ranges::includes(right, left);
    bool too_large = false;
    auto left_number = integer(left, too_large), right_number = integer(right, too_large);
    if (too_large || left_number.has_value() != right_number.has_value()) {
      sink_
          .report(
              Code::bad_expression, step.span,
              too_large ? "a number that is too large to compare" : "a number is only compared with a number")
          .with_help("values that are no numbers have `==`, `!=` and `in`");
      return false;
    }
    return left_number ? ordered(*left_number, step.op, *right_number) : ordered(left, step.op, right);
  }

  bool boolean(const Step& step) {
    if (auto value = variables_.boolean(step.left.value)) return *value;
    bool is_set = variables_.defined(step.left.value);
    sink_
        .report(Code::undefined_variable, step.left.span,
                is_set ? fmt::format("`{}` is a set of values, not a boolean", step.left.value)
                       : fmt::format("the boolean variable `${}` is not defined", step.left.value))
        .with_help(is_set ? "compare it: `if @{VAR} == value {`"
                          : "set it before the profile: `$NAME = true`");
    return false;
  }

 private:
  Values values(const Text& text) {
    Text named = text;
    // `@NAME` is short for `@{NAME}` here.
    if (!text.quoted && text.value.starts_with('@') && !text.value.starts_with("@{"))
      named.value = fmt::format("@{{{}}}", text.value.substr(1));
    auto list = variables_.values(named);
    return {list.begin(), list.end()};
  }

  Variables& variables_;
  diag::Sink& sink_;
};

}  // namespace

bool evaluate(const Conditional& conditional, Variables& variables, diag::Sink& sink) {
  Evaluation evaluation(variables, sink);
  std::vector<bool> stack;
  auto pop = [&] {
    BH_CHECK(!stack.empty());
    bool value = stack.back();
    stack.pop_back();
    return value;
  };
  for (const Step& step : conditional.steps) {
    switch (step.kind) {
      case Step::Kind::literal:
        stack.push_back(step.left.value == "true");
        break;
      case Step::Kind::boolean:
        stack.push_back(evaluation.boolean(step));
        break;
      case Step::Kind::defined:
        stack.push_back(variables.defined(step.left.value));
        break;
      case Step::Kind::defined_boolean:
        // As apparmor_parser 5.0 does, which knows no boolean by its name here.
        if (variables.defined(step.left.value))
          sink.report(Code::suspicious_value, step.span,
                      fmt::format("`defined ${}` is false, although it is defined", step.left.value))
              .with_help("apparmor_parser 5.0 takes it for false always; write `if $NAME`");
        stack.push_back(false);
        break;
      case Step::Kind::compare:
        stack.push_back(evaluation.compare(step));
        break;
      case Step::Kind::negate:
        stack.push_back(!pop());
        break;
      case Step::Kind::both:
      case Step::Kind::either: {
        bool right = pop(), left = pop();
        stack.push_back(step.kind == Step::Kind::both ? left && right : left || right);
        break;
      }
    }
  }
  return pop();
}

}  // namespace bh::policy
