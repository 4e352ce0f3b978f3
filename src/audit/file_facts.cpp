#include "audit/file_facts.h"

#include <cerrno>
#include <cstring>

#include "audit/daemon_facts.h"

namespace bh::audit {
namespace {

std::string_view type_of(mode_t mode) {
  if (S_ISREG(mode)) return "file";
  if (S_ISDIR(mode)) return "directory";
  if (S_ISSOCK(mode)) return "socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "device";
  return "other";
}

/// Roles with one fixed path. The first that exists is taken; where none does, the first is what is reported
/// as missing.
struct FixedRole {
  std::string_view role;
  std::vector<std::string> paths;
};

const std::vector<FixedRole>& fixed_roles() {
  static const std::vector<FixedRole> roles = {
      {"etc-docker", {"/etc/docker"}},
      {"etc-default-docker", {"/etc/default/docker"}},
      {"sysconfig-docker", {"/etc/sysconfig/docker"}},
      {"sysconfig-docker-network", {"/etc/sysconfig/docker-network"}},
      {"sysconfig-docker-registry", {"/etc/sysconfig/docker-registry"}},
      {"sysconfig-docker-storage", {"/etc/sysconfig/docker-storage"}},
      {"run-containerd", {"/run/containerd"}},
      {"containerd-sock", {"/run/containerd/containerd.sock"}},
      {"containerd-config", {"/etc/containerd/config.toml"}},
      {"docker-client", {"/usr/bin/docker", "/usr/local/bin/docker"}},
      {"containerd-binary",
       {"/usr/bin/containerd", "/usr/local/bin/containerd", "/usr/bin/docker-containerd"}},
      {"containerd-shim",
       {"/usr/bin/containerd-shim", "/usr/local/bin/containerd-shim", "/usr/bin/docker-containerd-shim"}},
      {"containerd-shim-runc-v1",
       {"/usr/bin/containerd-shim-runc-v1", "/usr/local/bin/containerd-shim-runc-v1"}},
      {"containerd-shim-runc-v2",
       {"/usr/bin/containerd-shim-runc-v2", "/usr/local/bin/containerd-shim-runc-v2"}},
      {"runc",
       {"/usr/bin/runc", "/usr/sbin/runc", "/usr/local/bin/runc", "/usr/local/sbin/runc",
        "/usr/bin/docker-runc"}},
  };
  return roles;
}

void add_unit(const HostFs& fs, std::vector<FileFact>& out, const std::string& role,
              const std::string& unit) {
  auto files = find_unit(fs, unit);
  out.push_back(look_at(fs, role, files.fragment.empty() ? "/lib/systemd/system/" + unit : files.fragment));
  for (auto& path : files.drop_ins) out.push_back(look_at(fs, role, path));
}

/// Everything in /etc/docker/certs.d/REGISTRY/, the folders left out.
void add_registry_certs(const HostFs& fs, std::vector<FileFact>& out) {
  const std::string folder = "/etc/docker/certs.d";
  bool any = false;
  if (auto registries = fs.list(folder))
    for (const auto& registry : *registries) {
      auto names = fs.list(folder + "/" + registry);
      if (!names) continue;
      for (const auto& name : *names) {
        auto fact = look_at(fs, "registry-certs", fmt::format("{}/{}/{}", folder, registry, name));
        if (fact.type != "directory") out.push_back(std::move(fact)), any = true;
      }
    }
  if (!any) out.push_back({.role = "registry-certs", .path = folder + "/*/*"});
}

/// Paths of the daemon's TLS files: as set, or the defaults that dockerd uses once TLS is on.
void add_tls(const HostFs& fs, std::vector<FileFact>& out, const Fact<Daemon>& daemon) {
  bool on = setting(daemon, "tls") == "true" || setting(daemon, "tlsverify") == "true";
  struct TlsFile {
    const char* role;
    const char* key;
    const char* fallback;
  };
  for (auto [role, key, fallback] : {TlsFile{"tls-ca", "tlscacert", "/root/.docker/ca.pem"},
                                     TlsFile{"tls-cert", "tlscert", "/root/.docker/cert.pem"},
                                     TlsFile{"tls-key", "tlskey", "/root/.docker/key.pem"}}) {
    auto path = setting(daemon, key);
    if (path.empty() && on) path = fallback;
    if (path.empty())
      out.push_back({.role = role, .path = fmt::format("({} is not set)", key)});
    else
      out.push_back(look_at(fs, role, path));
  }
}

}  // namespace

std::string setting(const Fact<Daemon>& daemon, const std::string& key) {
  if (!daemon) return {};
  auto found = daemon->settings.find(key);
  return found == daemon->settings.end() || found->second.values.empty() ? std::string()
                                                                         : found->second.values.front();
}

std::vector<std::string> acl_entries(std::string_view attribute) {
  // struct posix_acl_xattr_header { le32 version; } and entries { le16 tag, le16 perm, le32 id },
  // linux/posix_acl_xattr.h.
  constexpr std::uint16_t tag_user = 0x02;
  constexpr std::uint16_t tag_group = 0x08;
  std::vector<std::string> out;
  for (std::size_t at = 4; at + 8 <= attribute.size(); at += 8) {
    std::uint16_t tag = 0;
    std::uint16_t perm = 0;
    std::uint32_t id = 0;
    std::memcpy(&tag, attribute.data() + at, 2);
    std::memcpy(&perm, attribute.data() + at + 2, 2);
    std::memcpy(&id, attribute.data() + at + 4, 4);
    if (tag != tag_user && tag != tag_group) continue;
    out.push_back(fmt::format("{}:{}:{}{}{}", tag == tag_user ? "user" : "group", id,
                              (perm & 4) != 0 ? 'r' : '-', (perm & 2) != 0 ? 'w' : '-',
                              (perm & 1) != 0 ? 'x' : '-'));
  }
  return out;
}

FileFact look_at(const HostFs& fs, std::string role, std::string path) {
  FileFact fact{.role = std::move(role), .path = std::move(path)};
  auto info = fs.stat(fact.path);
  if (!info) {
    if (info.error().sys != ENOENT && info.error().sys != ENOTDIR) fact.unknown = info.error().text;
    return fact;
  }
  fact.real_path = fs.canonical(fact.path);
  fact.type = type_of(info->st_mode);
  fact.uid = info->st_uid;
  fact.gid = info->st_gid;
  fact.mode = info->st_mode & 07777;
  fact.device = info->st_dev;
  fact.inode = info->st_ino;
  if (auto acl = fs.getxattr(fact.path, "system.posix_acl_access")) fact.acl = acl_entries(*acl);
  return fact;
}

std::vector<FileFact> collect_files(const HostFs& fs, const Fact<Daemon>& daemon, const std::string& socket,
                                    const std::string& data_root) {
  std::vector<FileFact> out;
  add_unit(fs, out, "docker-service", "docker.service");
  add_unit(fs, out, "docker-socket-unit", "docker.socket");
  add_unit(fs, out, "docker-registry-service", "docker-registry.service");
  for (const auto& [role, paths] : fixed_roles()) {
    auto fact = look_at(fs, std::string(role), paths.front());
    for (std::size_t i = 1; i < paths.size() && !fact.exists() && fact.unknown.empty(); ++i) {
      auto other = look_at(fs, std::string(role), paths[i]);
      if (other.exists()) fact = std::move(other);
    }
    out.push_back(std::move(fact));
  }
  auto exe = daemon ? daemon->exe : std::string();
  if (exe.empty() && daemon && !daemon->unit_argv.empty()) exe = daemon->unit_argv.front();
  for (const char* usual : {"/usr/sbin/dockerd", "/usr/bin/dockerd"})
    if (exe.empty() && fs.exists(usual)) exe = usual;
  out.push_back(look_at(fs, "docker-daemon", exe.empty() ? "/usr/bin/dockerd" : exe));
  out.push_back(look_at(fs, "var-lib-docker", data_root.empty() ? "/var/lib/docker" : data_root));
  out.push_back(
      look_at(fs, "daemon-json",
              daemon && !daemon->config_path.empty() ? daemon->config_path : "/etc/docker/daemon.json"));
  out.push_back(look_at(fs, "docker-sock", socket.empty() ? "/var/run/docker.sock" : socket));
  add_registry_certs(fs, out);
  add_tls(fs, out, daemon);
  return out;
}

std::vector<FileFact> collect_places(const HostFs& fs, const std::string& socket) {
  std::vector<FileFact> out;
  for (const char* path : {"/",
                           "/boot",
                           "/dev",
                           "/etc",
                           "/lib",
                           "/lib64",
                           "/proc",
                           "/sys",
                           "/usr",
                           "/bin",
                           "/sbin",
                           "/root",
                           "/home",
                           "/run",
                           "/var/run",
                           "/var/lib/docker",
                           "/var/lib/containerd",
                           "/opt",
                           "/run/systemd",
                           "/run/dbus"})
    if (auto fact = look_at(fs, "path", path); fact.exists()) out.push_back(std::move(fact));
  std::vector<std::string> sockets = {"/var/run/docker.sock", "/run/containerd/containerd.sock",
                                      "/run/docker/containerd/containerd.sock", "/run/crio/crio.sock",
                                      "/run/podman/podman.sock"};
  if (!socket.empty()) sockets.push_back(socket);
  for (auto& path : sockets)
    if (auto fact = look_at(fs, "socket", path); fact.exists()) out.push_back(std::move(fact));
  return out;
}

}  // namespace bh::audit
