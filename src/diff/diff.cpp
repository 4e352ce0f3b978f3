#include "diff/diff.h"

#include <algorithm>

#include "diff/parts.h"
#include "query/link_language.h"
#include "query/question.h"

namespace bh::diff {
namespace {

Joint::From file_of(const Side& side) {
  const query::FileTable table = query::file_table(side.profile);
  return {table.pdb, table.start};
}

Joint::From policydb_of(const Side& side) {
  return {side.profile.policydb ? &*side.profile.policydb : nullptr, automata::Dfa::start};
}

/// The same rows, if the first profile had the second's name.
bool same_but_for_the_name(const std::vector<query::GlobRow>& of_a, const std::vector<query::GlobRow>& of_b,
                           const std::string& name_a, const std::string& name_b) {
  std::vector<query::GlobRow> renamed = of_a;
  for (query::GlobRow& row : renamed) {
    for (std::string& field : row.fields)
      if (field == name_a || field.starts_with(name_a + "//")) field = name_b + field.substr(name_a.size());
  }
  std::ranges::sort(renamed, {}, &query::GlobRow::fields);
  return renamed == of_b;
}

/// Profiles let their own processes signal and trace each other, by their own name. That A allows it to A and
/// B to B is no difference.
void drop_own_names(std::vector<Change>& changes, const std::string& name_a, const std::string& name_b) {
  std::vector<bool> dropped(changes.size());
  for (std::size_t gain = 0; gain < changes.size(); ++gain) {
    for (std::size_t loss = 0; loss < changes.size(); ++loss) {
      const Change& one = changes[gain];
      const Change& other = changes[loss];
      if (!one.gain || other.gain || dropped[loss] || one.kind != other.kind || one.what != other.what)
        continue;
      if (one.objects.rows.empty() || !other.objects.except.empty() || !one.objects.except.empty()) continue;
      if (!same_but_for_the_name(other.objects.rows, one.objects.rows, name_a, name_b)) continue;
      dropped[gain] = dropped[loss] = true;
      break;
    }
  }
  std::size_t at = 0;
  std::erase_if(changes, [&](const Change&) { return dropped[at++]; });
}

}  // namespace

std::string_view word(Severity severity) {
  constexpr std::string_view words[] = {"low", "medium", "high", "critical"};
  return words[static_cast<std::size_t>(severity)];
}

bool comparable(const Direction& direction, const query::Form& form) {
  return query::mediates(direction.from.profile, form) && query::mediates(direction.to.profile, form);
}

std::vector<std::string_view> access_words(const query::Form& form, std::uint64_t accesses) {
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < form.accesses.size(); ++i) {
    if ((accesses >> i & 1) != 0) words.push_back(form.accesses[i].word);
  }
  return words;
}

std::optional<Example> ask_both(const Direction& direction, const std::string& action, bool of_owner) {
  const auto parsed = query::read_action(action);
  if (!parsed) return std::nullopt;
  Example example{.action = action};
  const auto ask = [&](const Side& side, query::Verdict& verdict, std::vector<query::DecidingLine>& lines) {
    const query::Answer answer = query::ask(side.profile, *parsed);
    const query::Side& wanted = of_owner ? answer.owner : answer.other;
    verdict = wanted.verdict;
    if (side.origin == nullptr) return;
    for (const query::Finding& finding : wanted.findings) {
      for (query::DecidingLine& line : query::deciding_lines(finding, *side.origin)) {
        const bool seen = std::ranges::any_of(lines, [&](const query::DecidingLine& other) {
          return other.place == line.place && other.rule == line.rule;
        });
        if (!seen) lines.push_back(std::move(line));
      }
    }
  };
  const Side& a = direction.gain ? direction.from : direction.to;
  const Side& b = direction.gain ? direction.to : direction.from;
  ask(a, example.verdict_a, example.lines_a);
  ask(b, example.verdict_b, example.lines_b);
  return example;
}

Result<std::vector<Change>> compare(const Side& a, const Side& b, const Options& options) {
  std::vector<Change> changes;
  BH_TRY(Joint file, Joint::make(file_of(a), file_of(b), options.budget));
  BH_TRY(Joint policydb, Joint::make(policydb_of(a), policydb_of(b), options.budget));
  BH_TRY(const auto links_a, query::link_language(query::file_table(a.profile), options.budget));
  BH_TRY(const auto links_b, query::link_language(query::file_table(b.profile), options.budget));
  BH_TRY(Joint links, Joint::of_languages(links_a, links_b, compile::perm::link, options.budget));
  const Joints joints{std::move(file), std::move(links), std::move(policydb)};
  for (const bool gain : {true, false}) {
    const Direction direction{gain ? a : b, gain ? b : a, gain, options};
    add_member_changes(direction, changes);
    constexpr auto unconfined = static_cast<std::uint32_t>(compile::Mode::unconfined);
    if (a.profile.mode == unconfined || b.profile.mode == unconfined) continue;  // rules decide nothing there
    add_listed_changes(direction, changes);
    BH_TRY_DO(add_language_changes(direction, joints, changes));
  }
  if (a.profile.name != b.profile.name) drop_own_names(changes, a.profile.name, b.profile.name);
  std::ranges::stable_sort(changes, [](const Change& one, const Change& other) {
    if (one.gain != other.gain) return one.gain;
    return one.severity > other.severity;
  });
  return changes;
}

}  // namespace bh::diff
