#include "app/mode.h"

#include <algorithm>
#include <cerrno>
#include <optional>

#include "app/load_and_keep.h"
#include "base/file.h"
#include "compile/decode.h"
#include "compile/encode.h"

namespace bh::app {
namespace {

void clear_quiet(std::optional<compile::Pdb>& pdb) {
  if (!pdb) return;
  for (compile::FilePerms& perms : pdb->perms) perms.owner.quiet = perms.other.quiet = 0;
}

void set_flag(policy::ResolvedPolicy& policy, const std::string& name, WantedMode mode) {
  for (auto& profile : policy.profiles) {
    if (!is_under(profile.name, name)) continue;
    std::erase_if(profile.flags, is_mode_flag);
    if (mode == WantedMode::complain) {
      policy::Text word{.value = "complain", .span = profile.span};
      profile.flags.push_back({.name = std::move(word)});
    }
  }
}

struct NewPolicy {
  compile::KernelPolicy policy;
  std::string bytes;
  std::vector<std::string> with_it;
};

/// The file that keeps the profile, as far as it can be read. Its faults are not ours to report.
class KeptText {
 public:
  KeptText(Session& session, std::string path) : apart_(session.world), path_(std::move(path)) {
    Pipeline resolver(apart_, {.base = session.world.policy_folder});
    auto profile = resolver.read(path_);
    if (!profile || profile->input.kind != InputKind::text) return;
    auto resolved = resolver.resolve(*profile);
    if (!resolved) return;
    source_ = profile->text;
    policy_ = std::move(*resolved);
  }

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::optional<policy::ResolvedPolicy>& policy() const { return policy_; }
  [[nodiscard]] ModeText text_for(const std::string& name, WantedMode mode) const {
    return with_mode(apart_.sources.text(source_), source_, *policy_, name, mode);
  }

  /// Compiled for `mode`, if it compiles to `loaded` in the mode that is loaded now.
  std::optional<NewPolicy> compile_for(const compile::Features& features, const std::string& name,
                                       WantedMode mode, std::string_view loaded) {
    if (!policy_) return std::nullopt;
    policy::ResolvedPolicy changed = *policy_;
    auto as_written = compile(changed, features);
    bool known = as_written && as_written->bytes == loaded;
    if (!known) {
      set_flag(changed, name, mode == WantedMode::complain ? WantedMode::enforce : WantedMode::complain);
      auto switched_before = compile(changed, features);
      known = switched_before && switched_before->bytes == loaded;
    }
    if (!known) return std::nullopt;
    set_flag(changed, name, mode);
    auto made = compile(changed, features);
    if (!made) return std::nullopt;
    for (const auto& profile : made->policy.profiles)
      if (listed_name(profile) != name && is_under(listed_name(profile), name))
        made->with_it.push_back(listed_name(profile));
    return made;
  }

 private:
  std::optional<NewPolicy> compile(const policy::ResolvedPolicy& policy, const compile::Features& features) {
    auto compiled = compile::compile(policy, features, {.dense = false}, apart_.sources, apart_.sink);
    if (!compiled) return std::nullopt;
    auto encoded = compile::encode(*compiled, features);
    if (!encoded) return std::nullopt;
    return NewPolicy{std::move(*compiled), std::move(*encoded), {}};
  }

