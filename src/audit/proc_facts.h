// What /proc tells about processes: whose they are, how they are confined, which container they belong to.
//
// A container's processes are found by its id in their cgroup path, in one pass over /proc for all
// containers. Source: proc(5), namespaces(7), cgroups(7).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "audit/facts.h"
#include "audit/host_fs.h"

namespace bh::audit {

[[nodiscard]] std::vector<std::int64_t> process_ids(const HostFs& fs);

struct ProcStatus {
  std::uint32_t uid = 0;  ///< effective
  std::uint64_t cap_effective = 0;
  std::uint64_t cap_bounding = 0;
  bool no_new_privs = false;
  std::int64_t seccomp = 0;
};
[[nodiscard]] Result<ProcStatus> read_status(const HostFs& fs, std::int64_t pid);
/// First line of uid_map, blanks squeezed; empty where it cannot be read.
[[nodiscard]] std::string read_uid_map(const HostFs& fs, std::int64_t pid);
/// AppArmor's label, without its newline; empty where the kernel has no AppArmor.
[[nodiscard]] std::string read_label(const HostFs& fs, std::int64_t pid);

/// "docker-web (enforce)" -> name and mode; "unconfined" has no mode. Views into `label`.
struct Label {
  std::string_view profile;
  std::string_view mode;
};
[[nodiscard]] Label split_label(std::string_view label);

/// The first process of a container. `daemon_pid` (or 0) stands in for pid 1 where that hides its namespaces.
[[nodiscard]] Fact<InitProcess> collect_init(const HostFs& fs, std::int64_t pid, std::int64_t daemon_pid);

/// Processes by container id (64 hex digits), of the containers named.
[[nodiscard]] std::map<std::string, std::vector<Process>> collect_processes(
    const HostFs& fs, const std::vector<std::string>& ids);

/// Listening sockets of the host's network namespace (that of pid 1 where it can be read).
[[nodiscard]] Fact<std::vector<Listener>> collect_listeners(const HostFs& fs);
[[nodiscard]] Fact<std::vector<MountPoint>> collect_mounts(const HostFs& fs);

/// One line of /etc/passwd with its home folder; nothing where it is malformed.
[[nodiscard]] std::optional<std::pair<Account, std::string>> parse_account_line(std::string_view line);
[[nodiscard]] Fact<std::vector<Account>> collect_accounts(const HostFs& fs);
[[nodiscard]] Fact<std::vector<Group>> collect_groups(const HostFs& fs);

}  // namespace bh::audit
