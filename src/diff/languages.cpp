// Paths, labels and addresses: what the joint automata of both sides hold, form by form.
//
// Every state in which the sides differ belongs, for each form, to a group of states that mean the same
// (these accesses, for owners or others, with this transition); a group's strings are one change.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "automata/minimise.h"
#include "automata/relate.h"
#include "base/check.h"
#include "diff/parts.h"
#include "diff/severity.h"
#include "query/glob_set.h"

namespace bh::diff {
namespace {

using automata::Dfa;
using query::ActionKind;
using query::Form;
namespace perm = compile::perm;

/// Rows that get an example of their own, to show the rules behind them.
constexpr std::size_t rows_with_examples = 6;

enum class Who : std::uint8_t { everybody, owners, others };

/// What a gain means.
struct Meaning {
  Who who = Who::everybody;
  std::uint32_t accesses = 0;  ///< bits by position in Form::accesses
  std::uint32_t transition = 0;
  bool another_transition = false;  ///< exec was allowed before, to elsewhere
  bool runs_what_it_writes = false;
  auto operator<=>(const Meaning&) const = default;
};

/// Forms that differ in their choice only (signals, socket types) and mean the same strings.
struct Alike {
  std::vector<const Form*> forms;
  std::uint32_t state;
};

class Languages {
 public:
  Languages(const Direction& direction, std::vector<Change>& out) : direction_(direction), out_(out) {}

  Result<void> add(const Joint& joint, const std::vector<Form>& forms);

 private:
  Result<void> add_alike(const Joint& joint, const Alike& alike);
  Result<void> add_meaning(const Joint& joint, const Alike& alike, const Meaning& meaning, const Dfa& set);
  [[nodiscard]] std::vector<Meaning> meanings_of(const Form& form, const Pair& pair) const;
  [[nodiscard]] std::uint32_t gained(const Form& form, const Allowed& from, const Allowed& to) const;
  void examples(Change& change, const Form& form, std::string_view access, const Dfa& set) const;

