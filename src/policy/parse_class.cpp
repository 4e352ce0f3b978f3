// The rules of RuleClass: `keyword [access] [words] [conditions] [peer=(…)] [what the class puts last],`.
//
// The shape is shared; what a class allows stands in the tables of check_rule.cpp, which looks at every
// finished rule.
#include <fmt/format.h>

#include "policy/check_rule.h"
#include "policy/parser.h"
#include "policy/words.h"

namespace bh::policy {

using diag::Code;

namespace {

bool is_mount(RuleClass kind) {
  return kind == RuleClass::mount || kind == RuleClass::remount || kind == RuleClass::umount;
}

}  // namespace

bool Parser::class_rule(Rule& rule) {
  ClassRule out = std::get<ClassRule>(rule.body);
  std::uint32_t begin = lexer_.position();
  std::size_t errors = sink_.errors();
  if (!accesses(out) || !network_words(out) || !conditions(out) || !class_tail(out) ||
      !end_of_class_rule(out))
    return false;
  if (sink_.errors() == errors) check_rule(out, lexer_.span(begin), sink_);
  rule.body = std::move(out);
  return true;
}

// What stands where the comma should be, told in terms of the class; anything else is left to comma().
bool Parser::end_of_class_rule(const ClassRule& rule) {
  lexer_.skip_blank();
  std::string_view name = lexer_.peek_name();
  if (name.empty() ||
      lexer_.text(lexer_.before_blank(), lexer_.position()).find('\n') != std::string_view::npos)
    return true;
  Words accesses = access_words(rule.kind);
  if (at_condition(rule.kind))
    return fail(Code::unexpected_token, here(), fmt::format("the condition `{}` stands too late", name),
                rule.peer.empty() ? "conditions stand before the names of a rule" : "`peer=(…)` comes last");
  if (find(accesses, name) && !rule.access.empty())
    return fail(Code::unknown_access, here(), fmt::format("a second access `{}`", name),
                fmt::format("several accesses stand in parentheses: `{} ({} {})`", class_keyword(rule.kind),
                            rule.access[0].value, name));
  if (find(accesses, name))
    return fail(Code::unknown_access, here(), fmt::format("the access `{}` stands too late", name),
                fmt::format("an access comes first: `{} {} …`", class_keyword(rule.kind), name));
  if (accesses.empty() || !rule.access.empty() || !rule.words.empty() || !rule.conditions.empty())
    return true;
  std::string help = suggest(accesses, name);
  if (rule.kind == RuleClass::unix && find(socket_types(), name)) help = fmt::format("write `type={}`", name);
  return fail(Code::unknown_access, here(),
              fmt::format("`{}` is not an access of {} rules", name, class_keyword(rule.kind)),
              help.empty() ? fmt::format("accesses: {}", list(accesses)) : help);
}

bool Parser::accesses(ClassRule& rule) {
  Words known = access_words(rule.kind);
  if (known.empty()) return true;
  lexer_.skip_blank();
  std::uint32_t begin = lexer_.position();
  if (rule.kind == RuleClass::userns && lexer_.peek() == '(')
    return expected("`create`", "write `userns create,` without parentheses");
  if (!lexer_.take("(")) {
    std::string_view name = lexer_.peek_name();
    if (!find(known, name)) return true;
    lexer_.advance(name.size());
    rule.access.push_back({std::string(name), lexer_.span(begin), false});
    return true;
  }
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.take(",")) continue;
    if (lexer_.take(")")) return true;
    if (lexer_.peek_name().empty() && lexer_.peek() != '"') return expected("an access or `)`");
    Text name;
    if (!word(name, "an access or `)`", ",)")) return false;
    if (!access(rule, std::move(name))) return false;
  }
}

bool Parser::access(ClassRule& rule, Text name) {
  Words known = access_words(rule.kind);
  if (find(known, name.value)) {
    rule.access.push_back(std::move(name));
    return true;
  }
  std::string help = suggest(known, name.value);
  (void)fail(Code::unknown_access, name.span,
             fmt::format("`{}` is not an access of {} rules", name.value, class_keyword(rule.kind)),
             help.empty() ? fmt::format("accesses: {}", list(known)) : help);
  return true;
}

// Bare words directly after the accesses: network's family and type, and nothing anywhere else.
bool Parser::network_words(ClassRule& rule) {
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.at_end() || lexer_.peek() == ',' || lexer_.peek() == '#' || at_condition(rule.kind))
      return true;
    if (rule.kind != RuleClass::network || (lexer_.peek_name().empty() && lexer_.peek() != '"')) return true;
    Text text;
    if (!word(text, "a network family or type", "=(")) return false;
    rule.words.push_back(std::move(text));
  }
}

bool Parser::at_condition(RuleClass kind) {
  std::string_view name = lexer_.peek_name();
  if (name.empty()) return false;
  std::uint32_t before = lexer_.position();
  lexer_.advance(name.size());
  lexer_.skip_blank();
  bool yes = lexer_.peek() == '=' || lexer_.starts_with(":=");
  if (!yes && lexer_.peek_name() == "in") {
    lexer_.advance(2);
    lexer_.skip_blank();
    yes = lexer_.peek() == '(' || knows_condition(kind, name);
  }
  lexer_.rewind(before);
  return yes;
}

