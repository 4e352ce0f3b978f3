#include "policy/expand_rule.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/glob.h"
#include "policy/lexer.h"

namespace bh::policy {
namespace {

using diag::Code;

class Expansion {
 public:
  Expansion(Variables& variables, diag::Sink& sink) : variables_(variables), sink_(sink) {}

  void operator()(FileRule& rule) {
    if (rule.path) path(*rule.path);
    if (rule.target) exec_target(*rule.target);
  }
  void operator()(LinkRule& rule) {
    path(rule.link);
    path(rule.target);
  }
  void operator()(ChangeProfileRule& rule) {
    if (rule.exec) path(*rule.exec);
    if (rule.target) pattern(*rule.target);
  }
  void operator()(CapabilityRule&) {}
  void operator()(RlimitRule&) {}
  void operator()(ClassRule& rule) {
    if (rule.kind == RuleClass::mqueue || rule.kind == RuleClass::pivot_root)
      for (Text& word : rule.words) pattern(word);
    for (auto* list : {&rule.conditions, &rule.peer})
      for (Condition& condition : *list)
        if (takes_pattern(rule.kind, condition.key.value))
          for (Text& value : condition.values) {
            if (rule.kind != RuleClass::io_uring || as_written(value)) pattern(value);
          }
    if (rule.source) pattern(*rule.source);
    if (rule.target && rule.kind != RuleClass::pivot_root) pattern(*rule.target);
    if (rule.target && rule.kind == RuleClass::pivot_root) target(*rule.target);
  }

 private:
  static bool takes_pattern(RuleClass kind, std::string_view key) {
    if (kind == RuleClass::network) return key == "label" || key == "interface";
    if (kind == RuleClass::mqueue || kind == RuleClass::unix) return key == "label" || key == "addr";
    if (kind == RuleClass::mount || kind == RuleClass::remount || kind == RuleClass::umount)
      return key.ends_with("fstype");
    return key != "set";
  }

  bool replace(Text& text) {
    if (text.value.find("@{") == std::string::npos) return true;
    for (std::size_t at = text.value.find("@{"); at != std::string::npos;
         at = text.value.find("@{", at + 1)) {
      if (variable_reference(std::string_view(text.value).substr(at)) != 0 ||
          (at > 0 && text.value[at - 1] == '\\'))
        continue;
      std::string_view rest = std::string_view(text.value).substr(at);
      std::string_view name =
          rest.substr(0, rest.find('}') == std::string_view::npos ? rest.size() : rest.find('}') + 1);
      if (name.find(',') != std::string_view::npos) continue;  // an alternation behind an `@`
      sink_.report(Code::bad_variable_name, text.span, fmt::format("`{}` is not a variable", name))
          .with_help("`@{NAME}`: a letter and then letters, digits and `_`");
      return false;
    }
    std::size_t errors = sink_.errors();
    text.value = variables_.expand(text);
    return sink_.errors() == errors;
  }

  bool pattern(Text& text) {
    if (!replace(text)) return false;
    auto problem = glob_error(text.value);
    if (!problem) return true;
    sink_.report(Code::bad_glob, text.span, fmt::format("{} in `{}`", *problem, text.value))
        .with_help("a character that means nothing here is written with a backslash: \\{ \\[");
    return false;
  }

  /// Nothing in it is to be replaced; else it is reported.
  bool as_written(const Text& text) {
    if (text.value.find("@{") == std::string::npos) return true;
    sink_
        .report(Code::bad_glob, text.span,
                fmt::format("variables are not replaced in the label of an io_uring rule: `{}`", text.value))
        .with_help("write the label out; apparmor_parser cannot read this either");
    return false;
  }

  void path(Text& text) {
    if (!pattern(text) || starts_with_slash(text.value)) return;
    sink_
        .report(Code::path_not_absolute, text.span,
                fmt::format("no file has a path like `{}`: paths start with `/`", text.value))
        .with_help(text.value.starts_with('@') ? "a variable in a rule is written `@{NAME}`" : "");
  }

  /// Stays as it is written (docs/decisions/0005).
  void exec_target(const Text& text) {
    if (text.value.find("@{") == std::string::npos) return;
    sink_
        .report(Code::bad_target, text.span,
                fmt::format("`{}` is not replaced in the target of an exec rule, and no profile has such a "
                            "name: the kernel will refuse to execute",
                            text.value))
        .with_help("write the profile's name out; apparmor_parser does not replace variables here either");
  }

  void target(Text& text) {
    const bool choice = text.value.find("@{") != std::string::npos && variables_.values(text).size() > 1;
    if (!replace(text)) return;
    if (choice || text.value.starts_with('{') || text.value.find("//{") != std::string::npos)
      sink_
          .report(Code::bad_target, text.span,
                  fmt::format("a transition leads to one profile, and `{}` is a choice", text.value))
          .with_help("the kernel looks for a profile of exactly this name");
  }

  Variables& variables_;
  diag::Sink& sink_;
};

bool is_address(std::string_view value) {
  return value == "none" || value == "auto" || value.starts_with('@');
}

/// `addr=@{X}`, where the variable brings the `@` (or is `none` or `auto`): they do not mix in one pattern,
/// so each value gets a rule.
void split_addresses(std::vector<Rule>& rules, bool peer, Variables& variables, diag::Sink& sink) {
  std::vector<Rule> out;
  auto conditions = [&](Rule& rule) -> std::vector<Condition>& {
    auto& body = std::get<ClassRule>(rule.body);
    return peer ? body.peer : body.conditions;
  };
  for (Rule& rule : rules) {
    auto& list = conditions(rule);
    auto addr = std::ranges::find_if(list, [](const Condition& c) { return c.key.value == "addr"; });
    if (addr == list.end() || !addr->values.front().value.starts_with("@{")) {
      out.push_back(std::move(rule));
      continue;
    }
    auto index = static_cast<std::size_t>(addr - list.begin());
    Text text = addr->values.front();
    for (const std::string& value : variables.split_first(text)) {
      Rule one = rule;
      std::string& address = conditions(one)[index].values.front().value;
      address = value;
      if (!is_address(value)) {
        // As apparmor_parser does, which takes the first byte of what a variable brings for the `@`.
        if (!value.empty()) address.front() = '@';
        sink.report(
                Code::suspicious_value, text.span,
                fmt::format("`{}` is not the address of a unix socket; it is taken for `{}`", value, address))
            .with_help("`@NAME` for an abstract one, `auto`, or `none`");
      }
      out.push_back(std::move(one));
    }
  }
  rules = std::move(out);
}

}  // namespace

std::vector<Rule> expand_rule(const Rule& rule, Variables& variables, diag::Sink& sink) {
  std::vector<Rule> rules{rule};
  if (const auto* body = std::get_if<ClassRule>(&rule.body); body && body->kind == RuleClass::unix) {
    split_addresses(rules, false, variables, sink);
    split_addresses(rules, true, variables, sink);
  }
  Expansion expansion(variables, sink);
  for (Rule& one : rules) std::visit(expansion, one.body);
  return rules;
}

}  // namespace bh::policy
