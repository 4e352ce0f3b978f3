#include "check/profile_view.h"

#include <algorithm>
#include <map>
#include <set>
#include <variant>

#include "automata/determinise.h"
#include "automata/relate.h"
#include "compile/glob.h"
#include "query/decide.h"

namespace bh::check {
namespace {

/// Where rules stand that are in no `if` and no block of qualifiers. Nesting is limited by the parser.
void collect_plain(const policy::Block& block, std::set<std::uint32_t>& begins) {
  for (const policy::Node& node : block.nodes) {
    if (const auto* rule = std::get_if<policy::Rule>(&node)) begins.insert(rule->span.begin);
    if (const auto* profile = std::get_if<policy::Profile>(&node)) collect_plain(*profile->body, begins);
  }
}

}  // namespace

ProfileView::ProfileView(const Subject& subject, const policy::Block& written, std::size_t index)
    : subject_(subject),
      profile_(subject.policy.profiles[index]),
      compiled_(subject.compiled.profiles[index]) {
  if (!written.nodes.empty())
    std::visit([&](const auto& node) { first_statement_ = node.span.begin; }, written.nodes.front());
  std::set<std::uint32_t> plain;
  collect_plain(written, plain);
  std::map<std::uint32_t, WrittenRule> by_place;
  for (std::uint32_t i = 0; i < profile_.rules.size(); ++i) {
    if (!is_own(i)) continue;
    const diag::Span span = profile_.rules[i].rule.span;
    WrittenRule& rule = by_place[span.begin];
    rule.span = span;
    rule.rules.push_back(i);
    rule.plain = plain.contains(span.begin);
  }
  for (auto& [begin, rule] : by_place) own_.push_back(std::move(rule));
  if (!compiled_.file || !compiled_.file->meetings) return;
  const compile::Meetings& all = *compiled_.file->meetings;
  for (std::uint32_t set = 0; set < all.states.tag_sets.size(); ++set)
    perms_.push_back(all.perms_of(all.states.tag_sets[set]));
}

diag::Span ProfileView::place_of(std::uint32_t rule) const {
  const policy::ResolvedRule& resolved = profile_.rules[rule];
  diag::Span span = resolved.rule.span;
  for (policy::ChainId chain = resolved.chain; chain.valid() && span.source != subject_.source;
       chain = subject_.policy.chains[chain.index()].outer)
    span = subject_.policy.chains[chain.index()].include;
  return span;
}

std::vector<ProfileView::Meeting> ProfileView::meetings(const automata::Dfa& language) const {
  std::vector<Meeting> found;
  if (perms_.empty()) return found;
  auto pairs = automata::accept_pairs(compiled_.file->meetings->states.dfa, language);
  if (!pairs) {
    incomplete_ = true;
    return found;
  }
  for (automata::Witness& pair : *pairs)
    if (pair.accept_b != 0) found.push_back({pair.accept_a, std::move(pair.bytes)});
  return found;
}

std::optional<std::uint32_t> ProfileView::set_of(std::string_view path) const {
  if (perms_.empty()) return std::nullopt;
  const automata::Dfa& dfa = compiled_.file->meetings->states.dfa;
  return dfa.accept[dfa.run(path)];
}

bool ProfileView::meets(std::uint32_t set, const WrittenRule& written) const {
  const compile::Meetings& all = *compiled_.file->meetings;
  return std::ranges::any_of(all.states.tag_sets[set], [&](std::uint32_t tag) {
    return std::ranges::binary_search(written.rules, all.rules[tag]);
  });
}

std::vector<std::uint32_t> ProfileView::allowing(std::string_view path, std::uint32_t bits,
                                                 bool owner) const {
  std::vector<std::uint32_t> rules;
  const query::Deciding deciding(*compiled_.file->trace, path, owner);
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    if ((bits & bit) == 0) continue;
    const query::Decision decision = deciding.of(bit);
    if (decision.outcome != query::Decision::Outcome::allows) continue;
    for (const std::uint32_t tag : decision.tags)
      if (const std::uint32_t rule = deciding.meaning(tag).rule; rule != compile::TagMeaning::implied)
        rules.push_back(rule);
  }
  std::ranges::sort(rules);
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  return rules;
}

std::uint32_t ProfileView::bits_of(const WrittenRule& written) const {
  std::uint32_t bits = 0;
  if (perms_.empty()) return bits;
  for (const compile::TagMeaning& meaning : compiled_.file->trace->meanings)
    if (std::ranges::binary_search(written.rules, meaning.rule))
      bits |= meaning.perms.owner.allow | meaning.perms.other.allow;
  // `w` and `r` both let a file be opened: such bits tell nothing apart.
  namespace perm = compile::perm;
  return bits & (perm::exec | perm::write | perm::read | perm::append | perm::link | perm::lock | perm::mmap);
}

std::optional<automata::Dfa> language_of(std::string_view glob) {
  automata::ExprPool pool;
  diag::Sink sink;
  const auto language = compile::glob(pool, {std::string(glob), {}, false}, "path", {}, sink);
  if (!language) return std::nullopt;
  const automata::Pattern pattern{language->expr, 0};
  auto made = automata::determinise(pool, {&pattern, 1});
  if (!made) return std::nullopt;
  return std::move(made->dfa);
}

std::optional<bool> is_within(const automata::Dfa& a, const automata::Dfa& b) {
  const auto outside = automata::first_difference(
      a, b, [](std::uint32_t of_a, std::uint32_t of_b) { return of_a == 0 || of_b != 0; });
  if (!outside) return std::nullopt;
  return !outside->has_value();
}

}  // namespace bh::check