bool Parser::conditions(ClassRule& rule) {
  for (;;) {
    lexer_.skip_blank();
    if (!at_condition(rule.kind)) return true;
    std::uint32_t begin = lexer_.position();
    if (lexer_.peek_name() == "peer") {
      lexer_.advance(4);
      Text key{"peer", lexer_.span(begin), false};
      if (!peer(rule, std::move(key), begin)) return false;
      continue;
    }
    const bool single = rule.kind == RuleClass::signal || rule.kind == RuleClass::ptrace;
    if (!rule.peer.empty() && !single) return true;  // reported by class_rule
    if (!condition(rule.conditions, false)) return false;
  }
}

bool Parser::condition(std::vector<Condition>& into, bool in_peer) {
  Condition out;
  std::uint32_t begin = lexer_.position();
  std::string_view name = lexer_.peek_name();
  if (name.empty()) return expected(in_peer ? "a condition or `)`" : "a condition");
  lexer_.advance(name.size());
  out.key = {std::string(name), lexer_.span(begin), false};
  lexer_.skip_blank();
  out.assign = lexer_.take(":=");
  if (!out.assign && !lexer_.take("=")) {
    out.in = lexer_.peek_name() == "in";
    if (!out.in) return expected(fmt::format("`=` after `{}`", name));
    lexer_.advance(2);
    lexer_.skip_blank();
    if (lexer_.peek() != '(')
      return expected("`(` after `in`", fmt::format("for example `{} in (a, b)`", name));
  }
  if (!condition_values(out, in_peer)) return false;
  into.push_back(std::move(out));
  return true;
}

bool Parser::condition_values(Condition& into, bool in_peer) {
  lexer_.skip_blank();
  std::string what = fmt::format("a value for `{}`", into.key.value);
  if (lexer_.peek() == '(') {
    lexer_.advance();
    for (;;) {
      lexer_.skip_blank();
      if (lexer_.take(",")) continue;
      if (!into.values.empty() && lexer_.take(")")) return true;
      if (lexer_.peek() == '}') return expected(what + " or `)`");
      Text value;
      if (!word(value, into.values.empty() ? what : what + " or `)`", ",)")) return false;
      into.values.push_back(std::move(value));
    }
  }
  Text value;
  if (!word(value, what, in_peer ? std::string_view(",)") : std::string_view())) return false;
  if (in_peer && value.quoted && value.value.empty())
    return fail(Code::bad_condition_value, value.span, fmt::format("an empty value for `{}`", into.key.value),
                "leave the condition out where every value will do");
  into.values.push_back(std::move(value));
  return true;
}

bool Parser::peer(ClassRule& rule, Text key, std::uint32_t begin) {
  lexer_.skip_blank();
  if (!lexer_.take("=")) return expected("`=` after peer");
  lexer_.skip_blank();
  bool single = rule.kind == RuleClass::signal || rule.kind == RuleClass::ptrace;
  if (lexer_.peek() != '(') {
    if (!single) return expected("`(` after `peer=`", "for example `peer=(label=NAME)`");
    Condition label{std::move(key), false, false, {}};
    label.key.value = "label";
    if (!condition_values(label, false)) return false;
    rule.peer.push_back(std::move(label));
    return true;
  }
  if (single)
    return expected(fmt::format("a profile after `peer=` of a {} rule", class_keyword(rule.kind)),
                    "write `peer=NAME` without parentheses");
  lexer_.advance();
  diag::Span span = lexer_.span(begin);
  if (!rule.peer.empty()) return fail(Code::repeated_condition, span, "a second `peer=(…)`");
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.take(",")) continue;
    if (lexer_.take(")")) return true;
    if (!condition(rule.peer, true)) return false;
  }
}

// What stands after the conditions: `[source] -> target` of mount, the paths of remount, umount, pivot_root,
// mqueue's name.
bool Parser::class_tail(ClassRule& rule) {
  lexer_.skip_blank();
  bool arrow = rule.kind == RuleClass::mount || rule.kind == RuleClass::pivot_root;
  bool takes_word =
      is_mount(rule.kind) || rule.kind == RuleClass::pivot_root || rule.kind == RuleClass::mqueue;
  bool stands_here =
      !lexer_.at_end() && lexer_.peek() != ',' && lexer_.peek() != '}' && !lexer_.starts_with("->");
  Text text;
  if (takes_word && stands_here) {
    if (!word(text, "a path")) return false;
    if (rule.kind == RuleClass::mount) {
      rule.source = std::move(text);
    } else if (is_mount(rule.kind)) {
      rule.target = std::move(text);
    } else {
      rule.words.push_back(std::move(text));
    }
  }
  lexer_.skip_blank();
  if (!lexer_.take("->")) return true;
  if (!arrow) {
    lexer_.rewind(lexer_.position() - 2);
    return expected(fmt::format("`,`: a {} rule has no `->`", class_keyword(rule.kind)));
  }
  if (!word(text, rule.kind == RuleClass::mount ? "the mount point after `->`" : "the profile after `->`"))
    return false;
  rule.target = std::move(text);
  return true;
}

}  // namespace bh::policy
