// Profile heads: names, namespaces, attachments, xattrs, identities and flags.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "policy/parser.h"
#include "policy/words.h"

namespace bh::policy {

using diag::Code;

bool Parser::profile(Block& out) {
  Profile node;
  std::uint32_t begin = lexer_.position();
  bool path_only = false;
  if (lexer_.take("^")) {
    node.hat = true;
    if (is_space(lexer_.peek()))
      return fail(Code::bad_profile_name, lexer_.span(begin), "a blank between `^` and the name of the hat",
                  "write `^NAME`, or `hat NAME`");
  } else if (take_keyword("hat")) {
    node.hat = true;
  } else if (take_keyword("profile")) {
    node.keyword = true;
  } else {
    path_only = true;
  }
  if (node.keyword) {
    lexer_.skip_line_blank();
    if (lexer_.peek() == '\n') return expected("the name of the profile, on the line of `profile`");
  }
  if (!profile_name(node, path_only) || !attachment(node) || !xattrs(node) || !identities(node) ||
      !flags(node))
    return false;
  node.span = lexer_.span(begin);
  if (depth_ == 0) seen_profile_ = true;
  Access outer = std::exchange(block_access_, Access::allow);  // a child's rules are not those of the block
  node.body = braced_block(fmt::format("profile `{}`", node.name.value));
  block_access_ = outer;
  if (!node.body) return false;
  out.nodes.emplace_back(std::move(node));
  return true;
}

bool Parser::profile_name(Profile& node, bool path_only) {
  if (!word(node.name, node.hat ? "the name of a hat" : "the name of a profile")) return false;
  const std::string& name = node.name.value;
  if (path_only && !name.starts_with('/') && !name.starts_with(':'))
    return fail(Code::bad_profile_name, node.name.span,
                fmt::format("`{}` is no path, so it needs the word `profile`", name),
                fmt::format("write `profile \"{}\" {{`", name));
  if (name.starts_with('&'))
    return fail(Code::bad_profile_name, node.name.span, "a profile cannot be called like a stack (`&…`)");
  if (name.starts_with(':') && !split_namespace(node)) return false;
  if (node.name.value.empty()) return fail(Code::bad_profile_name, node.name.span, "a profile needs a name");
  if (node.name.value == "{") {
    lexer_.rewind(node.name.span.begin);
    return fail(Code::bad_profile_name, node.name.span, "a profile needs a name", "write `profile NAME {`");
  }
  if (!node.name.quoted && node.name.value.starts_with("flags=("))
    sink_.report(
        Code::suspicious_profile_name, node.name.span,
        fmt::format("the profile is called `{}`: a name must stand before its flags", node.name.value));
  lexer_.skip_blank();
  if (lexer_.peek() != '{' && !node.name.quoted && node.name.value.ends_with('{')) {
    lexer_.rewind(node.name.span.end - 1);
    return fail(Code::bad_profile_name, node.name.span, "the brace belongs to the name here",
                "write a blank between the name and `{`");
  }
  return true;
}

bool Parser::split_namespace(Profile& node) {
  const std::string& whole = node.name.value;
  std::size_t colon = whole.find(':', 1);
  if (colon == std::string::npos)
    return fail(Code::bad_profile_name, node.name.span, fmt::format("`{}` has no second `:`", whole),
                "a name in a namespace is written `:NAMESPACE:NAME`");
  if (colon == 1)
    return fail(Code::bad_profile_name, node.name.span, "the namespace between the colons is empty");
  Text name_space = node.name;
  name_space.value = whole.substr(1, colon - 1);
  node.name.value = whole.substr(colon + 1);
  node.name_space = std::move(name_space);
  if (!node.name.value.empty()) return true;
  return fail(Code::bad_profile_name, node.name.span, "no name of a profile after the namespace");
}

bool Parser::attachment(Profile& node) {
  lexer_.skip_blank();
  char c = lexer_.peek();
  std::string_view name = lexer_.peek_name();
  if (c == '{' || c == '(' || name == "flags" || name == "xattrs") return true;
  if (c == '+' && is_space(lexer_.peek(1))) return true;
  Text text;
  if (lexer_.at_end() || is_space(c) || c == ',' || c == '}')
    return expected("`{` after the head of a profile");
  if (!word(text, "the attachment", "=")) return false;
  if (lexer_.peek() == '=')
    return fail(Code::unknown_condition, text.span, fmt::format("a profile has no `{}=`", text.value),
                "a head is NAME, attachment, xattrs=(…), + identities=(…), flags=(…)");
  if (!text.value.starts_with('/') && variable_reference(text.value) == 0)
    return fail(Code::bad_attachment, text.span, fmt::format("`{}` cannot be attached to", text.value),
                "an attachment is a path or starts with a variable");
  node.attachment = std::move(text);
  return true;
}

bool Parser::xattrs(Profile& node) {
  lexer_.skip_blank();
  std::uint32_t begin = lexer_.position();
  if (!take_keyword("xattrs")) return true;
  lexer_.skip_blank();
  if (!lexer_.take("=")) return expected("`=(` after xattrs");
  lexer_.skip_blank();
  if (!lexer_.take("(")) return expected("`(` after `xattrs=`");
  if (node.hat)
    return fail(Code::bad_attachment, lexer_.span(begin), "a hat has no xattrs: it is entered by name");
  for (;;) {
    lexer_.skip_blank();
    if (lexer_.take(")")) return true;
    if (lexer_.take(",")) continue;
    Condition xattr;
    if (std::string_view("\"{}+").find(lexer_.peek()) != std::string_view::npos)
      return expected("the name of an extended attribute or `)`");
    if (!word(xattr.key, "the name of an extended attribute or `)`", ",)=")) return false;
    lexer_.skip_blank();
    if (lexer_.take("=")) {
      Text value;
      if (!word(value, "the value of an extended attribute", ",)")) return false;
      xattr.values.push_back(std::move(value));
    }
    node.xattrs.push_back(std::move(xattr));
  }
}

bool Parser::identities(Profile& node) {
  for (;;) {
    lexer_.skip_blank();
    if (!lexer_.take("+")) return true;
    lexer_.skip_blank();
    if (!take_keyword("identities")) return expected("`identities=(…)` after `+`");
    lexer_.skip_blank();
    if (!lexer_.take("=")) return expected("`=(` after identities");
    lexer_.skip_blank();
    if (!lexer_.take("(")) return expected("`(` after `identities=`");
    std::size_t before = node.identities.size();
    for (;;) {
      lexer_.skip_blank();
      if (lexer_.take(",")) continue;
      if (node.identities.size() > before && lexer_.take(")")) break;
      Text identity;
      if (!word(identity, "an identity", ",)")) return false;
      bool blank = identity.value.find_first_of(" \t\n") != std::string::npos;
      if (blank && !identity.value.starts_with('/'))
        return fail(
            Code::bad_condition_value, identity.span,
            fmt::format("`{}` has a blank; only an identity that is a path may have one", identity.value));
      node.identities.push_back(std::move(identity));
    }
  }
}

bool Parser::flags(Profile& node) {
  lexer_.skip_blank();
  if (lexer_.peek() == '{') return true;
  bool named = take_keyword("flags");
  if (named) {
    lexer_.skip_blank();
    if (!lexer_.take("=")) return expected("`=(` after flags");
    lexer_.skip_blank();
  }
  std::uint32_t open = lexer_.position();
  if (!lexer_.take("(")) return expected(named ? "`(` after `flags=`" : "`{` after the head of a profile");
  bool any = false;
  for (;; any = true) {
    lexer_.skip_blank();
    while (lexer_.take(",")) lexer_.skip_blank();
    if (lexer_.take(")")) break;
    if (lexer_.peek() == '{' || lexer_.at_end())
      return expected("`)` after the flags", "flags are closed before the `{` of the profile");
    if (!flag(node)) return false;
  }
  if (any) return true;
  return fail(Code::bad_flag_value, lexer_.span(open), "no flags between the parentheses",
              "leave out `flags=()`");
}

bool Parser::flag(Profile& node) {
  Text text;
  if (!word(text, "a flag", ",)")) return false;
  Flag flag{text, std::nullopt};
  if (std::size_t equals = text.value.find('='); equals != std::string::npos) {
    flag.name.value = text.value.substr(0, equals);
    flag.value = Text{text.value.substr(equals + 1), text.span, false};
  }
  if (!check_flag(node, flag)) return true;  // reported; the head itself is still good
  node.flags.push_back(std::move(flag));
  return true;
}

namespace {

/// Why two flags cannot stand together, or an empty string.
std::string flags_conflict(const Flag& a, const Flag& b) {
  const FlagWord* one = find_flag(a.name.value, a.value.has_value());
  const FlagWord* two = find_flag(b.name.value, b.value.has_value());
  auto attaches = [](const Flag& flag) { return flag.name.value.starts_with("attach_disconnected"); };
  bool same_name = a.name.value == b.name.value;
  if (!one || !two) return {};
  if (one->group != 0 && one->group == two->group && !same_name)
    return one->group == 1 ? "a profile has one mode" : "they exclude each other";
  if ((attaches(a) && b.name.value == "no_attach_disconnected") ||
      (attaches(b) && a.name.value == "no_attach_disconnected"))
    return "they exclude each other";
  if (same_name && a.value && b.value && a.value->value != b.value->value) return "it has one value";
  return {};
}

bool upper_equal(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b,
                            [](char x, char y) { return std::toupper(static_cast<unsigned char>(x)) == y; });
}

}  // namespace

