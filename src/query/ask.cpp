#include "query/ask.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "compile/describe.h"
#include "compile/names.h"
#include "query/decide.h"

namespace bh::query {
namespace {

using automata::Dfa;
using compile::CompiledProfile;
using compile::FilePerms;
using compile::Pdb;
using compile::Perms;
using compile::TagMeaning;
namespace perm = compile::perm;

/// A place in an automaton, and the string that leads there.
struct Place {
  const Pdb* pdb;
  std::uint32_t start;  ///< the state that `text` was walked from
  std::uint32_t state;
  std::string text;
};

Place step(Place place, std::string_view bytes) {
  place.state = place.pdb->dfa.run(place.state, bytes);
  place.text += bytes;
  return place;
}

const Perms& perms_at(const Place& place, bool owner) {
  const FilePerms& entry = place.pdb->perms[place.pdb->dfa.accept[place.state]];
  return owner ? entry.owner : entry.other;
}

/// The entries that together decide a question, and what is left of the request.
struct Looked {
  std::vector<Place> places;
  Perms perms;
};

/// The rules about a place, and the bits whose deciders are wanted there.
struct Asked {
  Deciding rules;
  std::uint32_t bits;
};

/// perms.h, aa_perms_accum: every part of a label must allow.
void accumulate(Perms& all, const Perms& part, bool first) {
  const std::uint32_t allow = part.allow & ~part.deny;
  if (first) {
    all = part;
    all.allow = allow;
    return;
  }
  all.allow &= allow;
  all.audit |= part.audit & allow;
  all.quiet &= part.quiet & ~allow;
  all.prompt |= part.prompt & ~allow;
}

class Lookup {
 public:
  Lookup(const CompiledProfile& profile, bool owner, Detail detail)
      : profile_(profile), owner_(owner), detail_(detail) {}

  Finding answer(const Question& question);

 private:
  Finding automaton(const Question& question);
  Finding capability(const Question& question) const;
  Finding family(const Question& question) const;
  Looked with_label(const Place& at, const Question& question) const;
  void link(const Question& question, Looked& looked, std::uint32_t& request) const;
  void judge(Finding& finding, const Perms& perms, std::uint32_t request) const;
  void trace(Finding& finding, const Looked& looked, std::uint32_t request) const;
  void trace_place(Finding& finding, const Deciding& rules, std::uint32_t bits) const;

  const CompiledProfile& profile_;
  bool owner_;
  Detail detail_;
};

Looked Lookup::with_label(const Place& at, const Question& question) const {
  if (question.label_mode == Question::Label::none) return {{at}, perms_at(at, owner_)};
  if (question.label_mode == Question::Label::whole_or_parts) {
    Place whole = at;
    for (std::size_t i = 0; i < question.label.size(); ++i) {
      if (i > 0) whole = step(std::move(whole), "//&");
      whole = step(std::move(whole), question.label[i]);
    }
    const Perms& perms = perms_at(whole, owner_);
    if (question.label.size() == 1 || (perms.allow & question.request) == question.request)
      return {{whole}, perms};
  }
  Looked parts;
  for (const std::string& part : question.label) {
    Place place = step(at, part);
    accumulate(parts.perms, perms_at(place, owner_), parts.places.empty());
    parts.places.push_back(std::move(place));
  }
  return parts;
}

/// file.c, xindex_is_subset: the same target, and no more of the environment.
bool same_exec(std::uint32_t of_link, std::uint32_t of_target) {
  constexpr std::uint32_t unsafe = compile::xindex::unsafe;
  return (of_link & ~unsafe) == (of_target & ~unsafe) &&
         ((of_link & unsafe) == 0 || (of_target & unsafe) != 0);
}

/// file.c, profile_path_link, after the new name allows linking: the pair, then the subset test.
void Lookup::link(const Question& question, Looked& looked, std::uint32_t& request) const {
  if ((looked.perms.allow & perm::link) == 0) return;
  const Perms name = looked.perms;
  const Place& at = looked.places.front();
  Place pair = step(step(at, std::string_view("\0", 1)), *question.link);
  const Perms& of_pair = perms_at(pair, owner_);
  looked.places = {pair};
  looked.perms.audit = of_pair.audit;
  looked.perms.quiet = of_pair.quiet;
  if ((of_pair.allow & perm::link) == 0) {
    looked.perms = of_pair;
    return;
  }
  if ((of_pair.allow & perm::lock) == 0) return;  // no subset test asked for
  const Place target = step({at.pdb, at.start, at.start, {}}, *question.link);
  const Perms& of_target = perms_at(target, owner_);
  request = name.allow & ~perm::link;
  looked.perms.allow = name.allow & (of_target.allow | perm::link);
  if ((request & ~looked.perms.allow) == 0 && (looked.perms.allow & perm::exec) != 0 &&
      !same_exec(name.xindex, of_target.xindex)) {
    looked.perms.allow &= ~perm::exec;
    request |= perm::exec;
  }
  looked.places = {target};
}

void Lookup::judge(Finding& finding, const Perms& perms, std::uint32_t request) const {
  finding.missing = request & ~(perms.allow & ~perms.deny);
  finding.verdict = query::judge(perms, request, profile_.audit != 0);
}

/// The rules that decided `bits` after the place's string: for each bit those of the highest rank that speak
/// of it.
void Lookup::trace_place(Finding& finding, const Deciding& rules, std::uint32_t bits) const {
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bits & bit) == 0) continue;
    for (const std::uint32_t tag : rules.of(bit).tags)
      finding.deciders.push_back({rules.meaning(tag).rule, rules.meaning(tag).deny});
  }
  if (!finding.deciders.empty() || finding.missing == 0) return;
  for (const std::uint32_t tag : rules.tags()) {
    if (rules.meaning(tag).rule != TagMeaning::implied)
      finding.near.push_back({rules.meaning(tag).rule, rules.meaning(tag).deny});
  }
}

