#include "generate/meaning.h"

#include <algorithm>

#include "generate/bane.h"
#include "generate/floor.h"
#include "generate/glob_sets.h"

namespace bh::generate {
namespace {

bool in(const std::vector<PathSet>& sets, std::string_view path) {
  return std::ranges::any_of(sets, [&](const PathSet& set) { return matches(set.globs, path); });
}

/// Does the floor deny one of `perms` here?
bool floor_denies(const FileLists& lists, std::string_view path, char perm) {
  return lists.floor && std::ranges::any_of(floor_rules(), [&](const FloorRule& rule) {
           return rule.perms.find(perm) != std::string_view::npos &&
                  matches(fixed_set(rule.path).globs, path);
         });
}

bool never_writable(const FileLists& lists, std::string_view path) {
  return matches(system_programs().globs, path) || matches(loadable_libraries().globs, path) ||
         in(lists.allow_exec, path) || in(lists.deny_exec, path) || in(lists.shell_targets, path);
}

/// The lists that name what can be written, before anything that denies.
bool named_writable(const FileLists& lists, std::string_view path) {
  if (in(lists.writable, path)) return true;
  // Where everything is writable by default a library never is, whatever folder of devices it is in.
  return in(always_writable(), path) &&
         !(lists.writable_by_default && matches(loadable_libraries().globs, path));
}

bool writable_by_default(const FileLists& lists, std::string_view path) {
  return lists.writable_by_default && !in(lists.read_only, path) && !never_writable(lists, path);
}

bool may_write(const FileLists& lists, std::string_view path) {
  if (in(lists.deny, path)) return false;
  if (floor_denies(lists, path, 'w') && !matches(lists.settings, path)) return false;
  return named_writable(lists, path) || writable_by_default(lists, path);
}

/// AllowExec, or where there is none everything that is readable and not writable.
bool named_runnable(const FileLists& lists, std::string_view path) {
  if (lists.exec_listed) return in(lists.allow_exec, path);
  if (lists.read_listed && !in(lists.read, path)) return false;
  return !writable_by_default(lists, path);
}

/// As code at all, by running or by mapping; the loader is kept from running only.
bool is_code(const FileLists& lists, std::string_view path) {
  if (in(lists.deny, path) || floor_denies(lists, path, 'x')) return false;
  if (in(lists.deny_exec, path) || in(lists.shell_targets, path)) return false;
  if (in(lists.writable, path) || in(always_writable(), path) || matches(memory_files().globs, path))
    return false;
  return named_runnable(lists, path);
}

bool may_run(const FileLists& lists, std::string_view path) {
  bool named_alone = std::ranges::any_of(lists.allow_exec, [&](const PathSet& set) {
    return std::ranges::any_of(set.globs,
                               [&](const Glob& glob) { return as_literal(glob) == std::string(path); });
  });
  return is_code(lists, path) && (named_alone || !matches(dynamic_loader().globs, path));
}

bool may_map(const FileLists& lists, std::string_view path) {
  if (in(lists.deny, path) || floor_denies(lists, path, 'm')) return false;
  if (in(lists.writable, path) || in(always_writable(), path) || matches(memory_files().globs, path))
    return false;
  return is_code(lists, path) || matches(loadable_libraries().globs, path);
}

bool may_read(const FileLists& lists, std::string_view path) {
  if (in(lists.deny, path) || floor_denies(lists, path, 'r')) return false;
  if (!lists.read_listed) return true;
  return in(lists.read, path) || named_writable(lists, path) || writable_by_default(lists, path) ||
         (lists.exec_listed && in(lists.allow_exec, path)) || matches(loadable_libraries().globs, path) ||
         in(always_readable(), path);
}

}  // namespace

FileAnswer strict_meaning(const FileLists& lists, std::string_view path) {
  return {may_read(lists, path), may_write(lists, path), may_run(lists, path), may_map(lists, path)};
}

BaneDenials bane_denials(const Spec& spec) {
  Variables variables(spec);
  auto add = [&](Globs& into, std::string_view written) {
    std::string unknown;
    GlobError error;
    auto text = variables.expand(written, unknown);
    auto globs = text ? parse_globs(*text, error) : std::nullopt;
    if (globs) into.insert(into.end(), globs->begin(), globs->end());
  };
  BaneDenials denials;
  if (const auto& list = spec.filesystem.read_only_paths)
    for (const Entry& entry : list->entries) add(denials.write, entry.text);
  if (const auto& list = spec.filesystem.deny_exec)
    for (const Entry& entry : list->entries) add(denials.everything, entry.text);
  for (std::string_view rule : bane_fixed_rules()) {
    // `deny PATH perms`
    if (!rule.starts_with("deny /") && !rule.starts_with("deny @")) continue;
    std::size_t end = rule.rfind(' ');
    std::string_view path = rule.substr(5, end - 5), perms = rule.substr(end + 1);
    add(perms == "w" ? denials.write : perms == "wklx" ? denials.change : denials.everything, path);
  }
  return denials;
}

FileAnswer bane_meaning(const BaneDenials& denials, std::string_view path) {
  if (matches(denials.everything, path)) return {};
  bool changed = !matches(denials.change, path);
  return {true, changed && !matches(denials.write, path), changed, true};
}

}  // namespace bh::generate