bool Parser::check_flag(const Profile& node, const Flag& flag) {
  const std::string& name = flag.name.value;
  const FlagWord* known = find_flag(name, flag.value.has_value());
  if (!known && find_flag(name, !flag.value.has_value()))
    return fail(Code::bad_flag_value, flag.name.span,
                fmt::format("the flag `{}` {}", name, flag.value ? "takes no value" : "needs a value: `=…`"));
  if (!known)
    return fail(Code::unknown_flag, flag.name.span, fmt::format("there is no flag `{}`", name),
                suggest_flag(name));
  if (known->value == FlagWord::Value::signal && !signal_number(flag.value->value))
    return fail(Code::unknown_signal, flag.name.span, fmt::format("`{}` is not a signal", flag.value->value),
                suggest(signals(), flag.value->value));
  if (known->value == FlagWord::Value::error) {
    bool good = std::ranges::any_of(error_names(),
                                    [&](const Word& w) { return upper_equal(flag.value->value, w.name); });
    if (!good)
      return fail(Code::bad_flag_value, flag.name.span,
                  fmt::format("`{}` is not the name of an error", flag.value->value),
                  "names as in errno(3): EPERM, EACCES, …");
  }
  if (known->value == FlagWord::Value::path && !flag.value->value.starts_with('/') &&
      variable_reference(flag.value->value) == 0)
    return fail(Code::bad_flag_value, flag.name.span,
                fmt::format("`{}` needs a path that starts with `/`", name));
  for (const Flag& other : node.flags) {
    std::string why = flags_conflict(other, flag);
    if (why.empty()) continue;
    error(Code::flag_conflict, flag.name.span,
          fmt::format("the flag `{}` cannot stand with `{}`: {}", name, other.name.value, why))
        .label(other.name.span, "the other flag");
    return false;
  }
  return true;
}

}  // namespace bh::policy
