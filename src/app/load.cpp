#include "app/load.h"

#include <algorithm>

#include "app/loadable.h"

namespace bh::app {

std::vector<LoadedEntry> entries_of(const compile::KernelPolicy& policy,
                                    const std::vector<kernel::LoadedProfile>& loaded) {
  std::vector<LoadedEntry> entries;
  for (const auto& profile : policy.profiles) {
    std::string name = listed_name(profile);
    bool replaced = std::ranges::find(loaded, name, &kernel::LoadedProfile::name) != loaded.end();
    entries.push_back({std::move(name), std::string(listed_mode(policy, profile)), replaced});
  }
  return entries;
}

namespace {

Result<Verified> verify_after_load(Session& session, const compile::KernelPolicy& policy,
                                   std::string_view bytes) {
  auto verified = verify_loaded(session, policy, bytes);
  if (!verified)
    return tl::unexpected(std::move(verified.error()).in("loaded, but reading it back shows a difference"));
  return verified;
}

}  // namespace

Result<LoadReport> load(Session& session, Pipeline& pipeline, const std::string& input,
                        const LoadOptions& options) {
  LoadReport report{.input = input, .dry_run = options.dry_run};
  BH_TRY(Compiled compiled, pipeline.open_ready(input));
  report.bytes = compiled.bytes.size();
  if (options.dry_run) {
    auto loaded =
        session.kernel.profiles();  // without AppArmor, or the right to look, nothing is known to be replaced
    report.profiles = entries_of(compiled.policy, loaded ? *loaded : std::vector<kernel::LoadedProfile>());
    return report;
  }
  BH_TRY_DO(session.kernel.require());
  BH_TRY_DO(check_loadable(session, compiled.policy));
  auto loaded = session.kernel.profiles();
  if (loaded) report.profiles = entries_of(compiled.policy, *loaded);
  BH_TRY_DO(options.no_replace ? session.kernel.load(compiled.bytes)
                               : session.kernel.replace(compiled.bytes));
  BH_TRY(report.verified, verify_after_load(session, compiled.policy, compiled.bytes));
  return report;
}

}  // namespace bh::app
