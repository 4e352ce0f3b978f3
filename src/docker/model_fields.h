// The wire name of each field of model.h. One list a type, for reading and writing alike (docker/json.h).
#pragma once

#include "docker/json.h"
#include "docker/model.h"

namespace bh::docker {

// An archive is Reader or Writer.
#define BH_FIELDS(Type)    \
  template <class Archive> \
  void fields([[maybe_unused]] Archive& a, [[maybe_unused]] Type& v)

BH_FIELDS(Present) {}
BH_FIELDS(Version::Component) { a("Name", v.name), a("Version", v.version); }
BH_FIELDS(Version) {
  a.required("Version", v.version), a("ApiVersion", v.api_version), a("MinAPIVersion", v.min_api_version);
  a("Os", v.os), a("Arch", v.arch), a("KernelVersion", v.kernel_version), a("Experimental", v.experimental),
      a("Components", v.components);
}
BH_FIELDS(IndexConfig) {
  a("Name", v.name), a("Mirrors", v.mirrors), a.required("Secure", v.secure), a("Official", v.official);
}
BH_FIELDS(RegistryConfig) {
  a("InsecureRegistryCIDRs", v.insecure_cidrs), a("IndexConfigs", v.index_configs), a("Mirrors", v.mirrors);
}
BH_FIELDS(SwarmInfo) {
  a("NodeID", v.node_id), a("NodeAddr", v.node_addr), a("LocalNodeState", v.local_node_state);
  a("ControlAvailable", v.control_available), a("Error", v.error), a("Managers", v.managers),
      a("Nodes", v.nodes);
}
BH_FIELDS(Info::Plugins) { a("Authorization", v.authorization), a("Log", v.log); }
BH_FIELDS(Info) {
  a("ID", v.id), a("Containers", v.containers), a("ContainersRunning", v.containers_running);
  a("ContainersPaused", v.containers_paused), a("ContainersStopped", v.containers_stopped),
      a("Images", v.images);
  a("Driver", v.driver), a("ExecutionDriver", v.execution_driver), a("CgroupDriver", v.cgroup_driver);
  a("CgroupVersion", v.cgroup_version), a("LoggingDriver", v.logging_driver),
      a("KernelVersion", v.kernel_version);
  a("OperatingSystem", v.operating_system), a("OSType", v.os_type), a("Architecture", v.architecture);
  a("DockerRootDir", v.docker_root_dir), a("Name", v.name), a("ServerVersion", v.server_version);
  a("DefaultRuntime", v.default_runtime), a("InitBinary", v.init_binary),
      a("ExperimentalBuild", v.experimental_build);
  a("LiveRestoreEnabled", v.live_restore_enabled), a("SecurityOptions", v.security_options),
      a("Warnings", v.warnings);
  a("Plugins", v.plugins), a("RegistryConfig", v.registry_config), a("Swarm", v.swarm);
}
BH_FIELDS(Mount) {
  a("Type", v.type), a("Name", v.name), a("Source", v.source), a("Destination", v.destination),
      a("Driver", v.driver);
  a("Mode", v.mode), a("RW", v.rw), a("Propagation", v.propagation);
}
BH_FIELDS(PortBinding) { a("HostIp", v.host_ip), a("HostPort", v.host_port); }
BH_FIELDS(RestartPolicy) { a("Name", v.name), a("MaximumRetryCount", v.maximum_retry_count); }
BH_FIELDS(Device) {
  a("PathOnHost", v.path_on_host), a("PathInContainer", v.path_in_container),
      a("CgroupPermissions", v.cgroup_permissions);
}
BH_FIELDS(DeviceRequest) { a("Driver", v.driver), a("Count", v.count), a("DeviceIDs", v.device_ids); }
BH_FIELDS(Ulimit) { a("Name", v.name), a("Hard", v.hard), a("Soft", v.soft); }
BH_FIELDS(LogConfig) { a("Type", v.type), a("Config", v.config); }
BH_FIELDS(MountRequest::BindOptions) { a("Propagation", v.propagation); }
BH_FIELDS(MountRequest) {
  a("Type", v.type), a("Source", v.source), a("Target", v.target), a("ReadOnly", v.read_only),
      a("BindOptions", v.bind_options);
}
BH_FIELDS(HostConfig) {
  a("Binds", v.binds), a("Mounts", v.mounts), a("NetworkMode", v.network_mode),
      a("PortBindings", v.port_bindings);
  a("RestartPolicy", v.restart_policy), a("CapAdd", v.cap_add), a("CapDrop", v.cap_drop),
      a("CgroupParent", v.cgroup_parent);
  a("CgroupnsMode", v.cgroupns_mode), a("IpcMode", v.ipc_mode), a("PidMode", v.pid_mode),
      a("UTSMode", v.uts_mode);
  a("UsernsMode", v.userns_mode), a.required("Privileged", v.privileged),
      a("PublishAllPorts", v.publish_all_ports);
  a("ReadonlyRootfs", v.readonly_rootfs), a("SecurityOpt", v.security_opt), a("Memory", v.memory),
      a("CpuShares", v.cpu_shares);
  a("NanoCpus", v.nano_cpus), a("CpuPeriod", v.cpu_period), a("CpuQuota", v.cpu_quota),
      a("CpusetCpus", v.cpuset_cpus);
  a("PidsLimit", v.pids_limit), a("Devices", v.devices), a("DeviceRequests", v.device_requests);
  a("DeviceCgroupRules", v.device_cgroup_rules), a("Ulimits", v.ulimits), a("LogConfig", v.log_config),
      a("Runtime", v.runtime);
  a("MaskedPaths", v.masked_paths), a("ReadonlyPaths", v.readonly_paths);
}
BH_FIELDS(Healthcheck) { a("Test", v.test); }
BH_FIELDS(Config) {
  a("User", v.user), a("Env", v.env), a("Cmd", v.cmd), a("Entrypoint", v.entrypoint), a("Image", v.image);
  a("Healthcheck", v.healthcheck), a("ExposedPorts", v.exposed_ports), a("Volumes", v.volumes),
      a("Labels", v.labels);
}
BH_FIELDS(Health) { a("Status", v.status); }
BH_FIELDS(State) {
  a("Status", v.status), a("Running", v.running), a("Paused", v.paused), a("Pid", v.pid),
      a("Health", v.health);
}
BH_FIELDS(NetworkSettings::Attached) { a("NetworkID", v.network_id); }
BH_FIELDS(NetworkSettings) { a("Ports", v.ports), a("Networks", v.networks); }
BH_FIELDS(Container) {
  a.required("Id", v.id), a.required("Name", v.name), a("Created", v.created), a("Image", v.image),
      a("Path", v.path), a("Args", v.args);
  a.required("State", v.state), a("AppArmorProfile", v.apparmor_profile), a("ProcessLabel", v.process_label);
  a("MountLabel", v.mount_label), a("HostnamePath", v.hostname_path), a("HostsPath", v.hosts_path);
  a("ResolvConfPath", v.resolv_conf_path), a("ExecIDs", v.exec_ids), a.required("HostConfig", v.host_config),
      a("Mounts", v.mounts);
  a.required("Config", v.config), a("NetworkSettings", v.network_settings);
}
BH_FIELDS(ContainerSummary) {
  a.required("Id", v.id), a("Names", v.names), a("Image", v.image), a("ImageID", v.image_id),
      a("State", v.state), a("Labels", v.labels);
}
BH_FIELDS(Exec::ProcessConfig) {
  a("privileged", v.privileged), a("user", v.user), a("entrypoint", v.entrypoint),
      a("arguments", v.arguments);
}
BH_FIELDS(Exec) {
  a.required("ID", v.id), a("Running", v.running), a("Pid", v.pid),
      a.required("ProcessConfig", v.process_config);
}
BH_FIELDS(ImageSummary) {
  a.required("Id", v.id), a("RepoTags", v.repo_tags), a("RepoDigests", v.repo_digests),
      a("Created", v.created), a("Size", v.size);
}
BH_FIELDS(Image::RootFs) { a("Type", v.type), a("Layers", v.layers); }
BH_FIELDS(Image) {
  a.required("Id", v.id), a("RepoTags", v.repo_tags), a("RepoDigests", v.repo_digests), a("Parent", v.parent),
      a("Created", v.created);
  a("Os", v.os), a("Architecture", v.architecture), a("Size", v.size), a("Config", v.config),
      a("RootFS", v.root_fs);
}
BH_FIELDS(HistoryEntry) {
  a("Id", v.id), a("Created", v.created), a("CreatedBy", v.created_by), a("Tags", v.tags), a("Size", v.size),
      a("Comment", v.comment);
}
BH_FIELDS(Network) {
  a.required("Id", v.id), a("Name", v.name), a("Driver", v.driver), a("Scope", v.scope),
      a("Internal", v.internal);
  a("Ingress", v.ingress), a("Options", v.options), a("Containers", v.containers);
}
BH_FIELDS(Volume) {
  a.required("Name", v.name), a("Driver", v.driver), a("Mountpoint", v.mountpoint), a("Options", v.options);
}
BH_FIELDS(Swarm::EncryptionConfig) { a("AutoLockManagers", v.auto_lock_managers); }
BH_FIELDS(Swarm::CaConfig) { a("NodeCertExpiry", v.node_cert_expiry); }
BH_FIELDS(Swarm::Spec) { a("EncryptionConfig", v.encryption_config), a("CAConfig", v.ca_config); }
BH_FIELDS(Swarm::TlsInfo) { a("TrustRoot", v.trust_root); }
BH_FIELDS(Swarm) {
  a.required("ID", v.id), a("CreatedAt", v.created_at), a.required("Spec", v.spec), a("TLSInfo", v.tls_info);
}
BH_FIELDS(Node::Description) { a("Hostname", v.hostname); }
BH_FIELDS(Node::Spec) { a("Role", v.role), a("Availability", v.availability); }
BH_FIELDS(ManagerStatus) { a("Leader", v.leader), a("Reachability", v.reachability), a("Addr", v.addr); }
BH_FIELDS(Node) {
  a.required("ID", v.id), a("Description", v.description), a("Spec", v.spec),
      a("ManagerStatus", v.manager_status);
}
BH_FIELDS(Service::ContainerSpec) { a("Image", v.image), a("Env", v.env); }
BH_FIELDS(Service::ServiceRestart) { a("Condition", v.condition), a("MaxAttempts", v.max_attempts); }
BH_FIELDS(Service::TaskTemplate) {
  a("ContainerSpec", v.container_spec), a("RestartPolicy", v.restart_policy);
}
BH_FIELDS(Service::Spec) { a("Name", v.name), a("TaskTemplate", v.task_template); }
BH_FIELDS(Service) { a.required("ID", v.id), a("Spec", v.spec); }
BH_FIELDS(Secret::Spec) { a("Name", v.name); }
BH_FIELDS(Secret) { a.required("ID", v.id), a("Spec", v.spec); }

}  // namespace bh::docker
