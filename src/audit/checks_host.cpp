// Section 1: the host, its rules for auditing left to checks_audited.cpp.
#include <charconv>

#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/host_fs.h"

namespace bh::audit::checks {
namespace {

/// "6.1.0-18-amd64" -> {6, 1}; nothing where it does not begin like that.
std::optional<std::pair<int, int>> major_minor(std::string_view text) {
  int major = 0;
  int minor = 0;
  auto [dot, error] = std::from_chars(text.data(), text.data() + text.size(), major);
  if (error != std::errc() || dot == text.data() + text.size() || *dot != '.') return std::nullopt;
  if (std::from_chars(dot + 1, text.data() + text.size(), minor).ec != std::errc()) return std::nullopt;
  return std::pair(major, minor);
}

/// The mount that holds `path`; of several on one point the last one.
const MountPoint* mount_of(const std::vector<MountPoint>& mounts, std::string_view path) {
  const MountPoint* best = nullptr;
  for (const auto& mount : mounts)
    if (is_below(path, mount.point) && (best == nullptr || mount.point.size() >= best->point.size()))
      best = &mount;
  return best;
}

/// Branches of the engine, as known on `table_date`; the table is not believed for longer than
/// `table_lifetime`. Where it comes from: docs/decisions/0260.
struct Branch {
  int major;
  std::string_view ended;  ///< month of its end; empty: none is announced
};
constexpr Branch branches[] = {
    {29, ""},          {28, ""},         {27, "May 2025"},      {26, "February 2025"}, {25, ""},
    {24, "June 2024"}, {23, "May 2025"}, {20, "December 2023"}, {19, "January 2021"}};
constexpr std::int64_t table_date = 1'772'668'800;          // 2026-03-05
constexpr std::int64_t table_lifetime = 548LL * 24 * 3600;  // 18 months

}  // namespace

Verdict host_separate_partition(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (!in.facts.local) return not_applicable("the mounts of the engine's host cannot be seen from here");
  if (!in.facts.host.mounts) return unknown(in.facts.host.mounts);
  auto roots = files_of(in.facts, "var-lib-docker");
  std::string root =
      !roots.empty() && roots.front()->exists() ? roots.front()->real_path : in.facts.info->docker_root_dir;
  if (root.empty()) return verdict(Outcome::unknown, "the engine does not say where its data is");
  // With userns-remap the engine works in DATA-ROOT/UID.GID.
  std::vector<std::string> candidates = {root};
  if (engine_option(*in.facts.info, "userns")) candidates.push_back(root.substr(0, root.rfind('/')));
  for (const auto& candidate : candidates) {
    const auto* own = mount_of(*in.facts.host.mounts, candidate);
    const auto* parent =
        mount_of(*in.facts.host.mounts, candidate.substr(0, std::max<std::size_t>(1, candidate.rfind('/'))));
    // The engine binds its data root onto itself: a mount point, but no filesystem of its own.
    if (own != nullptr && own->point == candidate && (parent == nullptr || parent->device != own->device))
      return passed(
          fmt::format("{} is a filesystem of its own ({}, {})", own->point, own->source, own->fs_type));
  }
  return failed(fmt::format("{} lies on the filesystem of another folder", root));
}

Verdict host_kernel_version(const Input& in) {
  std::string kernel = in.facts.info && !in.facts.info->kernel_version.empty() ? in.facts.info->kernel_version
                                                                               : in.facts.host.kernel;
  auto version = major_minor(kernel);
  if (!version)
    return verdict(Outcome::unknown, kernel.empty()
                                         ? "the kernel's version is not known"
                                         : fmt::format("\"{}\" is not a kernel's version", kernel));
  auto text = fmt::format("kernel {}", kernel);
  return *version >= std::pair(3, 10) ? passed(text) : failed(text + ", older than 3.10");
}

Verdict host_remove_services(const Input& in) {
  constexpr std::size_t bound = 5;
  if (!in.facts.host.listeners) return unknown(in.facts.host.listeners);
  std::vector<Evidence> evidence;
  for (const auto& listener : *in.facts.host.listeners)
    evidence.push_back({Outcome::pass,
                        fmt::format("{} {} port {}", listener.protocol, listener.address, listener.port),
                        "listens", ""});
  bool many = evidence.size() > bound;
  auto text =
      fmt::format("{} sockets listen{}", evidence.size(), many ? fmt::format(", more than {}", bound) : "");
  return {many ? Outcome::fail : Outcome::pass, text, std::move(evidence)};
}

Verdict host_docker_uptodate(const Input& in) {
  if (!in.facts.version) return unknown(in.facts.version);
  auto text = in.facts.version->version;
  auto version = major_minor(text);
  if (!version) return verdict(Outcome::unknown, fmt::format("\"{}\" is not an engine's version", text));
  for (const auto& component : in.facts.version->components)
    if (component.name == "Podman Engine")
      return manual(fmt::format("Podman {}: look at its distribution's support", component.version));
  // What was dead when the table was made is still dead; only "maintained" grows stale.
  const auto* branch = std::ranges::find(branches, version->first, &Branch::major);
  if (branch != std::end(branches) && !branch->ended.empty())
    return failed(fmt::format("engine {}: its branch ended in {}", text, branch->ended));
  if (version->first < 20) return failed(fmt::format("engine {}: its branch ended before 2021", text));
  if (in.facts.taken > table_date + table_lifetime)
    return verdict(Outcome::unknown,
                   fmt::format("engine {}: this program's table of branches is too old", text));
  if (branch == std::end(branches))
    return verdict(Outcome::unknown,
                   fmt::format("engine {} is newer than this program's table of branches", text));
  return passed(fmt::format("engine {} is of a maintained branch (as of March 2026)", text));
}

Verdict host_docker_group(const Input& in) {
  const auto& host = in.facts.host;
  if (!host.groups) return unknown(host.groups);
  if (!host.accounts) return unknown(host.accounts);
  auto sockets = files_of(in.facts, "docker-sock");
  const FileFact* socket = !sockets.empty() && sockets.front()->exists() ? sockets.front() : nullptr;
  auto group_name = configured(host.daemon, "group").value_or(Configured{"docker", ""}).value;
  const Group* group = nullptr;
  for (const auto& candidate : *host.groups) {
    bool owns = socket != nullptr && candidate.gid == socket->gid && (socket->mode & 0060) != 0;
    if (owns || (group == nullptr && candidate.name == group_name)) group = &candidate;
  }
  std::set<std::string> members;
  if (group != nullptr && group->gid != 0) {
    members.insert(group->members.begin(), group->members.end());
    for (const auto& account : *host.accounts)
      if (account.gid == group->gid) members.insert(account.name);
  }
  std::vector<Evidence> evidence;
  bool configured_trust = !in.policy.trusted_users.empty();
  for (const auto& name : members) {
    bool trusted = in.policy.trusted_users.contains(name);
    evidence.push_back(
        {trusted            ? Outcome::pass
         : configured_trust ? Outcome::fail
                            : Outcome::manual,
         "account " + name,
         fmt::format("is in group {}, which owns the socket{}", group->name, trusted ? " (trusted)" : ""),
         "/etc/group"});
  }
  if (socket != nullptr)
    for (const auto& entry : socket->acl)
      evidence.push_back({Outcome::fail, socket->path,
                          fmt::format("ACL entry {} gives access beside the group", entry), ""});
  if (socket != nullptr && (socket->mode & 0006) != 0)
    evidence.push_back(
        {Outcome::fail, socket->path, fmt::format("mode {:o}: anybody may use it", socket->mode), ""});
  if (evidence.empty())
    return passed(group == nullptr ? fmt::format("there is no group {}", group_name)
                                   : fmt::format("group {} has no members", group->name));
  return joined(std::move(evidence), "accounts", "");
}

Verdict attested(const Input&) { return manual("only a person can tell"); }
Verdict enterprise(const Input&) { return manual("Docker Enterprise is configured outside the engine"); }

}  // namespace bh::audit::checks