/// The rules that must go, rank by rank, until `bit` is no longer decided as it is; none: it stays, as the
/// compiler itself implies it.
std::optional<std::set<std::uint32_t>> to_turn(const Deciding& rules, std::uint32_t bit) {
  std::set<std::uint32_t> without;
  const Decision::Outcome now = rules.of(bit).outcome;
  for (Decision decision = rules.of(bit); decision.outcome == now; decision = rules.of(bit, without)) {
    for (const std::uint32_t tag : decision.tags) {
      if (rules.meaning(tag).rule == TagMeaning::implied) return std::nullopt;
      without.insert(rules.meaning(tag).rule);
    }
  }
  return without;
}

/// An allowed request needs every bit at every place: the cheapest to take away. A denied one needs all that
/// are denied to be allowed below the deny rules.
std::optional<Turn> turn_of(const Finding& finding, std::span<const Asked> asked) {
  std::optional<std::set<std::uint32_t>> least;
  std::set<std::uint32_t> all;
  bool then_allowed = true;
  for (const Asked& place : asked) {
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
      if ((place.bits & bit) == 0) continue;
      const Decision::Outcome now = place.rules.of(bit).outcome;
      if (now == Decision::Outcome::nobody) {
        if (finding.missing == 0) continue;  // what every place allows
        return std::nullopt;                 // a rule is missing, not one too many
      }
      auto without = to_turn(place.rules, bit);
      if (finding.missing != 0) {
        if (!without) return std::nullopt;
        all.insert(without->begin(), without->end());
      } else if (without && (!least || without->size() < least->size())) {
        least = std::move(without);
      }
    }
  }
  if (finding.missing == 0) {
    if (!least) return std::nullopt;
    return Turn{{least->begin(), least->end()}, false};
  }
  for (const Asked& place : asked) {
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
      if ((place.bits & bit) != 0 && place.rules.of(bit, all).outcome != Decision::Outcome::allows)
        then_allowed = false;
    }
  }
  return Turn{{all.begin(), all.end()}, then_allowed};
}

