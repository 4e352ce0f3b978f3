// Qualifiers, blocks of qualifiers, and the rules that have a shape of their own: file, link, change_profile,
// capability, rlimit.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "diag/suggest.h"
#include "policy/parser.h"
#include "policy/words.h"

namespace bh::policy {
namespace {

using diag::Code;

constexpr std::string_view statement_keywords[] = {
    "file",   "link",   "capability", "network",  "mount",  "remount",  "umount",         "pivot_root",
    "signal", "ptrace", "unix",       "dbus",     "userns", "io_uring", "mqueue",         "all",
    "set",    "audit",  "deny",       "allow",    "prompt", "owner",    "other",          "profile",
    "hat",    "if",     "include",    "priority", "safe",   "unsafe",   "change_profile",
};

bool is_perm_letter(char c) {
  return std::string_view("rRwWaxXlLmMkpPcCiIuU").find(c) != std::string_view::npos;
}

bool looks_like_perms(std::string_view word) {
  return !word.empty() && std::ranges::all_of(word, is_perm_letter);
}

bool starts_path(const Lexer& lexer) {
  return lexer.peek() == '/' || lexer.peek() == '"' || lexer.starts_with("@");
}

const RuleClass* class_of(std::string_view keyword_text) {
  static constexpr RuleClass all[] = {
      RuleClass::network,  RuleClass::mount,  RuleClass::remount, RuleClass::umount, RuleClass::pivot_root,
      RuleClass::signal,   RuleClass::ptrace, RuleClass::unix,    RuleClass::dbus,   RuleClass::userns,
      RuleClass::io_uring, RuleClass::mqueue, RuleClass::all};
  for (const RuleClass& kind : all)
    if (class_keyword(kind) == keyword_text) return &kind;
  static constexpr RuleClass umount = RuleClass::umount;
  return keyword_text == "unmount" ? &umount : nullptr;
}

}  // namespace

// `priority=N audit allow|deny|prompt owner|other`, each at most once and in this order.
bool Parser::qualifiers(Written& out) {
  Qualifiers& q = out.qualifiers;
  int last = -1;
  for (;;) {
    lexer_.skip_blank();
    std::string_view name = peek_keyword();
    static constexpr std::pair<std::string_view, int> order[] = {
        {"priority", 0}, {"audit", 1}, {"allow", 2}, {"deny", 2}, {"prompt", 2}, {"owner", 3}, {"other", 3}};
    const auto* entry = std::ranges::find(order, name, &std::pair<std::string_view, int>::first);
    if (name.empty() || entry == std::end(order)) return true;
    std::uint32_t begin = lexer_.position();
    lexer_.advance(name.size());
    diag::Span span = lexer_.span(begin);
    if (entry->second <= last)
      return fail(Code::qualifier_order, span,
                  entry->second == last ? fmt::format("a second qualifier of the kind of `{}`", name)
                                        : fmt::format("`{}` stands too late", name),
                  "the order is: priority=N, audit, allow or deny or prompt, owner or other");
    last = entry->second;
    out.any = true;
    if (name == "priority") {
      out.priority = span;
      if (!priority(out)) return false;
    } else if (name == "audit") {
      q.audit = true;
      out.audit = span;
    } else if (last == 2) {
      q.access = name == "deny" ? Access::deny : name == "prompt" ? Access::prompt : Access::allow;
      q.access_stated = true;
      out.access = span;
    } else {
      q.owner = name == "owner" ? Owner::owner : Owner::other;
      out.owner = span;
    }
  }
}

bool Parser::priority(Written& out) {
  constexpr std::int32_t limit = 1000;
  lexer_.skip_blank();
  if (!lexer_.take("=")) return expected("`=` after priority");
  lexer_.skip_blank();
  std::uint32_t begin = lexer_.position();
  bool negative = lexer_.peek() == '-';
  if (negative || lexer_.peek() == '+') lexer_.advance();
  std::uint32_t digits = lexer_.position();
  while (is_digit(lexer_.peek())) lexer_.advance();
  std::string_view text = lexer_.text(digits, lexer_.position());
  std::int32_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  bool ends = is_space(lexer_.peek()) || lexer_.peek() == '/' || lexer_.peek() == '"' ||
              lexer_.peek() == '{' || lexer_.peek() == '@' || lexer_.peek() == '#';
  if (problem != std::errc() || !ends || value > limit) {
    (void)lexer_.bare_word();
    return fail(Code::bad_priority, lexer_.span(begin),
                fmt::format("`{}` is not a priority", lexer_.text(begin, lexer_.position())),
                "a whole number from -1000 to 1000");
  }
  out.qualifiers.priority = negative ? -value : value;
  out.qualifiers.priority_stated = true;
  out.priority = diag::join(out.priority, lexer_.span(begin));
  return true;
}

bool Parser::qualified(Block& out) {
  std::uint32_t begin = lexer_.position();
  Written written;
  if (!qualifiers(written)) return false;
  if (lexer_.peek() == '{') {
    QualifierBlock node;
    node.qualifiers = written.qualifiers;
    node.span = lexer_.span(begin);
    if (written.priority.valid())
      return fail(Code::qualifier_not_allowed, written.priority, "a block has no priority",
                  "give it to each rule");
    Access outer = block_access_;
    if (written.qualifiers.access_stated) block_access_ = written.qualifiers.access;
    node.body = braced_block(written.any ? "the qualifiers" : "a block of rules");
    block_access_ = outer;
    if (!node.body) return false;
    out.nodes.emplace_back(std::move(node));
    return true;
  }
  Rule rule;
  rule.qualifiers = written.qualifiers;
  if (!rule_body(rule, written)) return false;
  comma(std::holds_alternative<FileRule>(rule.body) ? "the file rule" : "the rule");
  rule.span = lexer_.span(begin);
  auto* file = std::get_if<FileRule>(&rule.body);
  if (file && file->target && (file->perms & perm_link) && !(file->perms & perm_exec)) {
    // `/a rl -> /b,` is two rules: a link rule, and the other permissions on /a.
    Rule rest = rule;
    LinkRule link{written.subset, std::move(*file->path), std::move(*file->target)};
    auto& other = std::get<FileRule>(rest.body);
    other.perms &= static_cast<std::uint8_t>(~perm_link);
    other.target.reset();
    rule.body = std::move(link);
    out.nodes.emplace_back(std::move(rule));
    if (other.perms != 0) out.nodes.emplace_back(std::move(rest));
    return true;
  }
  out.nodes.emplace_back(std::move(rule));
  return true;
}

bool Parser::rule_body(Rule& rule, Written& written) {
  if (starts_path(lexer_)) return file_rule(rule, written, false);
  std::string_view name = peek_keyword();
  auto simple = [&](std::string_view what, bool owner_ok, bool priority_ok) {
    lexer_.advance(what.size());
    return allowed_qualifiers(written, what, owner_ok, priority_ok);
  };
  if (name == "file") {
    lexer_.advance(name.size());
    return file_rule(rule, written, true);
  }
  if (name == "safe" || name == "unsafe") return file_rule(rule, written, false);
  if (name == "link") return simple("link", true, true) && link_rule(rule);
  if (name == "change_profile")
    return simple("change_profile", false, true) && without_comments(&Parser::change_profile, rule);
  if (name == "capability") return simple("capability", false, true) && capability(rule);
  if (name == "set") {
    if (written.any)
      return fail(Code::qualifier_not_allowed, here(), "a resource limit has no qualifiers",
                  "write `set rlimit …` alone");
    lexer_.advance(3);
    lexer_.skip_blank();
    return without_comments(&Parser::rlimit, rule);
  }
  if (const RuleClass* kind = class_of(name)) {
    lexer_.advance(name.size());
    if (!allowed_qualifiers(written, name, false, *kind != RuleClass::all && *kind != RuleClass::network))
      return false;
    rule.body = ClassRule{.kind = *kind};
    const bool holds_comments =
        *kind == RuleClass::pivot_root || *kind == RuleClass::io_uring || *kind == RuleClass::all;
    return holds_comments ? class_rule(rule) : without_comments(&Parser::class_rule, rule);
  }
  std::string_view any_name = lexer_.peek_name();
  if (looks_like_perms(any_name)) return file_rule(rule, written, false);
  if (name == "include" || lexer_.starts_with("#include"))
    return fail(Code::unexpected_token, here(),
                "qualifiers before an include would reach only its first rule",
                "put the include into a block: `audit { include <…> }`");
  if (name == "if" || name == "profile" || name == "hat" || lexer_.peek() == '^')
    return fail(Code::qualifier_not_allowed, here(), "qualifiers stand before rules, not before this",
                "use a block: `audit { … }`");
  if (any_name.empty()) return expected("a rule");
  diag::Span span = here();
  std::string help;
  if (auto nearest = diag::did_you_mean(any_name, statement_keywords))
    help = fmt::format("did you mean `{}`?", *nearest);
  return fail(Code::unknown_rule, span, fmt::format("there is no rule `{}`", any_name), std::move(help));
}

bool Parser::allowed_qualifiers(const Written& written, std::string_view keyword_text, bool owner_ok,
                                bool priority_ok) {
  bool good = true;
  if (written.owner.valid() && !owner_ok)
    good = fail(Code::qualifier_not_allowed, written.owner,
                fmt::format("`{}` on a {} rule: only files and links have an owner",
                            lexer_.text(written.owner.begin, written.owner.end), keyword_text));
  if (written.priority.valid() && !priority_ok)
    good = fail(Code::qualifier_not_allowed, written.priority,
                fmt::format("the rule `{}` has no priority", keyword_text));
  return good;
}

bool Parser::file_rule(Rule& rule, Written& written, bool keyword_form) {
  FileRule file;
  Access access = written.qualifiers.access_stated ? written.qualifiers.access : block_access_;
  lexer_.skip_blank();
  if (keyword_form && lexer_.peek() == ',') {
    if (access == Access::deny)
      return fail(Code::exec_conflict, lexer_.here(),
                  "`deny file,` would deny the exec mode `ix`, and a deny rule names none",
                  "write `deny /{,**} rwlkmx,`");
    file.perms = perm_exec | perm_write | perm_read | perm_link | perm_lock | perm_mmap;
    file.exec.kind = ExecTransition::Kind::inherit;
    rule.body = std::move(file);
    return true;
  }
  std::uint32_t begin = lexer_.position();
  file.unsafe_keyword = take_keyword("unsafe");
  if (!file.unsafe_keyword) file.safe_keyword = take_keyword("safe");
  diag::Span safe_span = lexer_.span(begin);
  lexer_.skip_blank();
  bool path_first = starts_path(lexer_);
  Text perms, path;
  if (!path_first) {
    if (!word(perms, "a path or file permissions", ",")) return false;
    if (!file_perms(file, perms.value, perms.span, access)) return false;
    lexer_.skip_blank();
    diag::Span subset = here();
    written.subset = take_keyword("subset");
    if (written.subset && file.perms != perm_link)
      return fail(Code::bad_link_rule, subset, "`subset` belongs to link rules",
                  "write `link subset A -> B,` beside the rule for the other permissions");
    lexer_.skip_blank();
    if (!starts_path(lexer_))
      return fail(Code::missing_path, here(),
                  fmt::format("expected a path after the permissions, found {}", found()),
                  "a path starts with `/` or a variable: `r /etc/**,`");
  }
  if (!word(path, "a path")) return false;
  if (std::size_t variable = variable_reference(path.value); variable != 0 && path_first && !path.quoted) {
    lexer_.skip_blank();
    bool joined = variable < path.value.size() &&
                  std::string_view("=+?").find(path.value[variable]) != std::string_view::npos;
    bool apart = variable == path.value.size() && (lexer_.peek() == '=' || lexer_.peek(1) == '=');
    if (joined || apart) {
      line_statement_ = true;
      return fail(Code::preamble_too_late, path.span, "a variable cannot be set inside a profile",
                  "variables are set before the first profile; a path that reads so is quoted: \"@{VAR}=…\"");
    }
  }
  if (path_first) {
    lexer_.skip_blank();
    if (lexer_.peek() == '{')
      return fail(Code::unexpected_token, path.span, "a profile inside a profile needs the word `profile`",
                  fmt::format("write `profile {} {{`", path.value));
    if (lexer_.peek() == ',' || lexer_.peek() == '}')
      return fail(Code::bad_file_perms, here(), fmt::format("no permissions after `{}`", path.value),
                  "for example `/etc/passwd r,`");
    if (lexer_.peek() == '"') return expected("file permissions", "permissions are not quoted");
    if (!word(perms, "file permissions", ",")) return false;
    if (!file_perms(file, perms.value, perms.span, access)) return false;
  }
  file.path = std::move(path);
  if (!exec_target(file.target)) return false;
  if ((file.safe_keyword || file.unsafe_keyword) && !(file.perms & perm_exec))
    return fail(Code::exec_conflict, safe_span, "`safe` and `unsafe` belong to rules that allow to execute",
                "add an exec mode such as `px`");
  if (file.exec.kind != ExecTransition::Kind::bare && file.exec.kind != ExecTransition::Kind::inherit) {
    if (file.safe_keyword) file.exec.scrub = true;
    if (file.unsafe_keyword) file.exec.scrub = false;
  }
  if (file.target && (file.perms & perm_link) && !path_first && (file.perms & perm_exec))
    return fail(Code::exec_conflict, perms.span, "`->` would name the target of both the link and the exec",
                "write two rules");
  if (written.subset && !file.target) return expected("`->` and the target of the link");
  rule.body = std::move(file);
  return true;
}

bool Parser::exec_target(std::optional<Text>& target) {
  lexer_.skip_blank();
  if (!lexer_.take("->")) return true;
  Text text;
  if (!word(text, "the target after `->`")) return false;
  target = std::move(text);
  return true;
}

namespace {

/// `(p|c|P|C)?(i|u|I|U)?x` at the start of `word`: its length, or 0.
std::size_t exec_mode(std::string_view word, ExecTransition& out) {
  std::size_t at = 0;
  auto next = [&](std::string_view set) {
    return at < word.size() && set.find(word[at]) != std::string_view::npos;
  };
  ExecTransition exec;
  if (next("pcPC")) {
    exec.kind = next("pP") ? ExecTransition::Kind::profile : ExecTransition::Kind::child;
    exec.scrub = next("PC");
    ++at;
    if (next("iI")) exec.fallback = ExecTransition::Fallback::inherit;
    if (next("uU")) exec.fallback = ExecTransition::Fallback::unconfined;
    if (exec.fallback != ExecTransition::Fallback::none) ++at;
  } else if (next("iI")) {
    exec.kind = ExecTransition::Kind::inherit;
    ++at;
  } else if (next("uU")) {
    exec.kind = ExecTransition::Kind::unconfined;
    exec.scrub = next("U");
    ++at;
  }
  if (!next("xX")) return 0;
  out = exec;
  return at + 1;
}

std::uint8_t plain_perm(char c) {
  switch (c) {
    case 'r':
    case 'R':
      return perm_read;
    case 'w':
    case 'W':
      return perm_write;
    case 'a':
      return perm_append;
    case 'l':
    case 'L':
      return perm_link;
    case 'm':
    case 'M':
      return perm_mmap;
    case 'k':
      return perm_lock;
    default:
      return 0;
  }
}

}  // namespace

bool Parser::file_perms(FileRule& file, std::string_view word_text, diag::Span span, Access access) {
  bool bare = false;
  auto part = [&](std::size_t from, std::size_t length) {
    return diag::Span{span.source, span.begin + static_cast<std::uint32_t>(from),
                      span.begin + static_cast<std::uint32_t>(from + length)};
  };
  for (std::size_t at = 0; at < word_text.size();) {
    if (std::uint8_t perm = plain_perm(word_text[at])) {
      file.perms |= perm;
      ++at;
      continue;
    }
    ExecTransition exec;
    std::size_t length = exec_mode(word_text.substr(at), exec);
    if (length == 0) {
      bool letter = is_perm_letter(word_text[at]);
      return fail(Code::bad_file_perms, letter ? part(at, 1) : span,
                  letter ? fmt::format("`{}` in `{}` belongs before an `x`", word_text[at], word_text)
                         : fmt::format("`{}` are not file permissions", word_text),
                  letter ? "exec modes: ix, ux, Ux, px, Px, cx, Cx, pix, Pix, cix, Cix, pux, PUx, cux, CUx"
                         : "r w a l k m, and one exec mode such as ix or Px");
    }
    file.perms |= perm_exec;
    if (exec.kind == ExecTransition::Kind::bare) {
      bare = true;
    } else if (access == Access::deny) {
      return fail(Code::exec_conflict, part(at, length), "a deny rule denies to execute, in whatever mode",
                  "write `x`");
    } else if ((file.exec.kind != ExecTransition::Kind::bare && file.exec != exec) ||
               (bare && exec.kind != ExecTransition::Kind::inherit)) {
      return fail(Code::exec_conflict, part(at, length),
                  fmt::format("a second exec mode in `{}`: one rule has one", word_text));
    } else {
      file.exec = exec;
    }
    at += length;
  }
  if (bare && access != Access::deny && file.exec.kind == ExecTransition::Kind::bare && !file.unsafe_keyword)
    return fail(
        Code::bad_file_perms, span, "`x` must say what happens to the confinement",
        "ix stays in this profile, px goes to the program's own, cx to a child, ux leaves confinement");
  if ((file.perms & perm_write) && (file.perms & perm_append))
    return fail(Code::bad_file_perms, span, "`w` and `a` exclude each other", "`w` allows to append too");
  return true;
}

bool Parser::link_rule(Rule& rule) {
  LinkRule link;
  lexer_.skip_blank();
  link.subset = take_keyword("subset");
  lexer_.skip_blank();
  if (!starts_path(lexer_)) {
    static constexpr std::string_view words[] = {"subset"};
    const auto nearest = diag::did_you_mean(peek_keyword(), words);
    return expected("the path of the link", nearest ? fmt::format("did you mean `{}`?", *nearest) : "");
  }
  if (!word(link.link, "the path of the link")) return false;
  lexer_.skip_blank();
  if (!lexer_.take("->"))
    return fail(Code::bad_link_rule, here(),
                fmt::format("expected `->` and the target of the link, found {}", found()),
                "for example `link /a -> /b,`");
  if (!word(link.target, "the target of the link")) return false;
  rule.body = std::move(link);
  return true;
}

bool Parser::without_comments(bool (Parser::*read)(Rule&), Rule& rule) {
  lexer_.allow_comments(false);
  const std::size_t errors = sink_.errors();
  const bool good = (this->*read)(rule);
  lexer_.skip_blank();
  const bool comment = lexer_.peek() == '#' && sink_.errors() == errors;
  const diag::Span place = here();
  lexer_.allow_comments(true);
  if (!comment) return good;
  return fail(Code::unexpected_token, place,
              "a comment inside a rule: apparmor_parser would read it as a word",
              "put it behind the comma of the rule");
}

bool Parser::change_profile(Rule& rule) {
  ChangeProfileRule change;
  lexer_.skip_blank();
  diag::Span mode = here();
  if (take_keyword("safe")) change.mode = ChangeProfileRule::Mode::safe;
  if (change.mode == ChangeProfileRule::Mode::unstated && take_keyword("unsafe"))
    change.mode = ChangeProfileRule::Mode::unsafe;
  mode = diag::join(mode, lexer_.here());
  lexer_.skip_blank();
  const bool at_end = lexer_.peek() == ',' && (is_space(lexer_.peek(1)) || lexer_.peek(1) == '\0');
  if (!at_end && !lexer_.starts_with("->")) {
    Text exec;
    if (!word(exec, "the executable")) return false;
    if (!exec.value.starts_with('/') && variable_reference(exec.value) == 0)
      return fail(Code::bad_exec_condition, exec.span,
                  fmt::format("`{}` is not the path of an executable", exec.value),
                  "a profile to change to is written after `->`");
    change.exec = std::move(exec);
  } else if (change.mode != ChangeProfileRule::Mode::unstated) {
    return fail(Code::bad_exec_condition, mode,
                "`safe` and `unsafe` need the path of an executable after them");
  }
  if (!exec_target(change.target)) return false;
  rule.body = std::move(change);
  return true;
}

bool Parser::capability(Rule& rule) {
  CapabilityRule capability_rule;
  for (;;) {
    lexer_.skip_blank();
    std::string_view name = lexer_.peek_name();
    if (name.empty()) break;
    std::uint32_t begin = lexer_.position();
    lexer_.advance(name.size());
    diag::Span span = lexer_.span(begin);
    if (!find(capabilities(), name)) {
      std::string help = suggest(
          capabilities(), name.starts_with("CAP_") || name.starts_with("cap_") ? name.substr(4) : name);
      (void)fail(Code::unknown_capability, span, fmt::format("there is no capability `{}`", name),
                 help.empty() ? "lower case and without CAP_, as in capabilities(7)" : help);
      continue;
    }
    capability_rule.names.push_back({std::string(name), span, false});
  }
  rule.body = std::move(capability_rule);
  return true;
}

bool Parser::rlimit(Rule& rule) {
  RlimitRule limit;
  lexer_.skip_blank();
  if (!take_keyword("rlimit")) return expected("`rlimit` after set");
  if (!word(limit.name, "the name of a limit", "<")) return false;
  if (!find(rlimits(), limit.name.value)) {
    std::string help = suggest(rlimits(), limit.name.value);
    return fail(Code::bad_rlimit, limit.name.span, fmt::format("there is no limit `{}`", limit.name.value),
                help.empty() ? fmt::format("limits: {}", list(rlimits())) : help);
  }
  lexer_.skip_blank();
  if (!lexer_.take("<=")) return expected("`<=` after the name of the limit");
  if (!word(limit.value, "the value of the limit", ",")) return false;
  lexer_.skip_blank();
  // The unit may stand apart from the number.
  if (is_digit(limit.value.value.back()) && is_alpha(lexer_.peek())) {
    std::string_view unit = lexer_.peek_name();
    limit.value.value += unit;
    lexer_.advance(unit.size());
    limit.value.span = lexer_.span(limit.value.span.begin);
  }
  std::string why;
  if (limit.value.quoted || !rlimit_value(limit.name.value, limit.value.value, why))
    return fail(Code::bad_rlimit, limit.value.span,
                fmt::format("`{}` is not a value for `{}`", limit.value.value, limit.name.value), why);
  rule.body = std::move(limit);
  return true;
}

}  // namespace bh::policy
