// Internal: the recursive-descent parser that parse() runs. One function for each construct, in four files:
// parse.cpp (blocks, preamble, includes), parse_profile.cpp (heads), parse_rule.cpp (qualifiers, file-like
// rules), parse_class.cpp (the classes of RuleClass) and parse_condition.cpp (`if`).
//
// Errors: a function reports and returns false when its construct cannot be kept; its caller recovers at the
// next comma or brace.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "diag/diagnostic.h"
#include "policy/ast.h"
#include "policy/lexer.h"
#include "policy/parse.h"

namespace bh::policy {

class Parser {
 public:
  Parser(const diag::SourceMap& sources, diag::SourceId source, diag::Sink& sink)
      : lexer_(sources, source), sink_(sink) {}

  Block file(Context context);

 private:
  // parse.cpp
  bool preamble_node(Block& out);
  bool body_node(Block& out);
  std::unique_ptr<Block> braced_block(std::string_view what);
  void statement_failed();
  bool include(Block& out);
  bool include_path(Include& node);
  bool abi(Block& out);
  bool alias(Block& out);
  bool set_variable(Block& out);
  bool boolean_variable(Block& out);
  bool assignment(VariableAssignment& node, std::uint32_t begin);
  bool assigned_values(VariableAssignment& node);
  bool misplaced_declaration(std::string_view what);
  bool unknown_statement();

  // parse_profile.cpp
  bool profile(Block& out);
  bool profile_name(Profile& node, bool path_only);
  bool split_namespace(Profile& node);
  bool attachment(Profile& node);
  bool xattrs(Profile& node);
  bool identities(Profile& node);
  bool flags(Profile& node);
  bool flag(Profile& node);
  bool check_flag(const Profile& node, const Flag& flag);

  // parse_rule.cpp
  struct Written {  ///< qualifiers as written, with where the last one stands
    Qualifiers qualifiers;
    diag::Span owner, access, audit, priority;
    bool any = false;
    bool subset = false;  ///< `l subset A -> B,`
  };
  bool qualifiers(Written& out);
  bool priority(Written& out);
  bool qualified(Block& out);
  bool rule_body(Rule& rule, Written& written);
  bool allowed_qualifiers(const Written& written, std::string_view keyword, bool owner_ok, bool priority_ok);
  bool file_rule(Rule& rule, Written& written, bool keyword_form);
  bool file_perms(FileRule& rule, std::string_view word, diag::Span span, Access access);
  bool exec_target(std::optional<Text>& target);
  bool link_rule(Rule& rule);
  bool change_profile(Rule& rule);
  /// For rules that cannot hold a comment.
  bool without_comments(bool (Parser::*read)(Rule&), Rule& rule);
  bool capability(Rule& rule);
  bool rlimit(Rule& rule);

  // parse_class.cpp
  bool class_rule(Rule& rule);  ///< its body says of which class
  bool accesses(ClassRule& rule);
  bool access(ClassRule& rule, Text word);
  bool network_words(ClassRule& rule);
  bool conditions(ClassRule& rule);
  bool condition(std::vector<Condition>& into, bool in_peer);
  bool condition_values(Condition& into, bool in_peer);
  bool peer(ClassRule& rule, Text key, std::uint32_t begin);
  bool class_tail(ClassRule& rule);
  [[nodiscard]] bool at_condition(RuleClass kind);
  bool end_of_class_rule(const ClassRule& rule);

  // parse_condition.cpp
  bool conditional(Block& out);
  bool expression(Conditional& node);
  bool operand(Conditional& node);
  bool defined_operand(Conditional& node, std::uint32_t begin);
  bool boolean_name(Text& name);

  // shared
  diag::Diagnostic& error(diag::Code code, diag::Span span, std::string message) {
    return sink_.report(code, span, std::move(message));
  }
  bool fail(diag::Code code, diag::Span span, std::string message, std::string help = {}) {
    error(code, span, std::move(message)).help = std::move(help);
    return false;
  }
  /// The name that stands here, or else the one character.
  [[nodiscard]] diag::Span here() const;
  /// "`x`", "the end of the file": what stands here.
  [[nodiscard]] std::string found() const;
  /// Reports "expected X, found Y".
  bool expected(std::string_view what, std::string help = {});
  /// The comma at the end of a rule; a missing one is reported and the parse goes on.
  void comma(std::string_view after);
  bool word(Text& out, std::string_view what, std::string_view stops = {});
  /// Takes a keyword when it stands here as a whole word.
  bool take_keyword(std::string_view name);
  [[nodiscard]] std::string_view peek_keyword() const;

  Lexer lexer_;
  diag::Sink& sink_;
  int depth_ = 0;
  bool seen_profile_ = false;
  bool told_end_ = false;
  bool line_statement_ = false;          ///< what failed ends with its line
  Access block_access_ = Access::allow;  ///< of the blocks around: `deny { /x x, }`
};

}  // namespace bh::policy
