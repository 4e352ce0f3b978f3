#include "policy/print.h"

#include <fmt/format.h>

#include <iterator>
#include <vector>

#include "base/check.h"
#include "policy/lexer.h"
#include "policy/words.h"

namespace bh::policy {
namespace {

/// Whether `value` reads as one bare word where `stops` end words too.
bool is_bare(std::string_view value, std::string_view stops) {
  if (value.empty() || value.front() == '#' || value.front() == '(' || value == "->") return false;
  for (std::size_t at = 0; at < value.size(); ++at) {
    char c = value[at];
    if (c == '\\') {
      ++at;
      if (at == value.size() || value[at] == '\n' || value[at] == '\r') return false;
    } else if (is_space(c) || c == '"' || c == '!' || c == '\0' || stops.find(c) != std::string_view::npos) {
      return false;
    } else if (c == ',' && (at + 1 == value.size() || value[at + 1] == ',')) {
      return false;
    }
  }
  return true;
}

std::string quoted(std::string_view value) {
  std::string out = "\"";
  for (std::size_t at = 0; at < value.size(); ++at) {
    if (value[at] == '\\' && at + 1 < value.size()) {
      out += value.substr(at++, 2);
      continue;
    }
    if (value[at] == '"') out += '\\';
    out += value[at];
  }
  return out + '"';
}

std::string word(const Text& text, std::string_view stops = {}) {
  return !text.quoted && is_bare(text.value, stops) ? text.value : quoted(text.value);
}

constexpr std::string_view list_stops = ",)";

template <class... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

std::string words(const std::vector<Text>& texts, std::string_view stops = {}) {
  std::string out;
  for (const Text& text : texts) append(out, "{}{}", out.empty() ? "" : " ", word(text, stops));
  return out;
}

std::string qualifiers(const Qualifiers& q) {
  std::string out;
  if (q.priority_stated || q.priority != 0) append(out, "priority={} ", q.priority);
  if (q.audit) out += "audit ";
  if (q.access == Access::deny) out += "deny ";
  if (q.access == Access::prompt) out += "prompt ";
  if (q.access == Access::allow && q.access_stated) out += "allow ";
  if (q.owner == Owner::owner) out += "owner ";
  if (q.owner == Owner::other) out += "other ";
  return out;
}

std::string condition(const Condition& c, bool in_peer) {
  std::string_view op = c.assign ? ":=" : c.in ? " in " : "=";
  if (c.values.size() == 1 && !c.in)
    return fmt::format("{}{}{}", c.key.value, op,
                       word(c.values[0], in_peer ? list_stops : std::string_view()));
  return fmt::format("{}{}({})", c.key.value, op, words(c.values, list_stops));
}

struct RulePrinter {
  std::string operator()(const FileRule& rule) const {
    if (!rule.path) return "file";
    std::string_view safe = rule.unsafe_keyword ? "unsafe " : rule.safe_keyword ? "safe " : "";
    std::string out = fmt::format("{}{} {}", safe, word(*rule.path), print_perms(rule.perms, rule.exec));
    if (rule.target) append(out, " -> {}", word(*rule.target));
    return out;
  }
  std::string operator()(const LinkRule& rule) const {
    return fmt::format("link {}{} -> {}", rule.subset ? "subset " : "", word(rule.link), word(rule.target));
  }
  std::string operator()(const ChangeProfileRule& rule) const {
    std::string out = "change_profile";
    if (rule.mode == ChangeProfileRule::Mode::safe) out += " safe";
    if (rule.mode == ChangeProfileRule::Mode::unsafe) out += " unsafe";
    if (rule.exec) append(out, " {}", word(*rule.exec));
    if (rule.target) append(out, " -> {}", word(*rule.target));
    return out;
  }
  std::string operator()(const CapabilityRule& rule) const {
    return rule.names.empty() ? "capability" : fmt::format("capability {}", words(rule.names));
  }
  std::string operator()(const RlimitRule& rule) const {
    return fmt::format("set rlimit {} <= {}", rule.name.value, rule.value.value);
  }
  std::string operator()(const ClassRule& rule) const {
    std::string out(class_keyword(rule.kind));
    bool words_last = rule.kind == RuleClass::mqueue || rule.kind == RuleClass::pivot_root;
    if (rule.access.size() == 1) append(out, " {}", rule.access[0].value);
    if (rule.access.size() > 1) append(out, " ({})", words(rule.access, list_stops));
    if (!rule.words.empty() && !words_last) append(out, " {}", words(rule.words, ",=("));
    for (const Condition& c : rule.conditions) append(out, " {}", condition(c, false));
    if (!rule.peer.empty()) append(out, " peer={}", peer(rule));
    if (!rule.words.empty() && words_last) append(out, " {}", words(rule.words));
    if (rule.source) append(out, " {}", word(*rule.source));
    bool arrow = rule.kind == RuleClass::mount || rule.kind == RuleClass::pivot_root;
    if (rule.target) append(out, " {}{}", arrow ? "-> " : "", word(*rule.target));
    return out;
  }

