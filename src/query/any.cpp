#include "query/any.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <set>

#include "automata/determinise.h"
#include "automata/minimise.h"
#include "automata/relate.h"
#include "compile/describe.h"
#include "compile/names.h"
#include "diag/suggest.h"
#include "query/link_language.h"

namespace bh::query {
namespace {

using automata::Dfa;
constexpr std::string_view help =
    "write `any write under /etc/**`, `any capability`, `any unix connect @*`, `any signal send peer=**`";

constexpr std::string_view choice_mark = "\1";

/// Words that only make a question read well.
bool filler(std::string_view word) {
  constexpr std::string_view words[] = {"under", "in", "on", "of", "to", "at", "with"};
  return std::ranges::find(words, word) != std::end(words);
}

class Parser {
 public:
  Parser(std::string_view text, diag::Span where, const compile::CompiledProfile& profile, diag::Sink& sink)
      : text_(text), where_(where), sink_(sink), all_(forms(profile)) {}

  std::optional<AnyQuestion> parse();

 private:
  bool verb(const Word& word);
  void accesses();
  bool choice(const Word& word);
  bool rest();
  bool keyed(const Word& word, std::string_view key, std::string_view value);
  /// Sets the field of this name in every form that has it, and leaves out those that have none.
  bool set(const Word& word, std::string_view field, std::string_view pattern);
  bool fail(diag::Span at, std::string message, std::string way_out = std::string(help)) {
    sink_.report(diag::Code::bad_action, at, std::move(message)).with_help(std::move(way_out));
    return false;
  }
  [[nodiscard]] bool more() const { return next_ < words_.size(); }

