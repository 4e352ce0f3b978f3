// The lists of a spec as sets, and what is wrong between them.
#include <fmt/format.h>

#include <algorithm>

#include "generate/floor.h"
#include "generate/glob_sets.h"
#include "generate/strict_files.h"

namespace bh::generate {

using diag::Code;

const std::vector<PathSet>& always_writable() {
  static const std::vector<PathSet> sets = {
      fixed_set("/dev/{null,zero,full,random,urandom,tty,console,ptmx}"), fixed_set("/dev/pts/*"),
      fixed_set("/proc/[1-9]*/{comm,oom_score_adj,task/*/comm}")};
  return sets;
}

const PathSet& loadable_libraries() {
  static const PathSet set = fixed_set("/**.{so{,.*},node}");
  return set;
}

const PathSet& dynamic_loader() {
  static const PathSet set = fixed_set("/{,**/}ld{-*.so*,{,32,64}.so{,.*}}");
  return set;
}

const PathSet& memory_files() {
  static const PathSet set = fixed_set("/{,memfd:*}");
  return set;
}

const PathSet& system_programs() {
  static const PathSet set = fixed_set("/{,usr/}{bin,sbin,lib*}/{,**}");
  return set;
}

const std::vector<PathSet>& always_readable() {
  static const std::vector<PathSet> sets = {
      fixed_set("/etc/{ld.so.cache,ld.so.conf,ld.so.preload,ld.so.conf.d/"
                "{,**},localtime,timezone,locale.alias,locale.conf}"),
      fixed_set(
          "/etc/"
          "{passwd,group,nsswitch.conf,hosts,host.conf,hostname,resolv.conf,gai.conf,services,protocols}"),
      fixed_set("/usr/share/{locale,zoneinfo,i18n}/{,**}"),
      fixed_set("/usr/lib{,32,64}/{locale,gconv,*-linux-gnu*/gconv}/{,**}"),
      fixed_set("/proc/[1-9]*/{,task/{,*/}}{auxv,cgroup,cmdline,comm,environ,exe,fd/{,*},fdinfo/"
                "{,*},limits,maps,mountinfo,mounts,oom_score_adj,"
                "smaps,stat,statm,status,wchan}"),
      fixed_set("/proc/[1-9]*/task/{,*/}"),
      fixed_set("/proc/{cpuinfo,filesystems,loadavg,meminfo,stat,uptime,version,sys/kernel/"
                "{cap_last_cap,ngroups_max,osrelease,pid_max,random/*,"
                "version},sys/vm/overcommit_memory,sys/net/core/somaxconn}"),
      fixed_set("/sys/{devices/system/cpu/{,online,possible,present},fs/cgroup/{,**},kernel/mm/"
                "transparent_hugepage/{,**}}"),
  };
  return sets;
}

Globs all_globs(const std::vector<PathSet>& sets) {
  Globs all;
  for (const PathSet& set : sets) all.insert(all.end(), set.globs.begin(), set.globs.end());
  return all;
}

namespace {

class Lists {
 public:
  Lists(const Spec& spec, diag::Sink& sink, const ImageNames* image)
      : spec_(spec), sink_(sink), image_(image), variables_(spec) {}

  std::optional<FileLists> run() {
    std::size_t errors = sink_.errors();
    const Filesystem& from = spec_.filesystem;
    read(from.read_only_paths, lists_.read_only);
    read(from.log_on_write_paths, lists_.log);
    read(from.writable_paths, lists_.writable);
    read(from.allow_exec, lists_.allow_exec);
    read(from.deny_exec, lists_.deny_exec);
    read(from.read_paths, lists_.read);
    read(from.deny_paths, lists_.deny);
    read_quiet();
    lists_.exec_listed = from.allow_exec.has_value();
    lists_.read_listed = from.read_paths.has_value();
    lists_.floor = !spec_.floor || spec_.floor->value == Floor::standard;
    lists_.writable_by_default = spec_.unlisted ? spec_.unlisted->value == Unlisted::writable
                                                : !from.writable_paths || from.read_only_paths.has_value();
    if (sink_.errors() > errors) return std::nullopt;
    if (image_ == nullptr) {
      shells();
    } else {
      add_link_targets(lists_.allow_exec);
      add_link_targets(lists_.deny_exec);
      check_programs();
    }
    check_writable();
    check_exec();
    check_overruled();
    if (!lists_.floor)
      sink_
          .report(Code::floor_custom, spec_.floor->span,
                  "Floor = \"custom\": nothing is denied but what this spec denies")
          .with_help("docs/spec.md lists what the floor denies; say what you need of it in DenyPaths");
    if (sink_.errors() > errors) return std::nullopt;
    return std::move(lists_);
  }

