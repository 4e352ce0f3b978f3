// What the Docker Engine API answers, as far as this program reads it. Names are the API's own in our
// spelling; the lists of fields in model_fields.h join the two. Everything is optional on the wire unless it
// says otherwise there.
//
// Source: the Engine API reference, versions 1.24 to 1.51 (https://docs.docker.com/reference/api/engine/).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace bh::docker {

using Labels = std::map<std::string, std::string>;
using Strings = std::vector<std::string>;

/// A value of which only the presence counts: `"ExposedPorts": {"80/tcp": {}}`.
struct Present {};

struct Version {
  struct Component {
    std::string name;
    std::string version;
  };
  std::string version;
  std::string api_version;
  std::string min_api_version;
  std::string os;
  std::string arch;
  std::string kernel_version;
  bool experimental = false;
  std::vector<Component> components;
};

struct IndexConfig {
  std::string name;
  Strings mirrors;
  bool secure = true;
  bool official = false;
};

struct RegistryConfig {
  Strings insecure_cidrs;
  std::map<std::string, IndexConfig> index_configs;
  Strings mirrors;
};

struct SwarmInfo {
  std::string node_id;
  std::string node_addr;
  std::string local_node_state;  ///< inactive, pending, active, error, locked
  bool control_available = false;
  std::string error;
  std::int64_t managers = 0;
  std::int64_t nodes = 0;
};

struct Info {
  struct Plugins {
    Strings authorization;
    Strings log;
  };
  std::string id;
  std::int64_t containers = 0;
  std::int64_t containers_running = 0;
  std::int64_t containers_paused = 0;
  std::int64_t containers_stopped = 0;
  std::int64_t images = 0;
  std::string driver;
  std::string execution_driver;
  std::string cgroup_driver;
  std::string cgroup_version;
  std::string logging_driver;
  std::string kernel_version;
  std::string operating_system;
  std::string os_type;
  std::string architecture;
  std::string docker_root_dir;
  std::string name;
  std::string server_version;
  std::string default_runtime;
  std::string init_binary;
  bool experimental_build = false;
  bool live_restore_enabled = false;
  Strings security_options;
  Strings warnings;
  Plugins plugins;
  RegistryConfig registry_config;
  SwarmInfo swarm;
};

struct Mount {
  std::string type;  ///< bind, volume, tmpfs, npipe
  std::string name;
  std::string source;
  std::string destination;
  std::string driver;
  std::string mode;
  std::string propagation;
  bool rw = false;
};

struct PortBinding {
  std::string host_ip;
  std::string host_port;
};
using Ports = std::map<std::string, std::vector<PortBinding>>;

struct RestartPolicy {
  std::string name;
  std::int64_t maximum_retry_count = 0;
};

struct Device {
  std::string path_on_host;
  std::string path_in_container;
  std::string cgroup_permissions;
};

struct DeviceRequest {
  std::string driver;
  std::int64_t count = 0;
  Strings device_ids;
};

struct Ulimit {
  std::string name;
  std::int64_t hard = 0;
  std::int64_t soft = 0;
};

struct LogConfig {
  std::string type;
  Labels config;
};

/// HostConfig.Mounts, only what the propagation of a container that was never started needs.
struct MountRequest {
  struct BindOptions {
    std::string propagation;
  };
  std::string type;
  std::string source;
  std::string target;
  bool read_only = false;
  BindOptions bind_options;
};

struct HostConfig {
  Strings binds;
  std::vector<MountRequest> mounts;
  std::string network_mode;
  Ports port_bindings;
  RestartPolicy restart_policy;
  Strings cap_add;
  Strings cap_drop;
  std::string cgroup_parent;
  std::string cgroupns_mode;
  std::string ipc_mode;
  std::string pid_mode;
  std::string uts_mode;
  std::string userns_mode;
  bool privileged = false;
  bool publish_all_ports = false;
  bool readonly_rootfs = false;
  Strings security_opt;
  std::int64_t memory = 0;
  std::int64_t cpu_shares = 0;
  std::int64_t nano_cpus = 0;
  std::int64_t cpu_period = 0;
  std::int64_t cpu_quota = 0;
  std::string cpuset_cpus;
  std::optional<std::int64_t> pids_limit;
  std::vector<Device> devices;
  std::vector<DeviceRequest> device_requests;
  Strings device_cgroup_rules;
  std::vector<Ulimit> ulimits;
  LogConfig log_config;
  std::string runtime;
  std::optional<Strings> masked_paths;
  std::optional<Strings> readonly_paths;
};

