#include "query/path_questions.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "query/action_words.h"
#include "query/explain.h"

namespace bh::query {
namespace {

/// A byte that makes a path more than what stands there: blanks part words, quotes hold them together; what
/// is not printable is shown otherwise.
bool is_plain(std::string_view path) {
  return std::ranges::all_of(path,
                             [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '(' && c != '\\'; });
}

}  // namespace

PathQuestions::PathQuestions(const compile::CompiledProfile& profile) : table_(file_table(profile)) {
  // Nothing to walk: the general way says why.
  if (table_.pdb == nullptr || profile.mode == static_cast<std::uint32_t>(compile::Mode::unconfined)) return;
  for (const auto& [word, bits] : file_access) {
    Verb verb{word, {}};
    for (const compile::FilePerms& entry : table_.pdb->perms) {
      const Verdicts verdicts{judge(entry.owner, bits, profile.audit != 0),
                              judge(entry.other, bits, profile.audit != 0)};
      verb.outcomes.push_back({verdicts, headline("", verdicts.owner, verdicts.other, profile.mode)});
    }
    verbs_.push_back(std::move(verb));
  }
}

const PathQuestions::Verb* PathQuestions::verb_of(std::string_view line, std::string_view& path) const {
  const std::size_t blank = line.find(' ');
  if (blank == std::string_view::npos || line.size() > max_action_bytes) return nullptr;
  path = line.substr(blank + 1);
  if (!path.starts_with('/') || !is_plain(path)) return nullptr;
  const auto verb = std::ranges::find(verbs_, line.substr(0, blank), &Verb::word);
  return verb == verbs_.end() ? nullptr : &*verb;
}

void PathQuestions::answer(std::span<const std::string_view> lines, std::span<Answered> into) const {
  BH_CHECK(lines.size() <= batch && lines.size() <= into.size());
  std::array<const Verb*, batch> verbs{};
  std::array<std::string_view, batch> paths;
  std::array<std::uint32_t, batch> states{};
  std::size_t longest = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    verbs[i] = verb_of(lines[i], paths[i]);
    if (verbs[i] == nullptr) paths[i] = {};
    states[i] = table_.start;
    longest = std::max(longest, paths[i].size());
  }
  for (std::size_t at = 0; at < longest; ++at) {
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (at < paths[i].size())
        states[i] = table_.pdb->dfa.step(states[i], static_cast<std::uint8_t>(paths[i][at]));
    }
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    into[i] = {};
    if (verbs[i] == nullptr) continue;
    const Outcome& outcome = verbs[i]->outcomes[table_.pdb->dfa.accept[states[i]]];
    into[i] = {outcome.verdicts, outcome.text};
  }
}

}  // namespace bh::query