void Lookup::trace(Finding& finding, const Looked& looked, std::uint32_t request) const {
  if (detail_ == Detail::verdicts || looked.places.empty() || !looked.places.front().pdb->trace) return;
  finding.traced = true;
  std::vector<Asked> asked;
  for (const Place& place : looked.places) {
    std::string text = place.text;
    if (place.start != Dfa::start) text.insert(0, 1, static_cast<char>(compile::medclass::file));
    // Of a denial, only what is refused here decided; a part of a label that allows had no say in it.
    const std::uint32_t bits =
        finding.missing == 0 ? request : finding.missing & ~perms_at(place, owner_).allow;
    asked.push_back({Deciding(*place.pdb->trace, text, owner_), bits});
    trace_place(finding, asked.back().rules, bits);
  }
  for (auto* list : {&finding.deciders, &finding.near}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  finding.turn = turn_of(finding, asked);
}

Finding Lookup::automaton(const Question& question) {
  Finding finding;
  Place at;
  if (question.table == Question::Table::file) {
    const FileTable table = file_table(profile_);
    if (table.pdb == nullptr) {
      finding.missing = question.request;
      finding.note = "the profile has no file rules at all";
      return finding;
    }
    at = {table.pdb, table.start, table.start, {}};
  } else {
    if (!mediates(profile_, question.mediation_class)) {
      finding.verdict = Verdict::not_mediated;
      finding.note = fmt::format("{} is not mediated by this kernel or ABI",
                                 compile::class_word(question.mediation_class));
      return finding;
    }
    at = {&*profile_.policydb, Dfa::start, Dfa::start, {}};
  }
  for (const Stretch& stretch : question.walk) {
    if (stretch.only_with != 0) {
      const Perms& so_far = perms_at(at, owner_);
      if ((so_far.allow & question.request) == question.request || (so_far.allow & stretch.only_with) == 0)
        break;
    }
    at = step(std::move(at), stretch.bytes);
  }
  Looked looked = with_label(at, question);
  std::uint32_t request = question.request;
  if (question.link) link(question, looked, request);
  judge(finding, looked.perms, request);
  trace(finding, looked, request);
  const bool exec = question.table == Question::Table::file && (question.request & perm::exec) != 0;
  if (exec && finding.missing == 0)
    finding.transition = compile::transition_words(looked.perms.xindex, at.pdb->xtable);
  return finding;
}

Finding Lookup::capability(const Question& question) const {
  if (mediates(profile_, compile::medclass::capability)) {  // capability.c, profile_capable: 32 to an entry
    Question in_automaton = question;
    in_automaton.table = Question::Table::policydb;
    in_automaton.mediation_class = compile::medclass::capability;
    in_automaton.request = std::uint32_t{1} << (question.request & 31);
    in_automaton.walk = {{std::string{static_cast<char>(compile::medclass::capability),
                                      static_cast<char>(question.request >> 5)},
                          0}};
    return Lookup(profile_, owner_, detail_).automaton(in_automaton);
  }
  const std::uint64_t bit = std::uint64_t{1} << question.request;
  Perms perms;
  perms.allow = (profile_.capabilities.allow & bit) != 0 ? 1 : 0;
  perms.audit = (profile_.capabilities.audit & bit) != 0 ? 1 : 0;
  perms.quiet = (profile_.capabilities.quiet & bit) != 0 ? 1 : 0;
  Finding finding;
  finding.capability = question.request;
  judge(finding, perms, 1);
  return finding;
}

Finding Lookup::family(const Question& question) const {
  Perms perms;
  if (question.family < profile_.network.size()) {
    const compile::NetworkFamily& types = profile_.network[question.family];
    perms.allow = types.allow >> question.type & 1;
    perms.audit = types.audit >> question.type & 1;
    perms.quiet = types.quiet >> question.type & 1;
  }
  Finding finding;
  judge(finding, perms, 1);
  return finding;
}

Finding Lookup::answer(const Question& question) {
  Finding finding;
  if (profile_.mode == static_cast<std::uint32_t>(compile::Mode::unconfined)) {
    finding.verdict = Verdict::not_mediated;
    finding.note = "the profile is in unconfined mode";
  } else if (question.table == Question::Table::unasked) {
    finding.verdict = Verdict::not_mediated;
    finding.note = question.note;
  } else if (question.table == Question::Table::capability) {
    finding = capability(question);
  } else if (question.table == Question::Table::family) {
    finding = family(question);
  } else {
    finding = automaton(question);
  }
  finding.what = question.what;
  finding.mediation_class = question.mediation_class;
  return finding;
}

/// All must be allowed: the first refusal is the answer.
Verdict all_of(std::span<const Finding> findings) {
  Verdict verdict = Verdict::allowed;
  for (const Finding& finding : findings) {
    if (!lets_through(finding.verdict)) return finding.verdict;
    if (finding.verdict == Verdict::not_mediated || verdict == Verdict::allowed) verdict = finding.verdict;
  }
  return verdict;
}

/// Each was asked for itself.
Verdict each_of(Verdict a, Verdict b) {
  if (a == b) return a;
  if (lets_through(a) != lets_through(b)) return Verdict::partly;
  if (a == Verdict::partly || b == Verdict::partly) return Verdict::partly;
  if (lets_through(a))
    return a == Verdict::allowed_audited || b == Verdict::allowed_audited ? Verdict::allowed_audited
                                                                          : Verdict::allowed;
  return Verdict::denied;
}

Side ask_side(const CompiledProfile& profile, std::span<const Step> steps, bool owner, Detail detail) {
  Side side;
  std::optional<Verdict> verdict;
  Lookup lookup(profile, owner, detail);
  for (const Step& each : steps) {
    const std::size_t before = side.findings.size();
    for (const Question& question : each) {
      Finding& finding = side.findings.emplace_back(lookup.answer(question));
      if (!question.refusal_passes || lets_through(finding.verdict)) continue;
      Finding passed;
      passed.what = finding.what;
      passed.verdict = Verdict::allowed;
      passed.mediation_class = finding.mediation_class;
      passed.note = question.note;
      finding = std::move(passed);
      break;
    }
    const Verdict of_step = all_of(std::span(side.findings).subspan(before));
    verdict = verdict ? each_of(*verdict, of_step) : of_step;
  }
  side.verdict = verdict.value_or(Verdict::not_mediated);
  return side;
}

}  // namespace

