#include "app/load_and_keep.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "app/loadable.h"
#include "compile/decode.h"

namespace bh::app {
namespace {

/// What the kernel held before, to go back to.
class Before {
 public:
  Before(Session& session, const compile::KernelPolicy& policy) : session_(session) {
    auto loaded = session.kernel.profiles();
    for (const auto& profile : policy.profiles) {
      std::string name = listed_name(profile);
      if (!loaded || std::ranges::find(*loaded, name, &kernel::LoadedProfile::name) == loaded->end()) {
        added_.push_back(std::move(name));
        continue;
      }
      auto bytes = session.kernel.raw_data_of(name);
      if (!bytes || !is_whole(*bytes, policy)) {
        lost_ = true;
      } else if (std::ranges::find(loads_, *bytes) == loads_.end()) {
        loads_.push_back(std::move(*bytes));
      }
    }
  }

  /// What is the case now, as the end of a sentence.
  [[nodiscard]] std::string restore() const {
    if (lost_)
      return "the new profile is loaded, and the kernel has no copy of the old one alone to go back to";
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
  /// Of the other profiles that came with this load, none was replaced or removed since: loading it again
  /// changes nothing for them.
  [[nodiscard]] bool is_whole(const std::string& load, const compile::KernelPolicy& policy) const {
    auto decoded = compile::decode(load);
    if (!decoded) return false;
    return std::ranges::all_of(decoded->profiles, [&](const auto& profile) {
      std::string name = listed_name(profile);
      if (std::ranges::find(policy.profiles, name, listed_name) != policy.profiles.end()) return true;
      auto bytes = session_.kernel.raw_data_of(name);
      return bytes && *bytes == load;
    });
  }

  Session& session_;
  std::vector<std::string> loads_;
  std::vector<std::string> added_;
  bool lost_ = false;
};

Result<void> put_in_place(Session& session, const Keeping& keeping, LoadedAndKept& done) {
  if (keeping.backup) {
    BH_TRY(done.backup, keep_backup(session.world.os, keeping.path, keeping.existing.bytes));
  }
  auto committed = keeping.staged.commit();
  if (committed || !keeping.staged.in_place()) return committed;
  done.unsynced = std::move(committed.error().text);
  return {};
}

Result<void> put_or_leave(Session& session, const Keeping& keeping, LoadedAndKept& done) {
  auto put = put_in_place(session, keeping, done);
  if (!put && !done.backup.empty()) (void)session.world.os.unlink(done.backup);
  return put;
}

}  // namespace

Result<LoadedAndKept> keep(Session& session, const Keeping& keeping) {
  LoadedAndKept done;
  BH_TRY_DO(put_or_leave(session, keeping, done));
  return done;
}

Result<LoadedAndKept> load_and_keep(Session& session, const compile::KernelPolicy& policy,
                                    std::string_view bytes, const Keeping* keeping) {
  LoadedAndKept done;
  std::optional<Before> before;
  if (session.kernel.availability().ready()) {
    BH_TRY_DO(check_loadable(session, policy));
    before.emplace(session, policy);
    BH_TRY_DO(session.kernel.replace(bytes));
    auto verified = verify_loaded(session, policy, bytes);
    if (!verified) {
      verified.error().text += "; " + before->restore();
      return tl::unexpected(std::move(verified.error()).in("reading back what was loaded"));
    }
    done.loaded = true;
    done.verified = *verified;
  }
  if (keeping == nullptr) return done;
  auto kept = put_or_leave(session, *keeping, done);
  if (kept) return done;
  if (before) kept.error().text += "; " + before->restore();
  return tl::unexpected(std::move(kept.error()));
}

Error with_root_hint(Error error) {
  if (error.sys == EACCES || error.sys == EPERM || error.sys == EROFS)
    error.text += " (run as root, or use --dry-run or --output-dir)";
  return error;
}

}  // namespace bh::app
