// The names of the facts in a snapshot file. One list a type, for reading and writing alike (docker/json.h).
#pragma once

#include "audit/facts.h"
#include "docker/model_fields.h"

namespace bh::audit {

template <class Archive, class T>
void fields(Archive& a, Fact<T>& v) {
  a("value", v.value), a("unknown", v.unknown);
}
BH_FIELDS(FileFact) {
  a.required("role", v.role), a.required("path", v.path), a("real_path", v.real_path), a("type", v.type),
      a("uid", v.uid);
  a("gid", v.gid), a("mode", v.mode), a("device", v.device), a("inode", v.inode), a("acl", v.acl),
      a("unknown", v.unknown);
}
BH_FIELDS(MountPoint) {
  a("device", v.device), a("root", v.root), a.required("point", v.point), a("fs_type", v.fs_type),
      a("source", v.source);
}
BH_FIELDS(Account) { a.required("name", v.name), a.required("uid", v.uid), a.required("gid", v.gid); }
BH_FIELDS(Group) { a.required("name", v.name), a.required("gid", v.gid), a("members", v.members); }
BH_FIELDS(AuditRule) {
  a.required("where", v.where), a("text", v.text), a("list", v.list), a("path", v.path),
      a("real_path", v.real_path), a("directory", v.directory), a("never", v.never);
  a("perms", v.perms), a("key", v.key), a("narrowed", v.narrowed);
}
BH_FIELDS(AuditStatus) { a.required("enabled", v.enabled), a("pid", v.pid), a("lost", v.lost); }
BH_FIELDS(LoadedProfile) { a.required("name", v.name), a.required("mode", v.mode); }
BH_FIELDS(ProfileScore) {
  a.required("profile", v.profile), a("attacks_blocked", v.attacks_blocked), a("attacks", v.attacks);
  a("functions_kept", v.functions_kept), a("functions", v.functions), a("let_through", v.let_through),
      a("unknown", v.unknown);
}
BH_FIELDS(Setting) { a.required("values", v.values), a("where", v.where); }
BH_FIELDS(Daemon) {
  a("pid", v.pid), a("exe", v.exe), a("argv", v.argv), a("uid", v.uid), a("uid_map", v.uid_map),
      a("unit_path", v.unit_path);
  a("drop_ins", v.drop_ins), a("unit_argv", v.unit_argv), a("config_path", v.config_path),
      a("config_exists", v.config_exists);
  a("config_error", v.config_error), a("config_newer", v.config_newer), a("settings", v.settings),
      a("conflicts", v.conflicts);
}
BH_FIELDS(Listener) {
  a.required("protocol", v.protocol), a.required("address", v.address), a.required("port", v.port);
}
BH_FIELDS(Process) { a.required("pid", v.pid), a("comm", v.comm), a("exe", v.exe), a("label", v.label); }
BH_FIELDS(InitProcess) {
  a.required("pid", v.pid), a.required("uid", v.uid), a("uid_map", v.uid_map),
      a.required("cap_effective", v.cap_effective);
  a("cap_bounding", v.cap_bounding), a("no_new_privs", v.no_new_privs), a("seccomp", v.seccomp),
      a("label", v.label);
  a("host_namespaces", v.host_namespaces), a("namespaces_unknown", v.namespaces_unknown),
      a("memory_max", v.memory_max), a("pids_max", v.pids_max);
  a("cgroup_mounts", v.cgroup_mounts);
}
BH_FIELDS(MountFact) {
  a.required("type", v.type), a("source", v.source), a("destination", v.destination),
      a("propagation", v.propagation);
  a("real_source", v.real_source), a("device", v.device), a("inode", v.inode), a("rw", v.rw),
      a("via_volume", v.via_volume);
}
BH_FIELDS(ContainerFacts) {
  a.required("id", v.id), a.required("name", v.name), a.required("inspect", v.inspect), a("init", v.init);
  a("processes", v.processes), a("mounts", v.mounts), a("execs", v.execs);
}
BH_FIELDS(SetIdFile) {
  a.required("path", v.path), a.required("mode", v.mode), a("capabilities", v.capabilities);
}
BH_FIELDS(LayerScan) { a("set_id", v.set_id), a("accounts", v.accounts); }
BH_FIELDS(ImageFacts) {
  a.required("id", v.id), a.required("name", v.name), a("created", v.created), a("size", v.size),
      a.required("inspect", v.inspect);
  a("history", v.history), a("layers", v.layers);
}
BH_FIELDS(Host) {
  a("name", v.name), a("kernel", v.kernel), a("files", v.files), a("mounts", v.mounts),
      a("accounts", v.accounts);
  a("groups", v.groups), a("audit_status", v.audit_status), a("audit_loaded", v.audit_loaded);
  a("audit_persistent", v.audit_persistent), a("profiles", v.profiles), a("profile_files", v.profile_files);
  a("profile_scores", v.profile_scores);
  a("listeners", v.listeners), a("content_trust", v.content_trust), a("daemon", v.daemon);
}
BH_FIELDS(SwarmFacts) {
  a("swarm", v.swarm), a("nodes", v.nodes), a("services", v.services), a("secrets", v.secrets),
      a("ca_not_before", v.ca_not_before);
}
BH_FIELDS(Snapshot) {
  a.required("format", v.format), a("tool", v.tool), a("taken_at", v.taken_at), a("taken", v.taken),
      a("endpoint", v.endpoint);
  a("api_version", v.api_version), a.required("local", v.local), a("version", v.version), a("info", v.info);
  a("containers", v.containers), a("images", v.images), a("networks", v.networks), a("swarm", v.swarm),
      a("host", v.host);
}

}  // namespace bh::audit