  std::string_view text_;
  diag::Span where_;
  diag::Sink& sink_;
  std::vector<Form> all_;
  std::vector<Word> words_;
  std::size_t next_ = 1;  // behind `any`
  AnyQuestion question_;
};

bool Parser::verb(const Word& word) {
  std::vector<std::string_view> known;
  for (const Form& form : all_) {
    if (form.kind != ActionKind::file) {
      known.push_back(form.verb);
      if (form.verb == word.text)
        question_.forms.push_back({form, std::vector<std::string>(form.fields.size())});
      continue;
    }
    for (const NamedBits& access : form.accesses) {
      known.push_back(access.word);
      if (access.word != word.text) continue;
      AnyForm asked{form, std::vector<std::string>(form.fields.size())};
      asked.form.accesses = {access};
      question_.forms.push_back(std::move(asked));
    }
  }
  if (!question_.forms.empty()) return true;
  const auto meant = diag::did_you_mean(word.text, known);
  return fail(word.span, fmt::format("`{}` is not an action that can be asked about in general", word.text),
              meant ? fmt::format("did you mean `{}`?", *meant) : std::string(help));
}

/// Leading words that name accesses.
void Parser::accesses() {
  std::set<std::string_view> wanted;
  while (more() && question_.forms.front().form.kind != ActionKind::file) {
    const std::string_view word = words_[next_].text;
    const bool known = std::ranges::any_of(question_.forms, [&](const AnyForm& asked) {
      return asked.form.verb != word &&
             std::ranges::find(asked.form.accesses, word, &NamedBits::word) != asked.form.accesses.end();
    });
    if (!known) break;
    wanted.insert(word);
    ++next_;
  }
  if (wanted.empty()) return;
  for (AnyForm& asked : question_.forms)
    std::erase_if(asked.form.accesses,
                  [&](const NamedBits& access) { return !wanted.contains(access.word); });
  std::erase_if(question_.forms, [](const AnyForm& asked) { return asked.form.accesses.empty(); });
}

/// A word such as `kill`, `inet`, `sys_*`: narrows the forms. False: it is none.
bool Parser::choice(const Word& word) {
  const std::string pattern(word.text);
  const auto matches = [&](const AnyForm& asked) {
    return std::ranges::any_of(asked.form.choices, [&](const std::string& choice) {
      return ::fnmatch(pattern.c_str(), choice.c_str(), 0) == 0;
    });
  };
  if (std::ranges::none_of(question_.forms, matches)) return false;
  std::erase_if(question_.forms, [&](const AnyForm& asked) { return !matches(asked); });
  return true;
}

bool Parser::set(const Word& word, std::string_view field, std::string_view pattern) {
  const auto has = [&](const AnyForm& asked) {
    return std::ranges::find(asked.form.fields, field, &Field::key) != asked.form.fields.end();
  };
  if (std::ranges::none_of(question_.forms, has)) {
    return fail(word.span, fmt::format("`{}` does not belong here", word.text));
  }
  std::erase_if(question_.forms, [&](const AnyForm& asked) { return !has(asked); });
  for (AnyForm& asked : question_.forms) {
    for (std::size_t i = 0; i < asked.form.fields.size(); ++i)
      if (asked.form.fields[i].key == field) asked.patterns[i] = unquoted(pattern);
  }
  return true;
}

bool Parser::keyed(const Word& word, std::string_view key, std::string_view value) {
  if (key == "type" && question_.forms.front().form.kind == ActionKind::unix) {
    const Word type{value, word.span};
    return choice(type) || fail(word.span, fmt::format("`{}` is not a socket type", value));
  }
  return set(word, key == "addr" ? "path" : key, value);
}

/// Choices and fields, in any order.
bool Parser::rest() {
  std::vector<std::string_view> positional{"path", "target"};
  const auto has_field = [&](std::string_view key) {
    return std::ranges::any_of(question_.forms, [&](const AnyForm& asked) {
      return std::ranges::find(asked.form.fields, key, &Field::key) != asked.form.fields.end();
    });
  };
  while (more()) {
    const Word word = words_[next_++];
    const bool last = !more();
    if (filler(word.text) && !last) continue;
    if (word.text == "->" || word.text == "-t") {
      if (last) return fail(word.span, fmt::format("what comes behind `{}` is missing", word.text));
      const Word& value = words_[next_++];
      if (!set(value, word.text == "->" ? "target" : "type", value.text)) return false;
      continue;
    }
    const std::size_t equals = word.text.find('=');
    if (equals != std::string_view::npos && equals > 0 && !word.text.starts_with('/')) {
      if (!keyed(word, word.text.substr(0, equals), word.text.substr(equals + 1))) return false;
      continue;
    }
    const bool path = word.text.starts_with('/') || word.text.starts_with('@');
    if (!path && choice(word)) continue;
    while (!positional.empty() && !has_field(positional.front())) positional.erase(positional.begin());
    if (positional.empty()) return fail(word.span, fmt::format("`{}` does not belong here", word.text));
    if (!set(word, positional.front(), word.text)) return false;
    positional.erase(positional.begin());
  }
  return true;
}

std::optional<AnyQuestion> Parser::parse() {
  auto words = split_words(text_, where_);
  if (!words) {
    fail(words.error().span, words.error().problem, "close it");
    return std::nullopt;
  }
  words_ = std::move(*words);
  for (const Word& word : words_)
    question_.text += fmt::format("{}{}", question_.text.empty() ? "" : " ", word.text);
  if (!more()) {
    fail({where_.source, where_.end, where_.end}, "what is asked for is missing");
    return std::nullopt;
  }
  if (!verb(words_[next_++])) return std::nullopt;
  accesses();
  if (!rest()) return std::nullopt;
  // Patterns are read once here, so that what is wrong with them is said at the question.
  for (const AnyForm& asked : question_.forms) {
    automata::ExprPool pool;
    for (std::size_t i = 0; i < asked.patterns.size(); ++i) {
      if (asked.patterns[i].empty()) continue;
      if (!pattern_of(pool, asked.form.fields[i].kind, {asked.patterns[i], where_, false}, sink_))
        return std::nullopt;
    }
    if (asked.form.kind != ActionKind::signal) continue;
    break;  // all signals have the same fields
  }
  return std::move(question_);
}

/// Whether a permission entry lets an owner or anybody else.
std::vector<bool> allowing(const compile::Pdb& pdb, const std::vector<NamedBits>& accesses) {
  std::vector<bool> lets(pdb.perms.size());
  for (std::size_t i = 0; i < pdb.perms.size(); ++i) {
    for (const NamedBits& access : accesses) {
      const auto all = [&](const compile::Perms& perms) {
        return (access.bits & ~(perms.allow & ~perms.deny)) == 0;
      };
      if (all(pdb.perms[i].owner) || all(pdb.perms[i].other)) lets[i] = true;
    }
  }
  return lets;
}

bool accepts(std::uint32_t accept) { return accept != 0; }

/// No access was named, of a class in which that means all.
bool all_accesses(const Form& form) {
  return form.kind == ActionKind::network && form.accesses.size() == std::size(network_access);
}

std::string access_text(const Form& form) {
  std::vector<std::string_view> words;
  for (const NamedBits& access : form.accesses) words.push_back(access.word);
  return fmt::format("{}", fmt::join(words, "|"));
}

class Answering {
 public:
  Answering(const compile::CompiledProfile& profile, const std::vector<std::string>& hints)
      : profile_(profile), options_{.hints = hints} {}