 private:
  static std::string peer(const ClassRule& rule) {
    if (rule.kind == RuleClass::signal || rule.kind == RuleClass::ptrace)
      return word(rule.peer.front().values.front());
    std::string out = "(";
    for (const Condition& c : rule.peer) append(out, "{}{}", out.size() > 1 ? " " : "", condition(c, true));
    return out + ")";
  }
};

// Postfix back to infix. Binding as in parse_condition.cpp: or < and < not < operands.
std::string expression(const Conditional& node) {
  using Kind = Conditional::Step::Kind;
  struct Part {
    std::string text;
    int binding;
  };
  constexpr int operand = 4, negation = 3, conjunction = 2, disjunction = 1;
  constexpr std::string_view stops = "()=";
  std::vector<Part> stack;
  auto group = [](const Part& part, int at_least) {
    return part.binding >= at_least ? part.text : fmt::format("({})", part.text);
  };
  for (const auto& step : node.steps) {
    switch (step.kind) {
      case Kind::literal:
        stack.push_back({step.left.value, operand});
        break;
      case Kind::boolean:
        stack.push_back({fmt::format("${}", step.left.value), operand});
        break;
      case Kind::defined:
        stack.push_back({fmt::format("defined @{{{}}}", step.left.value), operand});
        break;
      case Kind::defined_boolean:
        stack.push_back({fmt::format("defined ${}", step.left.value), operand});
        break;
      case Kind::compare:
        stack.push_back(
            {fmt::format("{} {} {}", word(step.left, stops), step.op, word(step.right, stops)), operand});
        break;
      case Kind::negate:
        stack.back() = {fmt::format("not {}", group(stack.back(), negation)), negation};
        break;
      case Kind::both:
      case Kind::either: {
        Part right = stack.back();
        stack.pop_back();
        int own = step.kind == Kind::both ? conjunction : disjunction;
        stack.back() = {fmt::format("{} {} {}", group(stack.back(), own), own == conjunction ? "and" : "or",
                                    group(right, own + 1)),
                        own};
        break;
      }
    }
  }
  BH_CHECK(stack.size() == 1);
  return stack.front().text;
}

class Printer {
 public:
  void block(const Block& block) {
    for (const Node& node : block.nodes) std::visit([&](const auto& one) { print_node(one); }, node);
  }
  std::string take() { return std::move(out_); }

 private:
  void line(std::string_view text) { append(out_, "{:{}}{}\n", "", depth_ * 2, text); }
  void braces(std::string_view head, const Block& inner) {
    line(fmt::format("{}{}{{", head, head.empty() ? "" : " "));
    ++depth_;
    block(inner);
    --depth_;
    line("}");
  }
  static std::string file_name(const Text& path, bool magic) {
    if (magic) return fmt::format("<{}>", path.quoted ? quoted(path.value) : path.value);
    return word(path);
  }

