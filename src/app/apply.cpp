#include "app/apply.h"

#include <algorithm>
#include <cerrno>

#include "base/file.h"

namespace bh::app {
namespace {

/// A spec that bane could read: none of our own keys.
bool is_bane_file(const generate::Spec& spec) {
  return !spec.mode && !spec.style && !spec.unlisted && !spec.floor && !spec.quiet &&
         !spec.filesystem.read_paths && !spec.filesystem.deny_paths && !spec.network.families &&
         spec.expectations.empty();
}

/// What the kernel held before, to go back to.
class Before {
 public:
  Before(Session& session, const std::vector<LoadedEntry>& entries) : session_(session) {
    for (const LoadedEntry& entry : entries) {
      if (!entry.replaced) {
        added_.push_back(entry.name);
        continue;
      }
      auto details = session.kernel.details(entry.name);
      auto bytes = details ? session.kernel.raw_data(*details) : tl::unexpected(details.error());
      if (!bytes) {
        lost_ = true;
      } else if (std::ranges::find(loads_, *bytes) == loads_.end()) {
        loads_.push_back(std::move(*bytes));
      }
    }
  }

  /// What is the case now, as the end of a sentence.
  [[nodiscard]] std::string restore() const {
    if (lost_) return "the new profile is loaded, and the kernel keeps no copy of the old one to go back to";
    for (const std::string& load : loads_)
      if (auto done = session_.kernel.replace(load); !done)
        return "the new profile is loaded: " + done.error().text;
    auto processes = session_.kernel.processes();
    for (const std::string& name : added_) {
      bool used = !processes || std::ranges::any_of(*processes, [&](const auto& process) {
        return kernel::label_holds(process.label, name);
      });
      if (used) return fmt::format("{} is loaded and in use until the next boot", name);
      if (auto done = session_.kernel.remove(name); !done && done.error().sys != ENOENT)
        return fmt::format("{} is loaded until the next boot: {}", name, done.error().text);
    }
    return loads_.empty() ? "nothing is loaded" : "the kernel has the old profile again";
  }

 private:
  Session& session_;
  std::vector<std::string> loads_;
  std::vector<std::string> added_;
  bool lost_ = false;
};

Error with_root_hint(Error error) {
  if (error.sys == EACCES || error.sys == EPERM || error.sys == EROFS)
    error.text += " (run as root, or use --dry-run or --output-dir)";
  return error;
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

Result<FilePlan> plan_file(Session& session, const Profile& profile, const ApplyOptions& options,
                           ApplyReport& report) {
  FilePlan plan;
  if (profile.input.kind == InputKind::compiled) return plan;
  Os& os = session.world.os;
  auto name = file_name_for(report.name);
  if (!name) return fail("there is no usable file name for a profile named {}", report.name);
  report.path = options.output_dir.value_or(session.world.policy_folder) + "/" + *name;
  report.survives_reboot = persists_for_host_parser(session, options.output_dir);
  if (same_file(os, profile.input.name, report.path)) {
    report.file = FileOutcome::is_input;
    return plan;
  }
  plan.bytes = with_mark(without_mark(session.sources.text(profile.text)), report.name, profile.input.name);
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
  if (!os.stat(folder)) {
    if (auto made = os.mkdir(folder, 0755); !made)
      return tl::unexpected(with_root_hint(std::move(made.error()).in("cannot make folder")));
  }
  auto staged = StagedFile::stage(os, report.path, plan.bytes);
  if (!staged) return tl::unexpected(with_root_hint(std::move(staged.error())));
  return staged;
}

/// The host's parser reads the policy folder at boot, so there it must be able to.
Result<void> check_host_parser(Session& session, const StagedFile& staged, const std::string& base,
                               ApplyReport& report) {
  if (!report.survives_reboot) return {};
  auto answer = ask_host_parser(staged.temporary(), base);
  report.host_parser = answer.verdict;
  if (answer.verdict != HostParser::refuses) return {};
  std::size_t before = session.sink.errors();
  session.sink
      .report(diag::Code::host_parser_refuses, {},
              fmt::format("the host's apparmor_parser cannot read this profile, and {} would then break "
                          "every tool that reads its folder: {}",
                          report.path, answer.words))
      .with_help(
          "--output-dir keeps the file elsewhere, where only bulkhead loads it from; or leave out what is "
          "newer than that parser");
  return wrong_input(session, before);
}

Result<void> load_then_commit(Session& session, const Compiled& compiled, StagedFile* staged,
                              const FilePlan& plan, ApplyReport& report) {
  std::optional<Before> before;
  if (report.kernel.ready()) {
    before.emplace(session, report.profiles);
    BH_TRY_DO(session.kernel.replace(compiled.bytes));
    auto verified = verify_loaded(session, compiled.policy, compiled.bytes);
    if (!verified) {
      verified.error().text += "; " + before->restore();
      return tl::unexpected(std::move(verified.error()).in("reading back what was loaded"));
    }
    report.verified = *verified;
    report.loaded = true;
  }
  if (staged == nullptr) return {};
  auto committed = [&]() -> Result<void> {
    if (plan.existing.state == FileState::edited || plan.existing.state == FileState::foreign) {
      BH_TRY(report.backup, keep_backup(session.world.os, report.path, plan.existing.bytes));
    }
    return staged->commit();
  }();
  if (committed) return {};
  report.loaded = false;
  if (before) committed.error().text += "; " + before->restore();
  return committed;
}

}  // namespace

bool persists_for_host_parser(Session& session, const std::optional<std::string>& output_dir) {
  return !output_dir || same_file(session.world.os, *output_dir, session.world.policy_folder);
}

Result<ApplyReport> apply(Session& session, Pipeline& pipeline, const ApplyOptions& options) {
  ApplyReport report;
  report.dry_run = options.dry_run;
  BH_TRY(Profile profile, pipeline.read(options.input));
  BH_TRY(Compiled compiled, pipeline.compile(profile));
  report.name = compiled.name();
  report.bytes = compiled.bytes.size();
  report.kernel = session.kernel.availability();
  if (profile.input.kind != InputKind::compiled) {
    BH_TRY(report.features, pipeline.features());
  }
  if (profile.spec) {
    report.exec_lists = profile.spec->filesystem.allow_exec || profile.spec->filesystem.deny_exec;
    if (is_bane_file(*profile.spec)) report.tightened = generate::tightened_against_bane(*profile.spec);
  }
  auto loaded =
      report.kernel.ready() ? session.kernel.profiles() : Result<std::vector<kernel::LoadedProfile>>();
  report.profiles = entries_of(compiled.policy, loaded ? *loaded : std::vector<kernel::LoadedProfile>());

  BH_TRY(report.expectations, check_expectations(session, pipeline, profile, compiled));
  if (!report.as_expected()) return report;
  BH_TRY(FilePlan plan, plan_file(session, profile, options, report));
  if (options.dry_run) return report;
  if (report.file != FileOutcome::written) {
    BH_TRY_DO(load_then_commit(session, compiled, nullptr, plan, report));
    return report;
  }
  BH_TRY(StagedFile staged, stage_file(session, plan, options, report));
  BH_TRY_DO(check_host_parser(session, staged, pipeline.base(), report));
  BH_TRY_DO(load_then_commit(session, compiled, &staged, plan, report));
  return report;
}

}  // namespace bh::app
