// Capabilities, sockets and the like: few enough to ask each.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "compile/names.h"
#include "diff/parts.h"
#include "diff/severity.h"

namespace bh::diff {
namespace {

using query::ActionKind;
using query::Form;

/// Forms that gain the same accesses, and which accesses (bits by position).
struct Group {
  std::string_view verb;
  std::uint64_t accesses;
  auto operator<=>(const Group&) const = default;
};

bool gained(const Direction& direction, const query::Action& action) {
  const auto allowed = [&](const Side& side) {
    return query::is_allowed(query::ask(side.profile, action, query::Detail::verdicts));
  };
  return allowed(direction.to) && !allowed(direction.from);
}

/// `inet`, where every type of it is meant; `inet stream, inet raw`; `every family`.
std::vector<std::string> socket_texts(const std::vector<const Form*>& forms) {
  const std::size_t types = compile::socket_type_names().size();
  std::map<std::string, std::vector<std::string>> by_family;
  for (const Form* form : forms) by_family[form->choices[0]].push_back(form->choices[1]);
  const bool all =
      by_family.size() == compile::family_names().size() &&
      std::ranges::all_of(by_family, [&](const auto& one) { return one.second.size() == types; });
  if (all) return {"every family"};
  std::vector<std::string> texts;
  for (const auto& [family, its_types] : by_family) {
    if (its_types.size() == types)
      texts.push_back(family);
    else
      texts.push_back(fmt::format("{} {}", family, fmt::join(its_types, "|")));
  }
  return texts;
}

std::vector<std::string> texts_of(const std::vector<const Form*>& forms) {
  if (forms.front()->kind == ActionKind::network) return socket_texts(forms);
  std::vector<std::string> texts;
  for (const Form* form : forms)
    if (!form->choices.empty()) texts.push_back(form->choices.front());
  return texts;
}

void add_group(const Direction& direction, const Group& group, const std::vector<const Form*>& forms,
               std::vector<Change>& out) {
  const Form& first = *forms.front();
  Gained gained{.form = first, .accesses = access_words(first, group.accesses)};
  for (const Form* form : forms)
    if (!form->choices.empty()) gained.choices.push_back(form->choices);
  const Weight weight = weigh(gained);
  Change change{.gain = direction.gain, .severity = weight.severity, .why = weight.why};
  change.kind = group.verb;
  const bool whole = gained.accesses.size() == first.accesses.size();
  change.what = whole && first.kind != ActionKind::io_uring
                    ? std::string(group.verb)
                    : fmt::format("{} {}", group.verb, fmt::join(gained.accesses, ", "));
  change.object_texts = texts_of(forms);
  for (const std::string& text : change.object_texts) change.objects.rows.push_back({{text}, true});
  if (auto example = ask_both(direction, query::action_text(first, gained.accesses.front(), {})))
    change.examples.push_back(std::move(*example));
  out.push_back(std::move(change));
}

}  // namespace

void add_listed_changes(const Direction& direction, std::vector<Change>& out) {
  std::map<Group, std::vector<const Form*>> groups;
  const std::vector<Form> all = query::forms(direction.to.profile);
  for (const Form& form : all) {
    if (!form.fields.empty() || !comparable(direction, form)) continue;
    std::uint64_t accesses = 0;
    for (std::size_t i = 0; i < form.accesses.size(); ++i) {
      if (gained(direction, *query::read_action(query::action_text(form, form.accesses[i].word, {}))))
        accesses |= std::uint64_t{1} << i;
    }
    if (accesses != 0) groups[{form.verb, accesses}].push_back(&form);
  }
  for (const auto& [group, forms] : groups) add_group(direction, group, forms, out);
}

}  // namespace bh::diff