  void print_node(const Rule& rule) { line(print(rule)); }
  void print_node(const Include& node) {
    line(fmt::format("include {}{}", node.if_exists ? "if exists " : "", file_name(node.path, node.magic)));
  }
  void print_node(const Abi& node) { line(fmt::format("abi {},", file_name(node.path, node.magic))); }
  void print_node(const Alias& node) { line(fmt::format("alias {} -> {},", word(node.from), word(node.to))); }
  void print_node(const VariableAssignment& node) {
    static constexpr std::string_view operators[] = {"=", "+=", "?=", ":="};
    bool set = node.kind == VariableAssignment::Kind::set;
    line(fmt::format("{} {} {}",
                     set ? fmt::format("@{{{}}}", node.name.value) : fmt::format("${}", node.name.value),
                     operators[static_cast<std::size_t>(node.op)], words(node.values)));
  }
  void print_node(const QualifierBlock& node) {
    std::string head = qualifiers(node.qualifiers);
    if (!head.empty()) head.pop_back();
    braces(head, *node.body);
  }
  void print_node(const Conditional& node) {
    braces(fmt::format("if {}", expression(node)), *node.then_block);
    if (node.else_block) braces("else", *node.else_block);
  }
  void print_node(const Profile& node) { braces(head(node), *node.body); }

  static std::string head(const Profile& node) {
    Text name = node.name;
    if (node.name_space) name.value = fmt::format(":{}:{}", node.name_space->value, name.value);
    std::string out = fmt::format("{}{}", node.hat ? "hat " : node.keyword ? "profile " : "", word(name));
    if (node.attachment) append(out, " {}", word(*node.attachment, "="));
    if (!node.xattrs.empty()) {
      std::string list;
      for (const Condition& xattr : node.xattrs) {
        append(list, "{}{}", list.empty() ? "" : " ", word(xattr.key, ",)="));
        if (!xattr.values.empty()) append(list, "={}", word(xattr.values[0], list_stops));
      }
      append(out, " xattrs=({})", list);
    }
    if (!node.identities.empty()) append(out, " + identities=({})", words(node.identities, list_stops));
    if (!node.flags.empty()) append(out, " flags=({})", flags(node));
    return out;
  }
  static std::string flags(const Profile& node) {
    std::string out;
    for (const Flag& flag : node.flags) {
      Text text = flag.name;
      if (flag.value) text.value += fmt::format("={}", flag.value->value);
      append(out, "{}{}", out.empty() ? "" : ", ", word(text, list_stops));
    }
    return out;
  }

  std::string out_;
  int depth_ = 0;
};

}  // namespace

std::string print_perms(std::uint8_t perms, const ExecTransition& exec) {
  static constexpr std::pair<std::uint8_t, char> letters[] = {{perm_mmap, 'm'},  {perm_read, 'r'},
                                                              {perm_write, 'w'}, {perm_append, 'a'},
                                                              {perm_link, 'l'},  {perm_lock, 'k'}};
  using Kind = ExecTransition::Kind;
  using Fallback = ExecTransition::Fallback;
  std::string out;
  for (auto [bit, letter] : letters)
    if (perms & bit) out += letter;
  if (!(perms & perm_exec)) return out;
  auto cased = [&](char c) { out += static_cast<char>(exec.scrub ? c - 'a' + 'A' : c); };
  if (exec.kind == Kind::inherit) out += 'i';
  if (exec.kind == Kind::unconfined) cased('u');
  if (exec.kind == Kind::profile) cased('p');
  if (exec.kind == Kind::child) cased('c');
  if (exec.fallback == Fallback::inherit) out += 'i';
  if (exec.fallback == Fallback::unconfined) cased('u');
  return out + 'x';
}

std::string print(const Rule& rule) {
  return fmt::format("{}{},", qualifiers(rule.qualifiers), std::visit(RulePrinter{}, rule.body));
}

std::string print(const Block& block) {
  Printer printer;
  printer.block(block);
  return printer.take();
}

}  // namespace bh::policy
