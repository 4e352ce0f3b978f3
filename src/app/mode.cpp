#include "app/mode.h"

#include <algorithm>
#include <cerrno>

#include "app/load.h"
#include "app/status.h"
#include "compile/decode.h"
#include "compile/encode.h"

namespace bh::app {
namespace {

bool under(std::string_view profile, std::string_view name) {
  return profile == name || (profile.starts_with(name) && profile.substr(name.size()).starts_with("//"));
}

void clear_quiet(std::optional<compile::Pdb>& pdb) {
  if (!pdb) return;
  for (compile::FilePerms& perms : pdb->perms) perms.owner.quiet = perms.other.quiet = 0;
}

/// The flags that name a mode.
bool is_mode_flag(const policy::Flag& flag) {
  constexpr std::string_view words[] = {"enforce",    "complain",      "kill",
                                        "unconfined", "default_allow", "prompt"};
  return std::ranges::find(words, flag.name.value) != std::end(words);
}

void set_flag(policy::ResolvedPolicy& policy, const std::string& name, WantedMode mode) {
  for (auto& profile : policy.profiles) {
    if (!under(profile.name, name)) continue;
    std::erase_if(profile.flags, is_mode_flag);
    if (mode == WantedMode::complain) {
      policy::Text word{.value = "complain", .span = profile.span};
      profile.flags.push_back({.name = std::move(word)});
    }
  }
}

struct FromSource {
  compile::KernelPolicy policy;
  std::string bytes;
};

/// The file at `path` compiled for `mode`, if it compiles to `loaded` in the mode that is loaded now. Its
/// faults are not ours to report.
std::optional<FromSource> from_source(Session& session, Pipeline& pipeline, const std::string& path,
                                      const std::string& name, WantedMode mode, std::string_view loaded) {
  auto bytes = read_file(session.world.os, path);
  auto chosen = pipeline.features();
  if (!bytes || !chosen) return std::nullopt;
  Session apart(session.world);
  Pipeline resolver(apart, {});
  auto profile = resolver.read(path);
  if (!profile || profile->input.kind != InputKind::text) return std::nullopt;
  auto resolved = resolver.resolve(*profile);
  if (!resolved) return std::nullopt;
  auto compiled = [&]() -> std::optional<FromSource> {
    auto policy = compile::compile(*resolved, chosen->features, {}, apart.sources, apart.sink);
    if (!policy) return std::nullopt;
    auto encoded = compile::encode(*policy, chosen->features);
    if (!encoded) return std::nullopt;
    return FromSource{std::move(*policy), std::move(*encoded)};
  };
  bool known = false;
  if (auto as_written = compiled()) known = as_written->bytes == loaded;
  auto other = mode == WantedMode::complain ? WantedMode::enforce : WantedMode::complain;
  if (!known) {
    set_flag(*resolved, name, other);
    auto changed_before = compiled();
    known = changed_before && changed_before->bytes == loaded;
  }
  if (!known) return std::nullopt;
  set_flag(*resolved, name, mode);
  return compiled();
}

}  // namespace

std::vector<std::string> change_mode(compile::KernelPolicy& policy, const std::string& name,
                                     WantedMode mode) {
  if (policy.force_complain) {  // one bit for the whole load: said for each profile instead
    for (auto& profile : policy.profiles) profile.mode = static_cast<std::uint32_t>(compile::Mode::complain);
    policy.force_complain = false;
  }
  std::vector<std::string> changed;
  for (auto& profile : policy.profiles) {
    if (!under(listed_name(profile), name)) continue;
    profile.mode = static_cast<std::uint32_t>(mode == WantedMode::complain ? compile::Mode::complain
                                                                           : compile::Mode::enforce);
    if (mode == WantedMode::complain) {
      clear_quiet(profile.file);
      clear_quiet(profile.policydb);
      profile.capabilities.quiet = 0;
      for (auto& family : profile.network) family.quiet = 0;
    }
    changed.push_back(listed_name(profile));
  }
  std::ranges::stable_partition(changed, [&](const std::string& one) { return one == name; });
  return changed;
}

Result<ModeReport> set_mode(Session& session, Pipeline& pipeline, const std::string& name, WantedMode mode) {
  ModeReport report{.name = name, .now = mode == WantedMode::complain ? "complain" : "enforce"};
  BH_TRY(auto found, session.kernel.find(name));
  if (!found) return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});
  report.before = found->mode;
  if (report.before != "enforce" && report.before != "complain")
    return fail(
        "{} is loaded in mode {}, which has nothing between complain and enforce to change; apply its source "
        "instead",
        name, report.before);
  report.file = persisted_path(session.world.os, session.world.policy_folder, name);
  if (report.before == report.now) return report;

  BH_TRY(auto details, session.kernel.details(name));
  BH_TRY(std::string loaded, session.kernel.raw_data(details));
  if (!report.file.empty()) {
    if (auto source = from_source(session, pipeline, report.file, name, mode, loaded)) {
      report.source = report.file;
      for (const auto& profile : source->policy.profiles)
        if (listed_name(profile) != name && under(listed_name(profile), name))
          report.with_it.push_back(listed_name(profile));
      BH_TRY(report.verified, load_and_verify(session, source->policy, source->bytes));
      return report;
    }
  }
  auto decoded = compile::decode(loaded);
  if (!decoded) return tl::unexpected(std::move(decoded.error()).in("cannot read the kernel's copy"));
  auto changed = change_mode(*decoded, name, mode);
  std::erase_if(decoded->profiles, [&](const auto& profile) { return !under(listed_name(profile), name); });
  if (changed.empty()) return fail("the kernel's copy of the load does not hold {}", name);
  report.with_it.assign(changed.begin() + 1, changed.end());
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  BH_TRY(std::string bytes, compile::encode(*decoded, chosen.features));
  BH_TRY(report.verified, load_and_verify(session, *decoded, bytes));
  return report;
}

}  // namespace bh::app