std::string_view verdict_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::allowed:
      return "allowed";
    case Verdict::allowed_audited:
      return "allowed and audited";
    case Verdict::denied:
      return "denied";
    case Verdict::denied_silently:
      return "denied silently";
    case Verdict::prompt:
      return "prompt";
    case Verdict::not_mediated:
      return "not mediated";
    case Verdict::partly:
      return "partly allowed";
  }
  return "";
}

Verdict judge(const Perms& perms, std::uint32_t request, bool audit_all) {
  const std::uint32_t missing = request & ~(perms.allow & ~perms.deny);
  if (missing == 0)
    return audit_all || (perms.audit & request) != 0 ? Verdict::allowed_audited : Verdict::allowed;
  if ((missing & ~perms.prompt) == 0) return Verdict::prompt;
  return !audit_all && (missing & ~perms.quiet) == 0 ? Verdict::denied_silently : Verdict::denied;
}

bool may_link(const Perms& name, const Perms& pair, const Perms& existing) {
  if ((name.allow & pair.allow & perm::link) == 0) return false;
  if ((pair.allow & perm::lock) == 0) return true;
  const std::uint32_t wanted = name.allow & ~perm::link;
  if ((wanted & ~existing.allow) != 0) return false;
  return (name.allow & perm::exec) == 0 || same_exec(name.xindex, existing.xindex);
}

bool lets_through(Verdict verdict) {
  return verdict == Verdict::allowed || verdict == Verdict::allowed_audited ||
         verdict == Verdict::not_mediated;
}

bool refuses(Verdict verdict) { return verdict == Verdict::denied || verdict == Verdict::denied_silently; }

Answer ask(const CompiledProfile& profile, const Action& action, Detail detail) {
  const std::vector<Step> steps = questions(profile, action);
  Answer answer;
  answer.mode = profile.mode;
  answer.owner = ask_side(profile, steps, true, detail);
  answer.other = ask_side(profile, steps, false, detail);
  return answer;
}

bool is_allowed(const Answer& answer) {
  return lets_through(answer.owner.verdict) && lets_through(answer.other.verdict);
}

bool is_denied(const Answer& answer) {
  return refuses(answer.owner.verdict) && refuses(answer.other.verdict);
}

}  // namespace bh::query
