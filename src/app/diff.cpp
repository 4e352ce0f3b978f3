#include "app/diff.h"

#include <algorithm>
#include <optional>

#include "app/mode_text.h"
#include "app/origin.h"
#include "app/verify.h"

namespace bh::app {
namespace {

/// A policy, and the profiles of it that take part.
struct Opened {
  Compiled compiled;
  std::vector<std::size_t> profiles;  ///< indices in compiled.policy.profiles

  [[nodiscard]] const compile::CompiledProfile& profile(std::size_t index) const {
    return compiled.policy.profiles[index];
  }
};

Result<Opened> open(Pipeline& pipeline, const std::string& name, Purpose purpose) {
  BH_TRY(Profile profile, pipeline.read(name));
  BH_TRY(Compiled compiled, pipeline.compile(profile, purpose));
  Opened opened{std::move(compiled), {}};
  const std::string& wanted = profile.input.loaded_name;
  for (std::size_t i = 0; i < opened.compiled.policy.profiles.size(); ++i) {
    // A load may hold more than the profile that was asked for; its children belong to it.
    if (wanted.empty() || is_under(listed_name(opened.profile(i)), wanted)) opened.profiles.push_back(i);
  }
  return opened;
}

struct Pairing {
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::vector<std::size_t> only_a, only_b;
};

/// `parent` renamed to `other` in `name`, where it is it or above it.
std::optional<std::string> under(const std::string& name, const std::string& parent,
                                 const std::string& other) {
  if (!is_under(name, parent)) return std::nullopt;
  return other + name.substr(parent.size());
}

Pairing pair_up(const Opened& a, const Opened& b) {
  Pairing pairing;
  std::vector<std::size_t> left_b = b.profiles;
  const auto take = [&](std::size_t index, const std::string& name) {
    const auto at =
        std::ranges::find_if(left_b, [&](std::size_t other) { return b.profile(other).name == name; });
    if (at == left_b.end()) return false;
    pairing.pairs.emplace_back(index, *at);
    left_b.erase(at);
    return true;
  };
  std::vector<std::size_t> left_a;
  for (const std::size_t index : a.profiles)
    if (!take(index, a.profile(index).name)) left_a.push_back(index);
  // One profile on each side whose name the other does not know: what they are called is no matter.
  const auto top = [](const Opened& side, const std::vector<std::size_t>& left) {
    std::vector<std::size_t> tops;
    for (const std::size_t index : left)
      if (side.profile(index).name.find("//") == std::string::npos) tops.push_back(index);
    return tops;
  };
  const auto tops_a = top(a, left_a), tops_b = top(b, left_b);
  if (tops_a.size() == 1 && tops_b.size() == 1) {
    const std::string& of_a = a.profile(tops_a.front()).name;
    const std::string of_b = b.profile(tops_b.front()).name;
    std::erase_if(left_a, [&](std::size_t index) {
      const auto renamed = under(a.profile(index).name, of_a, of_b);
      return renamed && take(index, *renamed);
    });
  }
  pairing.only_a = std::move(left_a);
  pairing.only_b = std::move(left_b);
  return pairing;
}

}  // namespace

Result<diff::Report> diff_profiles(Session& session, Pipeline& pipeline, const std::string& a,
                                   const std::string& b, const DiffSettings& settings) {
  BH_TRY(const Opened of_a, open(pipeline, a, Purpose::reasons));
  BH_TRY(const Opened of_b, open(pipeline, b, Purpose::reasons));
  const Pairing pairing = pair_up(of_a, of_b);
  diff::Report report{.a = a, .b = b};
  for (const auto& [index_a, index_b] : pairing.pairs) {
    const auto origin_a = origin_of(session, of_a.compiled, index_a),
               origin_b = origin_of(session, of_b.compiled, index_b);
    const diff::Side side_a{a, of_a.profile(index_a), origin_a ? &*origin_a : nullptr};
    const diff::Side side_b{b, of_b.profile(index_b), origin_b ? &*origin_b : nullptr};
    diff::Options options{.max_rows = settings.max_rows};
    for (const auto* origin : {&origin_a, &origin_b}) {
      if (!*origin) continue;
      for (std::string& hint : query::glob_hints((*origin)->profile))
        options.hints.push_back(std::move(hint));
    }
    BH_TRY(auto changes, diff::compare(side_a, side_b, options));
    report.profiles.push_back({listed_name(side_a.profile), listed_name(side_b.profile), std::move(changes),
                               diff::catalogue_changes(side_a.profile, side_b.profile)});
  }
  for (const std::size_t index : pairing.only_a) report.only_a.push_back(listed_name(of_a.profile(index)));
  for (const std::size_t index : pairing.only_b) report.only_b.push_back(listed_name(of_b.profile(index)));
  return report;
}

Result<std::vector<query::PolicyDifference>> witnesses(Session&, Pipeline& pipeline, const std::string& a,
                                                       const std::string& b) {
  BH_TRY(const Opened of_a, open(pipeline, a, Purpose::answers));
  BH_TRY(const Opened of_b, open(pipeline, b, Purpose::answers));
  const Pairing pairing = pair_up(of_a, of_b);
  std::vector<query::PolicyDifference> all;
  for (const auto& [index_a, index_b] : pairing.pairs) {
    BH_TRY(auto differences, query::profile_differences(of_a.profile(index_a), of_b.profile(index_b)));
    for (query::PolicyDifference& one : differences) all.push_back(std::move(one));
  }
  for (const std::size_t index : pairing.only_a)
    all.push_back({of_a.profile(index).name, "profile", "present | absent", std::nullopt});
  for (const std::size_t index : pairing.only_b)
    all.push_back({of_b.profile(index).name, "profile", "absent | present", std::nullopt});
  return all;
}

}  // namespace bh::app