 private:
  void read(const std::optional<List>& list, std::vector<PathSet>& into) {
    if (!list) return;
    for (const Entry& entry : list->entries) {
      bool again = std::ranges::any_of(into, [&](const PathSet& set) { return set.written == entry.text; });
      if (again) continue;
      auto set = path_set(entry, variables_, sink_, image_);
      if (!set) continue;
      for (const Glob& glob : set->globs) steps_ += glob.size();
      paths_ += set->globs.size();
      if (paths_ > max_paths || steps_ > max_steps) {
        if (!beyond_)
          sink_.report(
              Code::input_beyond_limit, entry.span,
              fmt::format("the lists name too much: at most {} paths once the `{{…}}` are multiplied out",
                          max_paths));
        beyond_ = true;
        return;
      }
      into.push_back(std::move(*set));
    }
  }

  void read_quiet() {
    if (!spec_.quiet) return;
    List paths{spec_.quiet->key, {}};
    for (const Entry& entry : spec_.quiet->entries)
      if (entry.text.starts_with('/') || entry.text.starts_with("@{")) paths.entries.push_back(entry);
    read(paths, lists_.quiet);
  }

  /// What DenyExec's `sh` is a link to on most images. The kernel sees the target's name.
  void shells() {
    Globs named = all_globs(lists_.deny_exec), allowed = all_globs(lists_.allow_exec);
    const PathSet* first = nullptr;
    std::string added;
    for (const PathSet& set : lists_.deny_exec) {
      if (!set.text.ends_with("/sh")) continue;
      std::string names;
      for (std::string_view name : {"dash", "bash", "ash", "busybox"}) {
        PathSet target = fixed_set(set.text.substr(0, set.text.size() - 2) + std::string(name));
        if (covers(named, target.globs) || meets(allowed, target.globs)) continue;
        names += (names.empty() ? "" : ",") + std::string(name);
        named.insert(named.end(), target.globs.begin(), target.globs.end());
      }
      if (names.empty()) continue;
      if (names.find(',') != std::string::npos) names = "{" + names + "}";
      PathSet targets = fixed_set(set.text.substr(0, set.text.size() - 2) + names);
      targets.span = set.span;
      added += (added.empty() ? "" : " and ") + targets.text;
      lists_.shell_targets.push_back(std::move(targets));
      if (!first) first = &set;
    }
    if (first)
      sink_
          .report(Code::shell_targets, first->span,
                  fmt::format(
                      "`{}` is a link on most images, and the kernel sees what it leads to: {} is denied too",
                      first->written, added))
          .with_help("to settle it, name each of them in DenyExec or in AllowExec");
  }

  /// `/usr/bin/v*` is also what the links among it lead to: the kernel asks about those.
  void add_link_targets(std::vector<PathSet>& sets) {
    for (PathSet& set : sets) {
      Globs more;
      for (const std::string& target :
           image_->link_targets([&](std::string_view path) { return matches(set.globs, path); }))
        if (!matches(set.globs, target)) more.push_back(literal(target));
      if (more.empty()) continue;
      set.globs.insert(set.globs.end(), std::make_move_iterator(more.begin()),
                       std::make_move_iterator(more.end()));
      set.text = print(set.globs);
    }
  }

  void check_programs() {
    for (const PathSet& set : lists_.allow_exec)
      for (const Glob& glob : set.globs)
        if (auto path = as_literal(glob); path && !image_->has(*path))
          sink_
              .report(Code::not_in_image, set.span,
                      fmt::format("`{}` in AllowExec is not in {}", set.written, image_->words()))
              .with_help("a volume may bring it; else look at the spelling");
  }

