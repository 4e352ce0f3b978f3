// The functions of the catalogue, one a check (or a family of checks that differ in a parameter). Each file
// checks_*.cpp holds those of one section. What they share is in check_tools.h.
#pragma once

#include "audit/check.h"

namespace bh::audit::checks {

[[nodiscard]] Verdict host_separate_partition(const Input& in);
[[nodiscard]] Verdict host_kernel_version(const Input& in);
[[nodiscard]] Verdict attested(const Input& in);
[[nodiscard]] Verdict host_remove_services(const Input& in);
[[nodiscard]] Verdict host_docker_uptodate(const Input& in);
[[nodiscard]] Verdict host_docker_group(const Input& in);
[[nodiscard]] Verdict audited(const Input& in);
[[nodiscard]] Verdict daemon_no_lxc(const Input& in);
[[nodiscard]] Verdict daemon_rootless(const Input& in);
[[nodiscard]] Verdict daemon_icc(const Input& in);
[[nodiscard]] Verdict daemon_log_level(const Input& in);
[[nodiscard]] Verdict daemon_iptables(const Input& in);
[[nodiscard]] Verdict daemon_insecure_registries(const Input& in);
[[nodiscard]] Verdict daemon_registry_mirror(const Input& in);
[[nodiscard]] Verdict daemon_no_aufs(const Input& in);
[[nodiscard]] Verdict daemon_no_devicemapper(const Input& in);
[[nodiscard]] Verdict daemon_no_extra_bind(const Input& in);
[[nodiscard]] Verdict daemon_tls(const Input& in);
[[nodiscard]] Verdict daemon_default_ulimit(const Input& in);
[[nodiscard]] Verdict daemon_userns_remap(const Input& in);
[[nodiscard]] Verdict daemon_cgroup_parent(const Input& in);
[[nodiscard]] Verdict daemon_base_device_size(const Input& in);
[[nodiscard]] Verdict daemon_authz_plugin(const Input& in);
[[nodiscard]] Verdict daemon_remote_logging(const Input& in);
[[nodiscard]] Verdict daemon_legacy_registry(const Input& in);
[[nodiscard]] Verdict daemon_live_restore(const Input& in);
[[nodiscard]] Verdict daemon_userland_proxy(const Input& in);
[[nodiscard]] Verdict daemon_seccomp_profile(const Input& in);
[[nodiscard]] Verdict daemon_experimental(const Input& in);
[[nodiscard]] Verdict daemon_no_new_privileges(const Input& in);
[[nodiscard]] Verdict file_owner(const Input& in);
[[nodiscard]] Verdict file_mode(const Input& in);
[[nodiscard]] Verdict image_user(const Input& in);
[[nodiscard]] Verdict image_trusted_base(const Input& in);
[[nodiscard]] Verdict image_rebuild_patches(const Input& in);
[[nodiscard]] Verdict image_content_trust(const Input& in);
[[nodiscard]] Verdict image_healthcheck(const Input& in);
[[nodiscard]] Verdict image_update_alone(const Input& in);
[[nodiscard]] Verdict image_setuid(const Input& in);
[[nodiscard]] Verdict image_copy_not_add(const Input& in);
[[nodiscard]] Verdict image_secrets(const Input& in);
[[nodiscard]] Verdict image_verified_packages(const Input& in);
[[nodiscard]] Verdict rt_apparmor(const Input& in);
[[nodiscard]] Verdict rt_selinux(const Input& in);
[[nodiscard]] Verdict rt_single_process(const Input& in);
[[nodiscard]] Verdict rt_capabilities(const Input& in);
[[nodiscard]] Verdict rt_privileged(const Input& in);
[[nodiscard]] Verdict rt_sensitive_mounts(const Input& in);
[[nodiscard]] Verdict rt_sshd(const Input& in);
[[nodiscard]] Verdict rt_privileged_ports(const Input& in);
[[nodiscard]] Verdict rt_needed_ports(const Input& in);
[[nodiscard]] Verdict rt_host_network(const Input& in);
[[nodiscard]] Verdict rt_memory_limit(const Input& in);
[[nodiscard]] Verdict rt_cpu_limit(const Input& in);
[[nodiscard]] Verdict rt_readonly_rootfs(const Input& in);
[[nodiscard]] Verdict rt_bind_interface(const Input& in);
[[nodiscard]] Verdict rt_restart_policy(const Input& in);
[[nodiscard]] Verdict rt_host_pid(const Input& in);
[[nodiscard]] Verdict rt_host_ipc(const Input& in);
[[nodiscard]] Verdict rt_host_devices(const Input& in);
[[nodiscard]] Verdict rt_ulimit_override(const Input& in);
[[nodiscard]] Verdict rt_mount_propagation(const Input& in);
[[nodiscard]] Verdict rt_host_uts(const Input& in);
[[nodiscard]] Verdict rt_seccomp(const Input& in);
[[nodiscard]] Verdict rt_exec_privileged(const Input& in);
[[nodiscard]] Verdict rt_exec_root(const Input& in);
[[nodiscard]] Verdict rt_cgroup_parent(const Input& in);
[[nodiscard]] Verdict rt_no_new_privileges(const Input& in);
[[nodiscard]] Verdict rt_healthcheck(const Input& in);
[[nodiscard]] Verdict rt_pids_limit(const Input& in);
[[nodiscard]] Verdict rt_default_bridge(const Input& in);
[[nodiscard]] Verdict rt_userns_host(const Input& in);
[[nodiscard]] Verdict rt_docker_sock(const Input& in);
[[nodiscard]] Verdict ops_image_sprawl(const Input& in);
[[nodiscard]] Verdict ops_container_sprawl(const Input& in);
[[nodiscard]] Verdict swarm_mode_off(const Input& in);
[[nodiscard]] Verdict swarm_managers(const Input& in);
[[nodiscard]] Verdict swarm_bind_interface(const Input& in);
[[nodiscard]] Verdict swarm_overlay_encryption(const Input& in);
[[nodiscard]] Verdict swarm_secrets(const Input& in);
[[nodiscard]] Verdict swarm_autolock(const Input& in);
[[nodiscard]] Verdict swarm_node_cert_rotation(const Input& in);
[[nodiscard]] Verdict swarm_ca_rotation(const Input& in);
[[nodiscard]] Verdict swarm_plane_separation(const Input& in);
[[nodiscard]] Verdict enterprise(const Input& in);
[[nodiscard]] Verdict no_capability(const Input& in);
[[nodiscard]] Verdict bh_profile_complain(const Input& in);
[[nodiscard]] Verdict bh_label_differs(const Input& in);
[[nodiscard]] Verdict bh_profile_not_persisted(const Input& in);
[[nodiscard]] Verdict bh_engine_socket_by_any_path(const Input& in);
[[nodiscard]] Verdict bh_host_namespaces(const Input& in);
[[nodiscard]] Verdict bh_dangerous_capabilities(const Input& in);
[[nodiscard]] Verdict bh_release_agent(const Input& in);
[[nodiscard]] Verdict bh_writable_host_paths(const Input& in);
[[nodiscard]] Verdict bh_profile_score(const Input& in);

}  // namespace bh::audit::checks
