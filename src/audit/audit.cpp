#include "audit/audit.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "audit/host_fs.h"
#include "diag/suggest.h"

namespace bh::audit {
namespace {

tl::unexpected<Error> no_such(std::string_view kind, const std::string& word,
                              const std::vector<std::string_view>& known) {
  auto nearest = diag::did_you_mean(word, known);
  if (nearest) return fail("there is no {} {}; did you mean {}?", kind, word, *nearest);
  if (known.size() <= 16) return fail("there is no {} {}; there are {}", kind, word, fmt::join(known, ", "));
  return fail("there is no {} {}", kind, word);
}

Result<void> check_words(const Selection& selection) {
  std::vector<std::string_view> versions(benchmark_versions.begin(), benchmark_versions.end());
  if (std::ranges::find(versions, selection.benchmark) == versions.end())
    return no_such("benchmark version", selection.benchmark, versions);
  std::vector<std::string_view> sections;
  for (int i = 0; i <= static_cast<int>(Section::beyond); ++i)
    sections.push_back(word(static_cast<Section>(i)));
  for (const auto& section : selection.sections)
    if (std::ranges::find(sections, section) == sections.end()) return no_such("section", section, sections);
  for (const auto& wanted : selection.checks) {
    std::vector<std::string_view> known;
    bool found = false;
    for (const auto& check : catalogue()) {
      known.push_back(check.key);
      found |= check.key == wanted || check.id(selection.benchmark) == wanted;
    }
    if (!found) return no_such(fmt::format("check in {}:", selection.benchmark), wanted, known);
  }
  return {};
}

bool is_selected(const Check& check, std::string_view id, const Selection& selection) {
  if (id.empty()) return false;
  bool own = id == check.own_id && !check.own_id.empty();
  if (own && !selection.beyond && selection.checks.empty()) return false;
  if (selection.level == 1 && check.level == 2) return false;
  auto has = [](const std::vector<std::string>& list, std::string_view text) {
    return std::ranges::find(list, text) != list.end();
  };
  if (!selection.sections.empty() && !has(selection.sections, word(check.section))) return false;
  return selection.checks.empty() || has(selection.checks, check.key) || has(selection.checks, id);
}

bool has_label(const docker::Labels& labels, const std::string& wanted) {
  auto equals = wanted.find('=');
  auto found = labels.find(wanted.substr(0, equals));
  return found != labels.end() && (equals == std::string::npos || found->second == wanted.substr(equals + 1));
}

Result<std::vector<const ContainerFacts*>> select_containers(const Snapshot& snapshot,
                                                             const Selection& selection) {
  std::vector<const ContainerFacts*> out;
  if (!snapshot.containers) return out;
  auto matches = [](const ContainerFacts& container, const std::string& wanted) {
    return container.name == wanted || (wanted.size() >= 4 && container.id.starts_with(wanted));
  };
  for (const auto& wanted : selection.containers) {
    std::vector<std::string_view> known;
    for (const auto& container : *snapshot.containers) known.push_back(container.name);
    if (std::ranges::none_of(*snapshot.containers,
                             [&](const auto& container) { return matches(container, wanted); }))
      return no_such("container", wanted, known);
  }
  for (const auto& container : *snapshot.containers) {
    bool named = selection.containers.empty() ||
                 std::ranges::any_of(selection.containers,
                                     [&](const auto& wanted) { return matches(container, wanted); });
    bool labelled = selection.labels.empty() ||
                    (container.inspect && std::ranges::all_of(selection.labels, [&](const auto& label) {
                       return has_label(container.inspect->config.labels, label);
                     }));
    if (named && labelled) out.push_back(&container);
  }
  return out;
}

Result<std::vector<const ImageFacts*>> select_images(const Snapshot& snapshot, const Selection& selection,
                                                     const std::vector<const ContainerFacts*>& containers) {
  std::vector<const ImageFacts*> out;
  if (!snapshot.images) return out;
  auto matches = [](const ImageFacts& image, const std::string& wanted) {
    if (image.name == wanted || image.name == wanted + ":latest") return true;
    if (image.inspect &&
        std::ranges::find(image.inspect->repo_tags, wanted) != image.inspect->repo_tags.end())
      return true;
    return wanted.size() >= 4 && (image.id.starts_with(wanted) || image.id.starts_with("sha256:" + wanted));
  };
  for (const auto& wanted : selection.images) {
    std::vector<std::string_view> known;
    for (const auto& image : *snapshot.images) known.push_back(image.name);
    if (std::ranges::none_of(*snapshot.images, [&](const auto& image) { return matches(image, wanted); }))
      return no_such("image", wanted, known);
  }
  // With containers chosen and no images, the images are those of the chosen containers.
  bool by_container =
      selection.images.empty() && (!selection.containers.empty() || !selection.labels.empty());
  for (const auto& image : *snapshot.images) {
    bool chosen =
        by_container
            ? std::ranges::any_of(containers,
                                  [&](const auto* container) {
                                    return container->inspect && container->inspect->image == image.id;
                                  })
            : selection.images.empty() || std::ranges::any_of(selection.images, [&](const auto& wanted) {
                return matches(image, wanted);
              });
    if (chosen) out.push_back(&image);
  }
  return out;
}

std::string section_title(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Section::beyond); ++i)
    if (word(static_cast<Section>(i)) == name) return std::string(title(static_cast<Section>(i)));
  return std::string(name);
}

}  // namespace

