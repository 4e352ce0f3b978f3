// Section 1: is each file of Docker's watched by the kernel's audit system, now and after a reboot? One
// function, a role each.
#include "audit/audit_rules.h"
#include "audit/check_tools.h"
#include "audit/checks.h"

namespace bh::audit::checks {
namespace {

/// How one of the two lists (loaded, persistent) covers a file.
Evidence look(const Fact<std::vector<AuditRule>>& rules, const FileFact& file, std::string_view list,
              const std::vector<MountPoint>* mounts) {
  auto subject = file.path;
  if (!rules) return {Outcome::unknown, subject, fmt::format("{}: {}", list, rules.unknown), ""};
  auto found = coverage(*rules, file.real_path, file.type == "directory", "wa", mounts);
  if (found.never != nullptr)
    return {Outcome::fail, subject, fmt::format("{}: taken out by {}", list, found.never->text),
            found.never->where};
  if (found.rule != nullptr)
    return {Outcome::pass, subject, fmt::format("{}: {}", list, found.rule->text), found.rule->where};
  if (!found.weak.empty()) return {Outcome::warn, subject, fmt::format("{}: {}", list, found.weak), ""};
  return {Outcome::fail, subject, fmt::format("{}: no rule watches it", list), ""};
}

/// The benchmarks up to 1.13.0 named /usr/bin/docker, which was client and daemon in one.
std::vector<std::string_view> roles(const Input& in) {
  bool old = in.benchmark == "1.0.0" || in.benchmark == "1.11.0" || in.benchmark == "1.12.0" ||
             in.benchmark == "1.13.0";
  if (in.parameter == "docker-daemon" && old) return {"docker-client", "docker-daemon"};
  return {in.parameter};
}

}  // namespace

Verdict audited(const Input& in) {
  const auto& host = in.facts.host;
  if (!in.facts.local) return verdict(Outcome::unknown, host.audit_loaded.unknown);
  std::vector<Evidence> evidence;
  const auto* mounts = host.mounts ? &*host.mounts : nullptr;
  bool any_loaded = false;
  bool any_persistent = false;
  std::string missing;
  for (auto role : roles(in)) {
    for (const auto* file : files_of(in.facts, role)) {
      if (!file->unknown.empty()) evidence.push_back({Outcome::unknown, file->path, file->unknown, ""});
      if (!file->exists()) {
        missing = file->path;
        continue;
      }
      auto loaded = look(host.audit_loaded, *file, "loaded", mounts);
      if (host.audit_status && host.audit_status->enabled == 0 && loaded.outcome == Outcome::pass) {
        loaded.outcome = Outcome::fail;
        loaded.text += ", but auditing is switched off (enabled 0)";
      }
      auto persistent = look(host.audit_persistent, *file, "on disk", mounts);
      any_loaded |= loaded.outcome == Outcome::pass;
      any_persistent |= persistent.outcome == Outcome::pass;
      evidence.push_back(std::move(loaded));
      evidence.push_back(std::move(persistent));
    }
  }
  if (evidence.empty())
    return not_applicable(missing.empty() ? "there is no such file"
                                          : fmt::format("{} does not exist", missing));
  Outcome worst = Outcome::pass;
  for (const auto& item : evidence) worst = std::max(worst, item.outcome);
  std::string summary =
      worst == Outcome::pass          ? "watched, now and after a reboot"
      : any_loaded && !any_persistent ? "watched now, but no rule on disk brings that back after a reboot"
      : !any_loaded && any_persistent ? "a rule on disk watches it, but it is not loaded"
      : worst == Outcome::unknown     ? evidence.front().text
      : worst == Outcome::warn        ? "a rule names it, but not every write or attribute change is recorded"
                                      : fmt::format("no rule watches {}", evidence.front().subject);
  return {worst, std::move(summary), std::move(evidence)};
}

}  // namespace bh::audit::checks
