#include "app/apply.h"

#include <algorithm>
#include <cerrno>

#include "app/kept_files.h"
#include "app/mode_text.h"
#include "base/file.h"

namespace bh::app {
namespace {

/// A spec that bane could read: none of our own keys.
bool is_bane_file(const generate::Spec& spec) {
  return !spec.mode && !spec.style && !spec.unlisted && !spec.floor && !spec.quiet &&
         !spec.filesystem.read_paths && !spec.filesystem.deny_paths && !spec.network.families &&
         spec.expectations.empty();
}

bool same_file(Os& os, const std::string& a, const std::string& b) {
  auto first = os.stat(a), second = os.stat(b);
  return first && second && first->st_dev == second->st_dev && first->st_ino == second->st_ino;
}

/// What is to be written, and whether it may be.
struct FilePlan {
  std::string bytes;
  PersistedFile existing;
};

/// The text to keep: in complain mode with the flag that says so, as the file must mean what is loaded.
std::string text_to_keep(Session& session, const Pipeline& pipeline, const Profile& profile,
                         const Compiled& compiled, ApplyReport& report) {
  std::string text(session.sources.text(profile.text));
  if (!pipeline.complain()) return text;
  report.silent_denies = has_silent_denies(*compiled.resolved);
  ModeText made = with_mode(text, profile.text, *compiled.resolved, {}, WantedMode::complain);
  for (const std::string& name : made.elsewhere)
    session.sink.report(
        diag::Code::mode_not_kept, {},
        fmt::format(
            "{} stands in a file that this one includes: there it says nothing of complain mode, and is "
            "enforced after a reboot",
            name));
  return std::move(made.text);
}

/// Another file of the policy folder that brings back a profile of that name; empty: none.
std::string defined_elsewhere(Session& session, const ApplyReport& report) {
  KeptFiles files = KeptFiles::read(session, report.name);
  const KeptFile* file = files.find(report.name);
  return file != nullptr && !same_file(session.world.os, file->path, report.path) ? file->path : "";
}

/// Plans for the very file that was applied: it stays, unless it is ours and must say complain now.
Result<bool> plan_for_input(Session& session, const std::string& path, const std::string& text,
                            ApplyReport& report, FilePlan& plan) {
  BH_TRY(plan.existing, inspect_file(session.world.os, path, report.name));
  report.path = path;
  report.file = FileOutcome::is_input;
  report.back_by = brought_back_by(boot_services(session.world.os, session.world), session.world,
                                   {path, report.name, plan.existing.state});
  if (plan.existing.bytes == text || plan.existing.state == FileState::foreign) return false;
  plan.bytes = with_text(plan.existing.bytes, without_mark(text));
  return true;
}

Result<FilePlan> plan_file(Session& session, const Pipeline& pipeline, const Profile& profile,
                           const Compiled& compiled, const ApplyOptions& options, ApplyReport& report) {
  FilePlan plan;
  if (profile.input.kind == InputKind::compiled) return plan;
  Os& os = session.world.os;
  auto name = file_name_for(report.name);
  if (!name) return fail("there is no usable file name for a profile named {}", report.name);
  report.path = options.output_dir.value_or(session.world.policy_folder) + "/" + *name;
  report.in_policy_folder = persists_for_host_parser(session, options.output_dir);
  std::string text = text_to_keep(session, pipeline, profile, compiled, report);
  bool own_folder = options.output_dir && same_file(os, *options.output_dir, session.world.own_folder);
  KeptFile kept{report.in_policy_folder ? session.world.policy_folder + "/" + *name : report.path,
                report.name, own_folder || report.in_policy_folder ? FileState::ours : FileState::foreign};
  report.back_by = brought_back_by(boot_services(os, session.world), session.world, kept);
  std::string other = report.in_policy_folder || own_folder ? defined_elsewhere(session, report) : "";
  bool is_other = !other.empty() && same_file(os, profile.input.name, other);
  if (is_other || same_file(os, profile.input.name, report.path)) {
    BH_TRY(bool rewrite, plan_for_input(session, is_other ? other : report.path, text, report, plan));
    if (rewrite) report.file = options.dry_run ? FileOutcome::would_write : FileOutcome::written;
    return plan;
  }
  if (!other.empty() && !options.force)
    return fail(
        "{} has a profile of that name already, and both would be loaded at a boot (apply that file itself, "
        "take it away, or use --output-dir)",
        other);
  plan.bytes = with_mark(without_mark(text), report.name, profile.input.name);
  BH_TRY(plan.existing, inspect_file(os, report.path, report.name));
  if (plan.existing.bytes == plan.bytes) {
    report.file = FileOutcome::unchanged;
    return plan;
  }
  auto reason = reason_not_to_overwrite(plan.existing, report.path);
  if (reason && !options.force) return fail("{}", *reason);
  report.file = options.dry_run ? FileOutcome::would_write : FileOutcome::written;
  return plan;
}

Result<StagedFile> stage_file(Session& session, const FilePlan& plan, const ApplyOptions& options,
                              ApplyReport& report) {
  Os& os = session.world.os;
  std::string folder = options.output_dir.value_or(session.world.policy_folder);
  if (auto made = make_folders(os, folder); !made)
    return tl::unexpected(with_root_hint(std::move(made.error())));
  auto staged = StagedFile::stage(os, report.path, plan.bytes);
  if (!staged) return tl::unexpected(with_root_hint(std::move(staged.error())));
  return staged;
}

/// The host's parser reads the policy folder at boot, so there it must be able to.
Result<void> check_host_parser(Session& session, const StagedFile& staged, const std::string& base,
                               ApplyReport& report) {
  if (!report.in_policy_folder) return {};
  auto answer = ask_host_parser(staged.temporary(), base);
  report.host_parser = answer.verdict;
  if (answer.verdict != HostParser::refuses) return {};
  std::size_t before = session.sink.errors();
  session.sink
      .report(diag::Code::host_parser_refuses, {},
              fmt::format("the host's apparmor_parser cannot read this profile, and {} would then break "
                          "every tool that reads its folder: {}",
                          report.path, answer.words))
      .with_help(fmt::format(
          "--output-dir {} keeps it where only `bulkhead restore` loads it from; or leave out what is "
          "newer than that parser",
          session.world.own_folder));
  return wrong_input(session, before);
}

Result<void> load_and_report(Session& session, const Compiled& compiled, StagedFile* staged,
                             const FilePlan& plan, ApplyReport& report) {
  bool backup = plan.existing.state == FileState::edited || plan.existing.state == FileState::foreign;
  std::optional<Keeping> keeping;
  if (staged != nullptr) keeping.emplace(Keeping{*staged, report.path, plan.existing, backup});
  BH_TRY(auto done, load_and_keep(session, compiled.policy, compiled.bytes, keeping ? &*keeping : nullptr));
  report.loaded = done.loaded;
  report.verified = done.verified;
  report.backup = std::move(done.backup);
  report.unsynced = std::move(done.unsynced);
  return {};
}

}  // namespace

bool persists_for_host_parser(Session& session, const std::optional<std::string>& output_dir) {
  return !output_dir || same_file(session.world.os, *output_dir, session.world.policy_folder);
}

Result<ApplyReport> apply(Session& session, Pipeline& pipeline, const ApplyOptions& options) {
  ApplyReport report;
  report.dry_run = options.dry_run;
  BH_TRY(Profile profile, pipeline.read(options.input));
  const bool asked = profile.spec && !profile.spec->expectations.empty();
  BH_TRY(Compiled compiled, pipeline.compile(profile, asked ? Purpose::answers : Purpose::loading));
  report.name = compiled.name();
  report.bytes = compiled.bytes.size();
  report.kernel = session.kernel.availability();
  if (profile.input.kind != InputKind::compiled) {
    BH_TRY(report.features, pipeline.features());
  }
  if (profile.spec) {
    report.exec_lists = profile.spec->filesystem.allow_exec || profile.spec->filesystem.deny_exec;
    if (is_bane_file(*profile.spec)) {
      BH_TRY(auto image, pipeline.image());
      report.tightened = generate::tightened_against_bane(*profile.spec, image);
    }
  }
  auto loaded =
      report.kernel.ready() ? session.kernel.profiles() : Result<std::vector<kernel::LoadedProfile>>();
  report.profiles = entries_of(compiled.policy, loaded ? *loaded : std::vector<kernel::LoadedProfile>());

  if (profile.spec) {
    BH_TRY(report.expectations,
           check_expectations(session, pipeline, profile, compiled, profile.spec->expectations));
  }
  if (!report.as_expected()) return report;
  BH_TRY(FilePlan plan, plan_file(session, pipeline, profile, compiled, options, report));
  if (options.dry_run) return report;
  if (report.file != FileOutcome::written) {
    BH_TRY_DO(load_and_report(session, compiled, nullptr, plan, report));
    return report;
  }
  BH_TRY(StagedFile staged, stage_file(session, plan, options, report));
  BH_TRY_DO(check_host_parser(session, staged, pipeline.base(), report));
  BH_TRY_DO(load_and_report(session, compiled, &staged, plan, report));
  return report;
}

}  // namespace bh::app
