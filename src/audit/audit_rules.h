// Audit rules: from auditctl's notation, from the kernel's bytes, and back to both. A rule is one value
// whichever way it came, so that "is this watched" is asked once, of the kernel's list and of the files on
// disk alike.
//
// Source: auditctl(8), audit.rules(7), augenrules(8); struct audit_rule_data of linux/audit.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "audit/facts.h"
#include "audit/host_fs.h"
#include "base/result.h"

namespace bh::audit {

/// `rule` is the kernel's form. Rules that watch no path come back without one.
[[nodiscard]] Result<AuditRule> decode_rule(std::string_view rule);

/// The kernel's form of a watch: every access of `perms` to `path` (a folder: and everything below), on every
/// syscall. Precondition: path and key fit the kernel's limits (PATH_MAX, 256).
[[nodiscard]] std::string encode_watch(const std::string& path, bool directory, std::string_view perms,
                                       std::string_view key);

/// One line of a rules file; nothing for blank lines, comments and lines that are not rules (-D, -b, -f …).
/// `control` tells what such a line does to the rules before it.
struct RuleLine {
  enum class Control { none, delete_all, remove_watch };
  Control control = Control::none;
  std::vector<AuditRule> rules;  ///< at most one
  std::string removed_path;      ///< remove_watch: -W PATH
  bool disables = false;         ///< -e 0
};
[[nodiscard]] RuleLine parse_rule_line(std::string_view line, const std::string& where);

/// Rules that the boot would load: /etc/audit/rules.d/*.rules in augenrules' order where that folder has any,
/// with the compiled /etc/audit/audit.rules beside it; later -D and -W undo earlier lines.
[[nodiscard]] Fact<std::vector<AuditRule>> persistent_rules(const HostFs& fs);

/// Whether `rules` make the kernel record accesses of kind `perms` at `path` (canonical; `directory`: and at
/// everything below). `mounts` may be null: then a watch on a parent folder is believed to reach over mount
/// points.
struct Coverage {
  const AuditRule* rule = nullptr;   ///< that watches it; null: none
  const AuditRule* never = nullptr;  ///< that takes it out again
  std::string weak;                  ///< a rule names it but does not do: why
};
[[nodiscard]] Coverage coverage(const std::vector<AuditRule>& rules, const std::string& path, bool directory,
                                std::string_view perms, const std::vector<MountPoint>* mounts);

}  // namespace bh::audit
