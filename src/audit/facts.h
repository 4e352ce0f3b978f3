// Everything the audit knows about a host and its engine, read once: one typed, versioned value that can be
// written and read again.
//
// The one idea: what could not be read is a Fact without a value and with the reason, so that no check can
// mistake "could not look" for "nothing there". Facts hold no secrets: values that look like one are replaced
// while collecting (audit/secrets.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "docker/model.h"

namespace bh::audit {

/// A value, or why there is none.
template <class T>
struct Fact {
  std::optional<T> value;
  std::string unknown;  ///< the reason; empty where there is a value

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

/// A file, by what it is to Docker. A role may have several files (unit and drop-ins, certificates).
struct FileFact {
  std::string role;  ///< "docker-service", "tls-key", …: the catalogue's words; "path" for sensitive places
  std::string path;  ///< as configured
  std::string real_path;  ///< symlinks resolved, below the audited root
  std::string type;       ///< file, directory, socket, device, other; empty where it does not exist
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::uint32_t mode = 0;  ///< permission bits, 07777
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::vector<std::string> acl;  ///< named entries of a POSIX ACL: "user:1000:rw-"
  std::string unknown;           ///< why it could not be looked at

  [[nodiscard]] bool exists() const { return !type.empty(); }
};

struct MountPoint {
  std::string device;  ///< major:minor of the filesystem
  std::string root;
  std::string point;
  std::string fs_type;
  std::string source;
};

struct Account {
  std::string name;
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
};

struct Group {
  std::string name;
  std::uint32_t gid = 0;
  std::vector<std::string> members;
};

/// An audit rule that watches files, from the kernel or from a file on disk.
struct AuditRule {
  std::string where;       ///< "kernel" or "/etc/audit/rules.d/docker.rules:3"
  std::string text;        ///< as auditctl would write it
  std::string list;        ///< exit, task, user, exclude, filesystem
  std::string path;        ///< the file or folder it watches; empty: it is not about one path
  std::string real_path;   ///< the same without symlinks
  bool directory = false;  ///< covers everything below
  bool never = false;
  std::string perms;  ///< letters of rwxa; empty: not limited by permission
  std::string key;
  bool narrowed = false;  ///< limited by further conditions (a user, an arch …)
};

struct AuditStatus {
  std::int64_t enabled = 0;  ///< 0 off, 1 on, 2 locked
  std::int64_t pid = 0;      ///< of auditd, or 0
  std::int64_t lost = 0;
};

struct LoadedProfile {
  std::string name;
  std::string mode;  ///< enforce, complain, kill, unconfined …
};

/// How a loaded profile fares against the catalogue of attacks on a host, by its compiled form in the kernel.
struct ProfileScore {
  std::string profile;
  std::int64_t attacks_blocked = 0;
  std::int64_t attacks = 0;
  std::int64_t functions_kept = 0;
  std::int64_t functions = 0;
  std::vector<std::string> let_through;  ///< "A22 raw host disk"
  std::string unknown;                   ///< why it could not be scored
};

/// A value of the daemon's configuration, with the place that decided it.
struct Setting {
  std::vector<std::string> values;
  std::string where;
};

struct Daemon {
  std::int64_t pid = 0;  ///< 0: not running, or not found
  std::string exe;
  std::vector<std::string> argv;
  std::int64_t uid = 0;
  std::string uid_map;  ///< first line of /proc/PID/uid_map, blanks squeezed
  std::string unit_path;
  std::vector<std::string> drop_ins;
  std::vector<std::string> unit_argv;
  std::string config_path;
  bool config_exists = false;
  std::string config_error;   ///< why it could not be read or is not JSON
  bool config_newer = false;  ///< changed after the daemon started
  std::map<std::string, Setting> settings;
  std::vector<std::string> conflicts;  ///< keys set both as argument and in the file
};

struct Listener {
  std::string protocol;  ///< tcp, tcp6, udp, udp6
  std::string address;
  std::uint32_t port = 0;
};

struct Process {
  std::int64_t pid = 0;
  std::string comm;
  std::string exe;  ///< base name, or empty
  std::string label;
};

/// What the kernel says about the first process of a running container.
struct InitProcess {
  std::int64_t pid = 0;
  std::uint32_t uid = 0;  ///< effective, as the host sees it
  std::string uid_map;
  std::uint64_t cap_effective = 0;
  std::uint64_t cap_bounding = 0;
  bool no_new_privs = false;
  std::int64_t seccomp = 0;  ///< 0 off, 1 strict, 2 filter
  std::string label;         ///< AppArmor; empty where the kernel has none
  std::vector<std::string>
      host_namespaces;             ///< of net, pid, ipc, uts, user, cgroup: those shared with the host
  std::string namespaces_unknown;  ///< why host_namespaces does not tell; empty: it does
  std::string memory_max;          ///< of its cgroup: a number or "max"; empty: unknown
  std::string pids_max;
  std::vector<std::string> cgroup_mounts;  ///< cgroup v1 hierarchies mounted writable inside
};

struct MountFact {
  std::string type;
  std::string source;
  std::string destination;
  std::string propagation;
  std::string real_source;  ///< canonical on the host; empty where not resolved
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool rw = false;
  bool via_volume = false;  ///< a volume whose options make it a bind mount
};

struct ContainerFacts {
  std::string id;
  std::string name;  ///< without the API's `/`
  Fact<docker::Container> inspect;
  Fact<InitProcess> init;  ///< without value: not running, or why it cannot be read
  std::vector<Process> processes;
  std::vector<MountFact> mounts;
  std::vector<docker::Exec> execs;
};

struct SetIdFile {
  std::string path;
  std::uint32_t mode = 0;
  bool capabilities = false;  ///< a security.capability attribute
};

/// What the layers of an image hold in the end (later layers hide earlier ones).
struct LayerScan {
  std::vector<SetIdFile> set_id;
  std::vector<Account> accounts;  ///< of its /etc/passwd
};

struct ImageFacts {
  std::string id;
  std::string name;  ///< first tag, or the short id
  std::int64_t created = 0;
  std::int64_t size = 0;
  Fact<docker::Image> inspect;
  Fact<std::vector<docker::HistoryEntry>> history;
  Fact<LayerScan> layers;
};

struct Host {
  std::string name;
  std::string kernel;  ///< as uname -r
  std::vector<FileFact> files;
  Fact<std::vector<MountPoint>> mounts;
  Fact<std::vector<Account>> accounts;
  Fact<std::vector<Group>> groups;
  Fact<AuditStatus> audit_status;
  Fact<std::vector<AuditRule>> audit_loaded;
  Fact<std::vector<AuditRule>> audit_persistent;
  Fact<std::vector<LoadedProfile>> profiles;
  std::vector<ProfileScore> profile_scores;  ///< of the profiles that containers run under or ask for
  std::vector<std::string> profile_files;    ///< names that files in /etc/apparmor.d would load at boot
  Fact<std::vector<Listener>> listeners;
  std::vector<std::string> content_trust;  ///< places that export DOCKER_CONTENT_TRUST=1
  Fact<Daemon> daemon;
};

struct SwarmFacts {
  Fact<docker::Swarm> swarm;
  Fact<std::vector<docker::Node>> nodes;
  Fact<std::vector<docker::Service>> services;
  Fact<std::vector<docker::Secret>> secrets;
  std::int64_t ca_not_before = 0;  ///< seconds since 1970, 0: unknown
};

struct Snapshot {
  static constexpr std::int64_t newest_format = 1;
  std::int64_t format = newest_format;
  std::string tool;        ///< version of the program that collected
  std::string taken_at;    ///< RFC 3339, UTC
  std::int64_t taken = 0;  ///< the same in seconds since 1970
  std::string endpoint;
  std::string api_version;
  bool local = true;  ///< the engine runs on the host whose files were read
  Fact<docker::Version> version;
  Fact<docker::Info> info;
  Fact<std::vector<ContainerFacts>> containers;
  Fact<std::vector<ImageFacts>> images;
  Fact<std::vector<docker::Network>> networks;
  SwarmFacts swarm;
  Host host;
};

}  // namespace bh::audit