bool id_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    auto part_a = a.substr(0, a.find('.'));
    auto part_b = b.substr(0, b.find('.'));
    auto number = [](std::string_view text) -> std::optional<long> {
      if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
      return std::strtol(std::string(text).c_str(), nullptr, 10);
    };
    auto number_a = number(part_a);
    auto number_b = number(part_b);
    if (number_a && number_b && *number_a != *number_b) return *number_a < *number_b;
    if (number_a.has_value() != number_b.has_value()) return number_a.has_value();
    if (!number_a && part_a != part_b) return part_a < part_b;
    a.remove_prefix(std::min(a.size(), part_a.size() + 1));
    b.remove_prefix(std::min(b.size(), part_b.size() + 1));
  }
  return a.size() < b.size();
}

Result<report::Document> run_audit(const Snapshot& snapshot, const Policy& policy,
                                   const Selection& selection) {
  BH_TRY_DO(check_words(selection));
  BH_TRY(auto containers, select_containers(snapshot, selection));
  BH_TRY(auto images, select_images(snapshot, selection, containers));
  auto engine = snapshot.version ? snapshot.version->version : "of unknown version";
  report::Document out{.tool_version = snapshot.tool,
                       .standard = "CIS Docker Benchmark " + selection.benchmark,
                       .subject = fmt::format("engine {} at {}", engine, snapshot.endpoint),
                       .host = snapshot.info ? snapshot.info->name : snapshot.host.name,
                       .taken_at = snapshot.taken_at};
  for (const auto& check : catalogue()) {
    auto id = check.id(selection.benchmark);
    if (!is_selected(check, id, selection)) continue;
    auto found = check.function({snapshot, policy, selection.benchmark, check.parameter, containers, images});
    out.findings.push_back({std::string(id), std::string(check.key), std::string(word(check.section)),
                            std::string(check.title), std::string(check.help), check.level, check.automated,
                            found.outcome, std::move(found.summary), std::move(found.evidence)});
  }
  std::ranges::stable_sort(out.findings, id_less, &report::Finding::id);
  for (const auto& finding : out.findings) {
    auto section = std::ranges::find(out.sections, finding.section, &report::Section::name);
    if (section == out.sections.end())
      section = out.sections.insert(section, {finding.section, section_title(finding.section), {}});
    ++section->score.counts[static_cast<std::size_t>(finding.outcome)];
    ++out.total.counts[static_cast<std::size_t>(finding.outcome)];
  }
  return out;
}

}  // namespace bh::audit