struct Healthcheck {
  Strings test;
};

/// Of a container and of an image.
struct Config {
  std::string user;
  Strings env;
  Strings cmd;
  Strings entrypoint;
  std::string image;
  std::optional<Healthcheck> healthcheck;
  std::map<std::string, Present> exposed_ports;
  std::map<std::string, Present> volumes;
  Labels labels;
};

struct Health {
  std::string status;
};

struct State {
  std::string status;
  bool running = false;
  bool paused = false;
  std::int64_t pid = 0;
  std::optional<Health> health;
};

struct NetworkSettings {
  struct Attached {
    std::string network_id;
  };
  Ports ports;
  std::map<std::string, Attached> networks;
};

struct Container {
  std::string id;
  std::string name;  ///< with the leading `/` of the API
  std::string created;
  std::string image;  ///< the image's id
  std::string path;
  Strings args;
  State state;
  std::string apparmor_profile;
  std::string process_label;
  std::string mount_label;
  std::string hostname_path;
  std::string hosts_path;
  std::string resolv_conf_path;
  Strings exec_ids;
  HostConfig host_config;
  std::vector<Mount> mounts;
  Config config;
  NetworkSettings network_settings;
};

struct ContainerSummary {
  std::string id;
  Strings names;
  std::string image;
  std::string image_id;
  std::string state;
  Labels labels;
};

struct Exec {
  struct ProcessConfig {
    bool privileged = false;
    std::string user;
    std::string entrypoint;
    Strings arguments;
  };
  std::string id;
  bool running = false;
  std::int64_t pid = 0;
  ProcessConfig process_config;
};

struct ImageSummary {
  std::string id;
  Strings repo_tags;
  Strings repo_digests;
  std::int64_t created = 0;  ///< seconds since 1970
  std::int64_t size = 0;     ///< bytes
};

struct Image {
  struct RootFs {
    std::string type;
    Strings layers;
  };
  std::string id;
  Strings repo_tags;
  Strings repo_digests;
  std::string parent;
  std::string created;
  std::string os;
  std::string architecture;
  std::int64_t size = 0;
  Config config;
  RootFs root_fs;
};

struct HistoryEntry {
  std::string id;
  std::int64_t created = 0;
  std::string created_by;
  Strings tags;
  std::int64_t size = 0;
  std::string comment;
};

struct Network {
  std::string id;
  std::string name;
  std::string driver;
  std::string scope;
  bool internal = false;
  bool ingress = false;
  std::map<std::string, std::string> options;
  std::map<std::string, Present> containers;
};

struct Volume {
  std::string name;
  std::string driver;
  std::string mountpoint;
  Labels options;  ///< a local volume with o=bind is a bind mount in disguise
};

struct Swarm {
  struct EncryptionConfig {
    bool auto_lock_managers = false;
  };
  struct CaConfig {
    std::int64_t node_cert_expiry = 0;  ///< nanoseconds
  };
  struct Spec {
    EncryptionConfig encryption_config;
    CaConfig ca_config;
  };
  struct TlsInfo {
    std::string trust_root;  ///< PEM
  };
  std::string id;
  std::string created_at;
  Spec spec;
  TlsInfo tls_info;
};

struct ManagerStatus {
  bool leader = false;
  std::string reachability;
  std::string addr;
};
struct Node {
  struct Description {
    std::string hostname;
  };
  struct Spec {
    std::string role;
    std::string availability;
  };
  std::string id;
  Description description;
  Spec spec;
  std::optional<ManagerStatus> manager_status;
};

struct Service {
  struct ContainerSpec {
    std::string image;
    Strings env;
  };
  struct ServiceRestart {
    std::string condition;
    std::optional<std::int64_t> max_attempts;
  };
  struct TaskTemplate {
    ContainerSpec container_spec;
    std::optional<ServiceRestart> restart_policy;
  };
  struct Spec {
    std::string name;
    TaskTemplate task_template;
  };
  std::string id;
  Spec spec;
};

struct Secret {
  struct Spec {
    std::string name;
  };
  std::string id;
  Spec spec;
};

}  // namespace bh::docker