  const Direction& direction_;
  std::vector<Change>& out_;
};

std::uint32_t Languages::gained(const Form& form, const Allowed& from, const Allowed& to) const {
  std::uint32_t accesses = 0;
  for (std::size_t i = 0; i < form.accesses.size(); ++i) {
    const std::uint32_t bits = form.accesses[i].bits;
    const bool other_way =
        form.kind == ActionKind::file && bits == perm::exec && from.transition != to.transition;
    if ((to.bits & bits) == bits && ((from.bits & bits) != bits || other_way))
      accesses |= std::uint32_t{1} << i;
  }
  return accesses;
}

std::vector<Meaning> Languages::meanings_of(const Form& form, const Pair& pair) const {
  const Both& from = direction_.gain ? pair.a : pair.b;
  const Both& to = direction_.gain ? pair.b : pair.a;
  const std::uint32_t owner = gained(form, from[as_owner], to[as_owner]);
  const std::uint32_t other = gained(form, from[as_other], to[as_other]);
  std::vector<Meaning> meanings;
  const auto add = [&](Who who, std::uint32_t accesses) {
    if (accesses == 0) return;
    const std::size_t whose = who == Who::others ? as_other : as_owner;
    Meaning meaning{who, accesses};
    if (form.kind == ActionKind::file) {
      constexpr std::uint32_t both = perm::write | perm::exec;
      const auto runs = [&](const Allowed& allowed) { return (allowed.bits & both) == both; };
      meaning.runs_what_it_writes = runs(to[whose]) && !runs(from[whose]);
      for (std::size_t i = 0; i < form.accesses.size(); ++i) {
        if (form.accesses[i].bits != perm::exec || (accesses >> i & 1) == 0) continue;
        meaning.transition = to[whose].transition;
        meaning.another_transition = (from[whose].bits & perm::exec) != 0;
      }
    }
    meanings.push_back(meaning);
  };
  add(Who::everybody, owner & other);
  add(Who::owners, owner & ~other);
  add(Who::others, other & ~owner);
  return meanings;
}

/// Without the verbs of files that `write` stands for, where all of them are there.
std::vector<std::string_view> in_short(const Form& form, std::vector<std::string_view> words) {
  constexpr std::string_view by_write[] = {"append", "create", "delete", "truncate", "chmod", "chown"};
  const auto there = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
  if (form.kind != ActionKind::file || !there("write") || !std::ranges::all_of(by_write, there)) return words;
  std::erase_if(
      words, [&](std::string_view word) { return std::ranges::find(by_write, word) != std::end(by_write); });
  return words;
}

void Languages::examples(Change& change, const Form& form, std::string_view access, const Dfa& set) const {
  std::set<std::string> actions;
  const auto example_in = [&](const Dfa& language) {
    const auto found = automata::shortest(language, [](std::uint32_t accept) { return accept != 0; });
    if (!found) return;
    std::string action = query::action_text(form, access, query::values_of(form, found->bytes));
    if (!actions.insert(action).second) return;
    if (auto example = ask_both(direction_, action, !change.other_only))
      change.examples.push_back(std::move(*example));
  };
  example_in(set);
  if (form.fields.size() != 1 || change.objects.rows.size() < 2) return;
  for (std::size_t i = 0; i < std::min(rows_with_examples, change.objects.rows.size()); ++i) {
    const auto row = query::language_of(form.fields.front().kind, change.objects.rows[i].fields.front());
    if (!row) continue;
    if (const auto meet = automata::restrict_to(set, *row)) example_in(*meet);
  }
}

std::string headline(const Form& form, const Alike& alike, const std::vector<std::string_view>& accesses,
                     const Meaning& meaning, const std::string& transition) {
  std::string text;
  if (form.kind == ActionKind::file)
    text = fmt::format("{}", fmt::join(accesses, ", "));
  else if (form.accesses.size() == 1)
    text = form.verb;
  else
    text = fmt::format("{} {}", form.verb, fmt::join(accesses, ", "));
  if (!transition.empty())
    text += fmt::format(" ({}{})", meaning.another_transition ? "now " : "", transition);
  constexpr std::size_t most_choices = 6;
  std::vector<std::string> choices;
  for (const Form* one : alike.forms)
    if (!one->choices.empty() && form.kind != ActionKind::mount) choices.push_back(one->choices.front());
  if (choices.size() > most_choices) {
    if (form.kind == ActionKind::signal)
      text += fmt::format(" ({} signals)", choices.size() >= 60 ? "all" : fmt::format("{}", choices.size()));
  } else if (!choices.empty()) {
    text += fmt::format(" {}", fmt::join(choices, "|"));
  }
  return text;
}

/// What of a set the kernel asks about: it does not ask whether an unconfined task may trace this one.
Result<Dfa> asked_by_the_kernel(const Form& form, std::string_view access, const Dfa& set) {
  if (form.kind != ActionKind::ptrace || !access.ends_with("by")) return set;
  const auto unconfined = query::language_of(form.fields.front().kind, "unconfined");
  BH_CHECK(unconfined);
  auto rest = automata::joined(set, *unconfined, [](std::uint32_t in_set, std::uint32_t is_unconfined) {
    return is_unconfined == 0 ? in_set : 0U;
  });
  if (!rest) return fail("{}: too many states to compare", form.verb);
  return std::move(*rest);
}

Result<void> Languages::add_meaning(const Joint& joint, const Alike& alike, const Meaning& meaning,
                                    const Dfa& whole) {
  const Form& form = *alike.forms.front();
  Gained gained{.form = form, .accesses = access_words(form, meaning.accesses)};
  BH_TRY(const Dfa set, asked_by_the_kernel(form, gained.accesses.front(), whole));
  if (automata::is_empty(set)) return {};
  const bool execs = form.kind == ActionKind::file && gained.accesses.back() == "exec";
  if (execs) gained.transition = joint.transition(meaning.transition);
  gained.runs_what_it_writes = meaning.runs_what_it_writes;
  gained.set = &set;
  const Weight weight = weigh(gained);
  Change change{.gain = direction_.gain, .severity = weight.severity, .why = weight.why};
  change.kind = form.verb;
  change.what = headline(form, alike, in_short(form, gained.accesses), meaning, gained.transition);
  change.owner_only = meaning.who == Who::owners;
  change.other_only = meaning.who == Who::others;
  BH_TRY(change.objects, query::globs_of(set, form, {direction_.options.max_rows, direction_.options.hints}));
  const auto text_of = [&](const query::GlobRow& row) {
    return form.fields.size() == 1 ? row.fields.front()
                                   : query::action_text(form, gained.accesses.front(), row.fields);
  };
  for (const query::GlobRow& row : change.objects.rows) change.object_texts.push_back(text_of(row));
  for (const query::GlobRow& row : change.objects.except) change.except_texts.push_back(text_of(row));
  examples(change, form, execs ? "exec" : gained.accesses.front(), set);
  out_.push_back(std::move(change));
  return {};
}

Result<void> Languages::add_alike(const Joint& joint, const Alike& alike) {
  const Form& form = *alike.forms.front();
  // Among the pairs behind the prefix, those that can be asked in this form.
  const auto asked =
      automata::restrict_to({joint.dfa(), alike.state}, query::all_askable(form), direction_.options.budget);
  if (!asked) return fail("{}: too many states to compare", form.verb);
  const Dfa within = automata::minimise(*asked);
  std::map<Meaning, std::set<std::uint32_t>> meanings;
  for (const std::uint32_t pair : std::set(within.accept.begin(), within.accept.end())) {
    if (pair == 0) continue;
    for (const Meaning& meaning : meanings_of(form, joint.pairs()[pair])) meanings[meaning].insert(pair);
  }
  for (const auto& [meaning, pairs] : meanings) {
    Dfa set = within;
    for (std::uint32_t& accept : set.accept) accept = pairs.contains(accept) ? 1 : 0;
    BH_TRY_DO(add_meaning(joint, alike, meaning, automata::minimise(set)));
  }
  return {};
}

Result<void> Languages::add(const Joint& joint, const std::vector<Form>& forms) {
  std::vector<Alike> all;
  for (const Form& form : forms) {
    const std::uint32_t state = joint.dfa().run(form.prefix);
    if (state == Dfa::trap) continue;  // nothing differs behind it
    const auto same = std::ranges::find_if(all, [&](const Alike& alike) {
      const Form& other = *alike.forms.front();
      return alike.state == state && other.kind == form.kind && other.suffix == form.suffix &&
             other.fields.size() == form.fields.size() && form.kind != ActionKind::mount &&
             other.accesses.front().word == form.accesses.front().word;
    });
    if (same != all.end())
      same->forms.push_back(&form);
    else
      all.push_back({{&form}, state});
  }
  for (const Alike& alike : all) BH_TRY_DO(add_alike(joint, alike));
  return {};
}

}  // namespace

Result<void> add_language_changes(const Direction& direction, const Joints& joints,
                                  std::vector<Change>& out) {
  std::vector<Form> of_files, of_links, of_policydb;
  for (Form& form : query::forms(direction.to.profile)) {
    if (form.fields.empty() || !comparable(direction, form)) continue;
    std::vector<Form>& where = form.kind == ActionKind::link                ? of_links
                               : form.table == query::Question::Table::file ? of_files
                                                                            : of_policydb;
    where.push_back(std::move(form));
  }
  Languages languages(direction, out);
  BH_TRY_DO(languages.add(joints.file, of_files));
  BH_TRY_DO(languages.add(joints.links, of_links));
  return languages.add(joints.policydb, of_policydb);
}

}  // namespace bh::diff
