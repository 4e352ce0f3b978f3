// Owners, modes and ACLs of the files that belong to Docker, each under a role; and of the places on a host
// that a container should not be given.
#pragma once

#include <string>
#include <vector>

#include "audit/facts.h"
#include "audit/host_fs.h"

namespace bh::audit {

[[nodiscard]] FileFact look_at(const HostFs& fs, std::string role, std::string path);

/// Every role of the catalogue; a role without an existing file has one entry that says where it would be.
/// `socket`: the engine's unix socket or "". `data_root`: DockerRootDir or "".
[[nodiscard]] std::vector<FileFact> collect_files(const HostFs& fs, const Fact<Daemon>& daemon,
                                                  const std::string& socket, const std::string& data_root);

/// /etc, /usr … and the sockets of container engines: role "path" and role "socket".
[[nodiscard]] std::vector<FileFact> collect_places(const HostFs& fs, const std::string& socket);

/// The named entries of a POSIX ACL as the kernel stores it (system.posix_acl_access): "user:1000:rw-".
[[nodiscard]] std::vector<std::string> acl_entries(std::string_view attribute);

/// Setting `key` as one value, or "".
[[nodiscard]] std::string setting(const Fact<Daemon>& daemon, const std::string& key);

}  // namespace bh::audit
