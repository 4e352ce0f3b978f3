#include "app/mode_text.h"

#include <algorithm>
#include <optional>

namespace bh::app {
namespace {

constexpr std::string_view blanks = " \t\r\n";

struct Edit {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string text;
};

/// Where the blanks before `at` begin.
std::size_t before_blanks(std::string_view text, std::size_t at) {
  while (at > 0 && blanks.find(text[at - 1]) != std::string_view::npos) --at;
  return at;
}

std::size_t after_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && blanks.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

Edit add_complain(std::string_view text, const policy::ResolvedProfile& profile) {
  auto old = std::ranges::find_if(profile.flags, is_mode_flag);
  if (old != profile.flags.end()) return {old->name.span.begin, old->name.span.end, "complain"};
  if (!profile.flags.empty()) {
    std::size_t first = profile.flags.front().name.span.begin;
    return {first, first, "complain, "};
  }
  std::size_t brace = profile.span.end;
  bool apart = brace > 0 && blanks.find(text[brace - 1]) != std::string_view::npos;
  return {brace, brace, apart ? "flags=(complain) " : " flags=(complain) "};
}

/// The only flag goes with its `flags=(…)` and the blanks before it; nothing where that is written in a way
/// that this does not see through (a comment between).
std::optional<Edit> remove_all_flags(std::string_view text, const diag::Span& flag) {
  std::size_t end = after_blanks(text, flag.end);
  while (end < text.size() && text[end] == ',') end = after_blanks(text, end + 1);
  std::size_t begin = before_blanks(text, flag.begin);
  if (end >= text.size() || text[end] != ')' || begin == 0 || text[begin - 1] != '(') return std::nullopt;
  begin = before_blanks(text, begin - 1);
  if (begin > 0 && text[begin - 1] == '=') {
    begin = before_blanks(text, begin - 1);
    constexpr std::string_view word = "flags";
    if (begin < word.size() || text.substr(begin - word.size(), word.size()) != word) return std::nullopt;
    begin -= word.size();
  }
  return Edit{before_blanks(text, begin), end + 1, ""};
}

Edit remove_complain(std::string_view text, const policy::ResolvedProfile& profile,
                     const policy::Flag& flag) {
  const diag::Span& span = flag.name.span;
  if (profile.flags.size() == 1)
    if (auto whole = remove_all_flags(text, span)) return *whole;
  // With the comma that follows; the last one with the comma before it.
  std::size_t end = after_blanks(text, span.end);
  if (end < text.size() && text[end] == ',') return {span.begin, after_blanks(text, end + 1), ""};
  if (&flag != &profile.flags.front()) {
    std::size_t begin = before_blanks(text, span.begin);
    if (begin > 0 && text[begin - 1] == ',') return {begin - 1, span.end, ""};
    return {begin, span.end, ""};
  }
  if (profile.flags.size() > 1) return {span.begin, end, ""};
  return {span.begin, span.end, "enforce"};
}

}  // namespace

bool is_mode_flag(const policy::Flag& flag) {
  constexpr std::string_view words[] = {"enforce",    "complain",      "kill",
                                        "unconfined", "default_allow", "prompt"};
  return std::ranges::find(words, flag.name.value) != std::end(words);
}

bool is_under(std::string_view profile, std::string_view name) {
  return profile == name || (profile.starts_with(name) && profile.substr(name.size()).starts_with("//"));
}

bool has_silent_denies(const policy::ResolvedPolicy& policy) {
  return std::ranges::any_of(policy.profiles, [](const policy::ResolvedProfile& profile) {
    return std::ranges::any_of(profile.rules, [](const policy::ResolvedRule& rule) {
      return rule.rule.qualifiers.access == policy::Access::deny && !rule.rule.qualifiers.audit;
    });
  });
}

ModeText with_mode(std::string_view text, diag::SourceId source, const policy::ResolvedPolicy& policy,
                   std::string_view name, WantedMode mode) {
  ModeText result;
  std::vector<Edit> edits;
  for (const policy::ResolvedProfile& profile : policy.profiles) {
    if (!name.empty() && !is_under(profile.name, name)) continue;
    auto complain = std::ranges::find_if(
        profile.flags, [](const policy::Flag& flag) { return flag.name.value == "complain"; });
    if ((complain != profile.flags.end()) == (mode == WantedMode::complain)) continue;
    // A head without flags reaches up to its brace.
    bool at_brace = profile.span.end < text.size() && text[profile.span.end] == '{';
    if (profile.span.source != source || (profile.flags.empty() && !at_brace)) {
      result.elsewhere.push_back(profile.name);
    } else if (mode == WantedMode::complain) {
      edits.push_back(add_complain(text, profile));
    } else {
      edits.push_back(remove_complain(text, profile, *complain));
    }
  }
  // From the end, so that no edit moves the places of the others.
  std::ranges::sort(edits, std::ranges::greater(), &Edit::begin);
  result.text = text;
  for (const Edit& edit : edits) result.text.replace(edit.begin, edit.end - edit.begin, edit.text);
  return result;
}

}  // namespace bh::app