  Session apart_;
  std::string path_;
  diag::SourceId source_;
  std::optional<policy::ResolvedPolicy> policy_;
};

/// The kernel's own copy of the load, in the other mode.
Result<NewPolicy> from_copy(const compile::Features& features, const std::string& name, WantedMode mode,
                            std::string_view loaded) {
  auto decoded = compile::decode(loaded);
  if (!decoded) return tl::unexpected(std::move(decoded.error()).in("cannot read the kernel's copy"));
  auto changed = change_mode(*decoded, name, mode);
  std::erase_if(decoded->profiles,
                [&](const auto& profile) { return !is_under(listed_name(profile), name); });
  if (changed.empty()) return fail("the kernel's copy of the load does not hold {}", name);
  NewPolicy made{.policy = std::move(*decoded), .bytes = {}, .with_it = {changed.begin() + 1, changed.end()}};
  BH_TRY(made.bytes, compile::encode(made.policy, features));
  return made;
}

/// The new bytes of the file; nothing where it stays, and `report` says why if it then says another mode.
std::optional<std::string> new_file(const KeptText& kept, const PersistedFile& existing,
                                    const ModeOptions& options, ModeReport& report) {
  if (!kept.policy()) {
    report.file_kept_because = "it is no profile text that can be read";
    return std::nullopt;
  }
  ModeText made = kept.text_for(report.name, options.mode);
  report.silent_denies = options.mode == WantedMode::complain && has_silent_denies(*kept.policy());
  bool changes = made.text != existing.bytes;
  if (!made.elsewhere.empty()) {
    report.file_kept_because =
        fmt::format("the head of {} stands in a file that it includes", made.elsewhere.front());
  } else if (!changes) {
    return std::nullopt;
  } else if (options.keep_file) {
    report.file_kept_because = "--keep-file";
  } else if (existing.state == FileState::foreign && !options.force) {
    report.file_kept_because = "bulkhead did not write it (--force changes it and keeps a copy)";
  }
  if (!report.file_kept_because.empty()) return std::nullopt;
  return with_text(existing.bytes, without_mark(made.text));
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
    if (!is_under(listed_name(profile), name)) continue;
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

namespace {

Result<void> check_switchable(const kernel::LoadedProfile& profile) {
  if (profile.mode == "enforce" || profile.mode == "complain") return {};
  return fail(
      "{} is loaded in mode {}, which has nothing between complain and enforce to change; apply its source "
      "instead",
      profile.name, profile.mode);
}

Result<NewPolicy> policy_for(Session& session, Pipeline& pipeline, KeptText* kept, WantedMode mode,
                             ModeReport& report) {
  BH_TRY(std::string loaded, session.kernel.raw_data_of(report.name));
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  if (kept != nullptr) {
    if (auto made = kept->compile_for(chosen.features, report.name, mode, loaded)) {
      report.source = kept->path();
      return std::move(*made);
    }
  }
  return from_copy(chosen.features, report.name, mode, loaded);
}

}  // namespace

Result<ModeReport> set_mode(Session& session, Pipeline& pipeline, const std::string& name,
                            const ModeOptions& options) {
  ModeReport report{.name = name, .now = options.mode == WantedMode::complain ? "complain" : "enforce"};
  BH_TRY(auto found, session.kernel.find(name));
  if (!found) return tl::unexpected(Error{fmt::format("no profile named {} is loaded", name), ENOENT});
  BH_TRY_DO(check_switchable(*found));
  report.before = found->mode;

  Os& os = session.world.os;
  std::optional<KeptText> kept;
  std::optional<StagedFile> staged;
  PersistedFile existing;
  KeptFiles files = KeptFiles::read(session);
  if (const KeptFile* file = files.find(name)) {
    report.file = file->path;
    kept.emplace(session, file->path);
    BH_TRY(existing.bytes, read_file(os, file->path));
    existing.state = file->state;
    if (auto bytes = new_file(*kept, existing, options, report)) {
      auto made = StagedFile::stage(os, file->path, *bytes);
      if (!made) return tl::unexpected(with_root_hint(std::move(made.error())));
      staged.emplace(std::move(*made));
      report.file_changed = true;
    }
  }
  std::optional<Keeping> keeping;
  if (staged) keeping.emplace(Keeping{*staged, report.file, existing, existing.state == FileState::foreign});
  if (report.before == report.now) {
    if (!keeping) return report;
    BH_TRY(auto done, keep(session, *keeping));
    report.backup = done.backup;
    return report;
  }
  BH_TRY(NewPolicy made, policy_for(session, pipeline, kept ? &*kept : nullptr, options.mode, report));
  report.with_it = std::move(made.with_it);
  BH_TRY(auto done, load_and_keep(session, made.policy, made.bytes, keeping ? &*keeping : nullptr));
  report.verified = done.verified;
  report.backup = done.backup;
  return report;
}

}  // namespace bh::app
