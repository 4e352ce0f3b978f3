// How the daemon is configured: its arguments as the kernel has them, its unit with drop-ins, and
// daemon.json, joined into one table of settings that says where each was decided.
//
// The precedence is dockerd's own: a list given in both places is an error there, any other key may stand in
// one place only, so an argument decides and the file fills in what arguments leave open; then the defaults.
// For a daemon that is not running the unit's ExecStart stands in for the arguments. Source: dockerd(8),
// systemd.unit(5), systemd.service(5).
#pragma once

#include <string>
#include <vector>

#include "audit/facts.h"
#include "audit/host_fs.h"
#include "net/endpoint.h"

namespace bh::audit {

/// `asked`: the socket or port of this host that the engine answered at, to find its owner among several
/// daemons.
[[nodiscard]] Fact<Daemon> collect_daemon(const HostFs& fs, const net::Endpoint& asked);

/// The unit file and its drop-ins in systemd's order, drop-ins sorted by name; empty where there is none.
struct UnitFiles {
  std::string fragment;
  std::vector<std::string> drop_ins;
};
[[nodiscard]] UnitFiles find_unit(const HostFs& fs, const std::string& unit);

// Visible for tests.
/// Settings of an argument vector: `--key=value`, `--key value`, short forms, flags without value as "true".
/// The last one counts, lists collect. Keys are those of daemon.json.
[[nodiscard]] std::map<std::string, Setting> settings_of_arguments(const std::vector<std::string>& argv,
                                                                   const std::string& where);
/// Errors: not a JSON object.
[[nodiscard]] Result<std::map<std::string, Setting>> settings_of_config(std::string_view text,
                                                                        const std::string& where);
/// The words of an ExecStart line, quotes and ${VAR} resolved with `environment`.
[[nodiscard]] std::vector<std::string> split_exec(std::string_view line,
                                                  const std::map<std::string, std::string>& environment);

}  // namespace bh::audit