  Result<void> add(const AnyForm& asked);
  AnyAnswer take();

 private:
  void listed(const Form& form);
  void refuse(const Form& form, const Dfa& wanted);
  void without_addresses(const Form& form);
  Result<Dfa> allowed_set(const Form& form, const Dfa& wanted, const compile::Pdb& pdb,
                          std::uint32_t start) const;
  void example(const std::string& text);
  void allow(const std::string& text, const Form& form);

  /// What is allowed, with choice_mark where the choices stand.
  struct Text {
    std::string text;
    std::vector<std::string> choices;
  };

  const compile::CompiledProfile& profile_;
  GlobOptions options_;
  AnyAnswer answer_;
  std::set<std::string> seen_;
  std::vector<Text> texts_;
  std::optional<Action> refused_;
};

void Answering::example(const std::string& text) {
  auto action = read_action(text);
  if (!action || (answer_.example && answer_.example->text.size() <= action->text.size())) return;
  answer_.example = std::move(action);
}

void Answering::listed(const Form& form) {
  Form allowed = form;
  allowed.accesses.clear();
  for (const NamedBits& access : form.accesses) {
    const std::string text = action_text(form, access.word, {});
    const auto action = read_action(text);
    if (!action) continue;
    if (is_allowed(ask(profile_, *action, Detail::verdicts))) {
      answer_.allowed = true;
      allowed.accesses.push_back(access);
      example(text);
    } else if (!refused_) {
      refused_ = action;
    }
  }
  if (allowed.accesses.empty()) return;
  if (!form.choices.empty()) allowed.choices.back() = choice_mark;
  const bool all = allowed.accesses.size() == form.accesses.size() && all_accesses(form);
  allow(action_text(allowed, all ? std::string() : access_text(allowed), {}), form);
}

/// What matches, behind the form's prefix.
Result<Dfa> pattern_automaton(const AnyForm& asked) {
  automata::ExprPool pool;
  std::vector<automata::ExprId> patterns;
  diag::Sink sink;
  for (std::size_t i = 0; i < asked.patterns.size(); ++i) {
    const bool given = !asked.patterns[i].empty();
    patterns.push_back(
        given ? pattern_of(pool, asked.form.fields[i].kind, {asked.patterns[i], {}, false}, sink).value()
              : automata::ExprId{});
  }
  auto wanted = automata::determinise(
      pool, std::vector{automata::Pattern{askable(pool, asked.form, patterns), 0}}, {.max_states = 200'000});
  if (!wanted) return fail("the pattern needs an automaton of more than {} states", wanted.error().limit);
  return std::move(wanted->dfa);
}

/// A shortest one of all that match, to show what refuses it.
void Answering::refuse(const Form& form, const Dfa& wanted) {
  if (refused_) return;
  if (const auto shortest = automata::shortest(wanted, accepts))
    refused_ = read_action(action_text(form, form.accesses.front().word, values_of(form, shortest->bytes)));
}

/// The strings behind the form's prefix that are wanted and allowed; minimal.
Result<Dfa> Answering::allowed_set(const Form& form, const Dfa& wanted, const compile::Pdb& pdb,
                                   std::uint32_t start) const {
  const auto within = [&](automata::From policy, const std::vector<bool>& lets) {
    return automata::joined(policy, wanted, [&](std::uint32_t of_policy, std::uint32_t of_pattern) {
      return static_cast<std::uint32_t>(of_pattern != 0 && lets[of_policy] ? 1 : 0);
    });
  };
  tl::expected<Dfa, automata::OverBudget> both;
  if (form.kind == ActionKind::link) {
    BH_TRY(const Dfa links, link_language(file_table(profile_), {}));
    both = within(links, {false, true, true, true});  // to owners, to others, to both
  } else {
    both = within({pdb.dfa, pdb.dfa.run(start, form.prefix)}, allowing(pdb, form.accesses));
  }
  if (!both) return fail("the pattern and the policy together need too many states");
  return automata::minimise(*both);
}

/// Where addresses are not mediated, what counts of a unix socket is its family and type.
void Answering::without_addresses(const Form& form) {
  const std::vector<std::string> one{"@a", "unconfined"}, all{"**", "**"};
  for (const NamedBits& access : form.accesses) {
    const std::string text = action_text(form, access.word, std::span(one).first(form.fields.size()));
    const auto action = read_action(text);
    if (!action || !is_allowed(ask(profile_, *action, Detail::verdicts))) continue;
    answer_.allowed = true;
    Form any_choice = form;
    any_choice.choices.back() = choice_mark;
    allow(action_text(any_choice, access_text(form), std::span(all).first(form.fields.size())), form);
    example(text);
  }
}

Result<void> Answering::add(const AnyForm& asked) {
  const Form& form = asked.form;
  if (!mediates(profile_, form)) {
    if (form.kind == ActionKind::unix) {
      without_addresses(form);
      return {};
    }
    const std::string word(form.kind == ActionKind::network ? "network"
                                                            : compile::class_word(form.mediation_class));
    if (seen_.insert("class " + word).second) answer_.not_mediated.push_back(word);
    answer_.allowed = true;
    return {};
  }
  if (form.fields.empty()) {
    listed(form);
    return {};
  }
  const bool in_file = form.table == Question::Table::file;
  const FileTable file = file_table(profile_);
  const compile::Pdb* pdb = in_file ? file.pdb : &*profile_.policydb;
  if (pdb == nullptr) return {};  // no file rules at all
  BH_TRY(const Dfa wanted, pattern_automaton(asked));
  BH_TRY(const Dfa set, allowed_set(form, wanted, *pdb, in_file ? file.start : Dfa::start));
  const auto shortest = automata::shortest(set, accepts);
  if (!shortest) {
    refuse(form, wanted);
    return {};
  }
  answer_.allowed = true;
  for (const NamedBits& access : form.accesses) {
    const std::string text = action_text(form, access.word, values_of(form, shortest->bytes));
    const auto action = read_action(text);
    if (!action) continue;
    const Answer its = ask(profile_, *action, Detail::verdicts);
    if (lets_through(its.owner.verdict) || lets_through(its.other.verdict)) example(text);
  }
  BH_TRY(const GlobSet rows, globs_of(set, form, options_));
  answer_.exact = answer_.exact && rows.exact();
  const std::string access = access_text(form);
  const auto text_of = [&](const GlobRow& row) {
    return form.kind == ActionKind::file ? row.fields.front() : action_text(form, access, row.fields);
  };
  for (const GlobRow& row : rows.rows) {
    Form any_choice = form;
    if (!form.choices.empty() && form.kind != ActionKind::mount) any_choice.choices.back() = choice_mark;
    const std::string text =
        form.kind == ActionKind::file ? row.fields.front() : action_text(any_choice, access, row.fields);
    allow(text + (row.exact ? "" : " (in part)"), form);
  }
  for (const GlobRow& row : rows.except) answer_.except_texts.push_back(text_of(row));
  return {};
}

/// Texts that differ in their last choice only (`kill`, `stream`, `sys_admin`) become one.
void Answering::allow(const std::string& text, const Form& form) {
  auto at = std::ranges::find(texts_, text, &Text::text);
  if (at == texts_.end()) at = texts_.insert(texts_.end(), {text, {}});
  if (!form.choices.empty() && std::ranges::find(at->choices, form.choices.back()) == at->choices.end())
    at->choices.push_back(form.choices.back());
}

AnyAnswer Answering::take() {
  for (const Text& each : texts_) {
    std::string text = each.text;
    const std::size_t mark = text.find(choice_mark);
    // Every signal is what no signal means, and every capability too.
    const bool all =
        (text.starts_with("signal") && each.choices.size() > compile::signal_names().size()) ||
        (text.starts_with("capability") && each.choices.size() == compile::capability_names().size());
    if (mark != std::string::npos && all)
      text.erase(mark, choice_mark.size() + 1);  // with the blank behind it
    else if (mark != std::string::npos)
      text.replace(mark, choice_mark.size(), fmt::format("{}", fmt::join(each.choices, "|")));
    if (text.ends_with(' ')) text.pop_back();
    answer_.allowed_texts.push_back(std::move(text));
  }
  if (!answer_.allowed) answer_.example = std::move(refused_);
  return std::move(answer_);
}

}  // namespace

std::optional<AnyQuestion> parse_any(const diag::SourceMap& sources, diag::Span where,
                                     const compile::CompiledProfile& profile, diag::Sink& sink) {
  return Parser(sources.text(where), where, profile, sink).parse();
}

Result<AnyAnswer> ask_any(const compile::CompiledProfile& profile, const AnyQuestion& question,
                          const std::vector<std::string>& hints) {
  Answering answering(profile, hints);
  for (const AnyForm& asked : question.forms) BH_TRY_DO(answering.add(asked));
  return answering.take();
}

bool is_any(std::string_view question) {
  constexpr std::string_view word = "any", blanks = " \t\r\n";
  question.remove_prefix(std::min(question.find_first_not_of(blanks), question.size()));
  return question.starts_with(word) &&
         (question.size() == word.size() || blanks.find(question[word.size()]) != std::string_view::npos);
}

std::string explain(const AnyQuestion& question, const AnyAnswer& answer, const Answer& of_example,
                    const Origin* origin) {
  constexpr std::size_t most_texts = 12;
  const std::string text = compile::escaped(question.text);
  std::string out = fmt::format("{}: {}\n", text, answer.allowed ? "yes" : "no");
  if (!answer.allowed)
    out += "    of all that matches, nothing is allowed, to a file's owner or anybody else\n";
  auto into = std::back_inserter(out);
  for (const std::string& word : answer.not_mediated)
    fmt::format_to(into, "    {} is not mediated by this kernel or ABI: all of it is allowed\n", word);
  const auto list = [&](std::string_view what, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    fmt::format_to(into, "    {}: {}", what,
                   fmt::join(std::span(texts).first(std::min(most_texts, texts.size())), ", "));
    if (texts.size() > most_texts) fmt::format_to(into, " and {} more", texts.size() - most_texts);
    out += '\n';
  };
  list("allowed", answer.allowed_texts);
  list("but not", answer.except_texts);
  if (!answer.example) return out;
  // The example's own explanation, set in.
  std::string_view rest = "for example ";
  std::string example(rest);
  example += explain(*answer.example, of_example, origin);
  for (std::string_view lines = example; !lines.empty();) {
    const std::size_t end = std::min(lines.find('\n') + 1, lines.size());
    fmt::format_to(into, "    {}", lines.substr(0, end));
    lines.remove_prefix(end);
  }
  return out;
}

}  // namespace bh::query
