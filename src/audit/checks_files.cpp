// Section 3: owners and modes of Docker's files. Two functions, a role and a limit each: "tls-key 400",
// "docker-sock root:docker".
#include <charconv>

#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/host_fs.h"

namespace bh::audit::checks {
namespace {

std::string account_name(const Snapshot& facts, std::uint32_t uid) {
  if (facts.host.accounts)
    for (const auto& account : *facts.host.accounts)
      if (account.uid == uid) return account.name;
  return std::to_string(uid);
}

std::string group_name(const Snapshot& facts, std::uint32_t gid) {
  if (facts.host.groups)
    for (const auto& group : *facts.host.groups)
      if (group.gid == gid) return group.name;
  return std::to_string(gid);
}

/// Runs `look` over the files of a role; those that do not exist make it not applicable.
template <class Look>
Verdict each_file(const Input& in, std::string_view role, Look look) {
  if (!in.facts.local) return verdict(Outcome::unknown, in.facts.host.mounts.unknown);
  std::vector<Evidence> evidence;
  std::string missing;
  for (const auto* file : files_of(in.facts, role)) {
    if (!file->unknown.empty())
      evidence.push_back({Outcome::unknown, file->path, file->unknown, ""});
    else if (file->exists())
      evidence.push_back(look(*file));
    else
      missing = file->path;
  }
  auto none = missing.starts_with('(') ? missing.substr(1, missing.size() - 2)
              : missing.empty()        ? "there is no such file"
                                       : missing + " does not exist";
  return joined(std::move(evidence), "files", none);
}

std::string shown(const FileFact& file) {
  return file.real_path.empty() || file.real_path == file.path ? "" : "symlink to " + file.real_path;
}

}  // namespace

Verdict file_owner(const Input& in) {
  auto parts = words(in.parameter);
  bool docker_group = parts[1] == "root:docker";
  auto group_setting = configured(in.facts.host.daemon, "group");
  return each_file(in, parts[0], [&](const FileFact& file) -> Evidence {
    auto seen =
        fmt::format("owned by {}:{}", account_name(in.facts, file.uid), group_name(in.facts, file.gid));
    bool group_fits =
        file.gid == 0;  // root:root is stricter than root:docker, so it is fine where a group would be
    if (docker_group && !group_fits) {
      auto wanted = group_setting ? group_setting->value : "docker";
      group_fits = group_name(in.facts, file.gid) == wanted || std::to_string(file.gid) == wanted;
    }
    return {file.uid == 0 && group_fits ? Outcome::pass : Outcome::fail, file.path, std::move(seen),
            shown(file)};
  });
}

Verdict file_mode(const Input& in) {
  auto parts = words(in.parameter);
  std::uint32_t limit = 0;
  std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), limit, 8);
  return each_file(in, parts[0], [&](const FileFact& file) -> Evidence {
    auto surplus = file.mode & ~limit;
    auto seen = surplus == 0 ? fmt::format("mode {:o}", file.mode)
                             : fmt::format("mode {:o} goes beyond {:o} by {:o}", file.mode, limit, surplus);
    Outcome outcome = surplus == 0 ? Outcome::pass : Outcome::fail;
    // The group bits of a file with an ACL are its mask: named entries give access that the mode does not
    // show.
    for (const auto& entry : file.acl) {
      bool harmless = entry.ends_with(":---") || (entry.ends_with(":r--") && (limit & 0004) != 0) ||
                      (entry.ends_with(":r-x") && (limit & 0005) == 0005);
      if (harmless) continue;
      outcome = Outcome::fail;
      seen += fmt::format(", and an ACL entry {}", entry);
    }
    return {outcome, file.path, std::move(seen), shown(file)};
  });
}

}  // namespace bh::audit::checks