  void no_effect(const PathSet& set, std::string_view key, std::string_view because, diag::Span span,
                 std::string_view label) {
    auto& report = sink_.report(Code::no_effect, set.span,
                                fmt::format("`{}` in {} changes nothing: {}", set.written, key, because));
    if (span.valid()) report.label(span, std::string(label));
  }

  void check_writable() {
    if (lists_.floor)
      for (const PathSet& set : lists_.writable) {
        if (!meets(namespaced_settings().globs, set.globs)) {
          if (covers(floor_unwritable(), set.globs))
            no_effect(set, "WritablePaths", "the floor keeps it from being written", {}, "");
          continue;
        }
        if (auto asked = intersect(set.globs, namespaced_settings().globs))
          lists_.settings.insert(lists_.settings.end(), asked->begin(), asked->end());
        if (!covers(namespaced_settings().globs, set.globs) && covers(floor_unwritable(), set.globs))
          sink_.report(Code::no_effect, set.span,
                       fmt::format("of `{}` only the container's own settings ({}) become writable",
                                   set.written, namespaced_settings().text));
      }
    Globs writable = all_globs(lists_.writable);
    for (const PathSet& set : lists_.read_only)
      for (const PathSet& over : lists_.writable)
        if (covers(over.globs, set.globs)) {
          no_effect(set, "ReadOnlyPaths", "WritablePaths wins", over.span, "all of it is writable by this");
          break;
        }
  }

  void check_exec() {
    std::vector<PathSet> written = lists_.writable;
    written.insert(written.end(), always_writable().begin(), always_writable().end());
    for (const PathSet& set : lists_.allow_exec) {
      bool inside = covers(all_globs(written), set.globs);
      bool reported = false;
      for (const PathSet& over : written) {
        if (!meets(over.globs, set.globs) || reported) continue;
        if (inside) {
          auto& report =
              sink_.report(Code::exec_inside_writable, set.span,
                           fmt::format("`{}` is in AllowExec and writable: what can be written is never run",
                                       set.written));
          if (over.span.valid()) report.label(over.span, "writable by this");
          report.with_help("name the writable paths more narrowly, or take this out of AllowExec");
          reported = true;
        } else if (over.span.valid()) {
          sink_
              .report(Code::exec_partly_writable, set.span,
                      fmt::format("what `{}` lets be written cannot be run, although AllowExec has `{}`",
                                  over.written, set.written))
              .label(over.span, "writable by this");
          reported = true;
        }
      }
    }
  }

  void check_overruled() {
    auto check = [&](const std::vector<PathSet>& sets, std::string_view key, const std::vector<PathSet>& by,
                     std::string_view by_key) {
      for (const PathSet& set : sets)
        for (const PathSet& over : by)
          if (covers(over.globs, set.globs)) {
            no_effect(set, key, fmt::format("{} wins", by_key), over.span, "all of it is denied by this");
            break;
          }
    };
    check(lists_.writable, "WritablePaths", lists_.deny, "DenyPaths");
    check(lists_.read, "ReadPaths", lists_.deny, "DenyPaths");
    check(lists_.allow_exec, "AllowExec", lists_.deny, "DenyPaths");
    check(lists_.allow_exec, "AllowExec", lists_.deny_exec, "DenyExec");
    if (!lists_.floor) return;
    for (const PathSet& set : lists_.read)
      if (covers(floor_unreadable(), set.globs))
        no_effect(set, "ReadPaths", "the floor keeps it from being read", {}, "");
  }

  static constexpr std::size_t max_paths = 4096;
  static constexpr std::size_t max_steps = 1u << 20;

  const Spec& spec_;
  diag::Sink& sink_;
  const ImageNames* image_;
  Variables variables_;
  FileLists lists_;
  std::size_t paths_ = 0, steps_ = 0;
  bool beyond_ = false;
};

}  // namespace

std::optional<FileLists> file_lists(const Spec& spec, diag::Sink& sink, const ImageNames* image) {
  return Lists(spec, sink, image).run();
}

}  // namespace bh::generate
