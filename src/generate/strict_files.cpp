#include "generate/strict_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "generate/floor.h"
#include "generate/glob_sets.h"

namespace bh::generate {
namespace {

using diag::Code;
using diag::Span;

constexpr std::string_view writing = "wkl";

class Files {
 public:
  Files(StrictContext& context, const FileLists& lists)
      : context_(context), lists_(lists), out_(context.out) {
    writable_ = all_globs(lists.writable);
    exceptions_ = writable_;
    for (const PathSet& set : always_writable())
      exceptions_.insert(exceptions_.end(), set.globs.begin(), set.globs.end());
  }

  void run() {
    plan_writes();
    plan_exec();
    reads();
    writes();
    exec();
    spec_denials();
    quiet_refusals();
    if (lists_.floor) floor();
  }

 private:
  /// A denial that waits for its place in the text.
  struct Denial {
    PathSet set;
    std::string_view key;
    Span span;
  };

  // ---- Plans

  /// Where everything is writable that is not protected: what to deny, and which folders to leave out of what
  /// is allowed.
  void plan_writes() {
    if (!lists_.writable_by_default) return;
    for (const PathSet& set : lists_.read_only) protect(set, "ReadOnlyPaths", exceptions_);
    protect(system_programs(), "programs and libraries", exceptions_);
    for (const PathSet& set : lists_.allow_exec) protect(set, "AllowExec", exceptions_);
    for (const PathSet& set : lists_.deny_exec) protect(set, "DenyExec", exceptions_);
    for (const PathSet& set : lists_.shell_targets) protect(set, "DenyExec", exceptions_);
    // Nobody names a terminal `x.so`: here the devices are no exceptions.
    protect(loadable_libraries(), "loadable libraries", writable_);
    for (const std::string& text : everything_but(folders_)) unlisted_.push_back(fixed_set(text));
  }

  void protect(const PathSet& set, std::string_view key, const Globs& exceptions) {
    Globs whole, cut;
    for (const Glob& glob : set.globs) {
      Globs inside;
      for (const Glob& exception : exceptions)
        if (meets({exception}, {glob})) inside.push_back(exception);
      if (inside.empty()) {
        whole.push_back(glob);
      } else if (covers(inside, {glob})) {
        continue;
      } else if (auto folder = as_subtree(glob)) {
        folders_.push_back(*folder);
        left_out_.push_back({set, key, set.span});
      } else if (auto rest = subtract({glob}, inside); rest && rest->size() <= max_cut) {
        cut.insert(cut.end(), rest->begin(), rest->end());
      } else {
        whole.push_back(glob);
        not_exact(set, key, inside);
      }
    }
    if (whole.size() == set.globs.size()) {
      write_denials_.push_back({set, key, set.span});
      return;
    }
    if (!whole.empty()) write_denials_.push_back({made_set(whole), key, set.span});
    if (!cut.empty()) write_denials_.push_back({made_set(cut), key, set.span});
  }

  void not_exact(const PathSet& set, std::string_view key, const Globs& inside) {
    for (const PathSet& lost : lists_.writable) {
      bool hit = std::ranges::any_of(
          lost.globs, [&](const Glob& glob) { return std::ranges::find(inside, glob) != inside.end(); });
      if (!hit) continue;
      auto& report = context_.sink.report(
          Code::not_exact, lost.span,
          fmt::format(
              "what `{}` has in common with {} stays read-only: AppArmor has no way to say that exception",
              lost.written, set.span.valid() ? fmt::format("`{}`", set.written) : std::string(key)));
      if (set.span.valid()) report.label(set.span, "read-only by this");
      report.with_help("write one of them as a folder (`/path/**`) or as plain paths");
    }
  }

  void plan_exec() {
    if (lists_.exec_listed) {
      exec_ = lists_.allow_exec;
      return;
    }
    // Readable and not writable.
    std::vector<PathSet> candidates;
    if (lists_.writable_by_default) {
      candidates = lists_.read_only;
      candidates.push_back(system_programs());
      candidates.push_back(loadable_libraries());
    } else {
      candidates = everything_runnable();
    }
    if (!lists_.read_listed) {
      exec_ = std::move(candidates);
      return;
    }
    for (const PathSet& set : lists_.read) {
      if (auto common = intersect(set.globs, all_globs(candidates)); common && !common->empty()) {
        PathSet both = covers(*common, set.globs) ? set : made_set(std::move(*common));
        both.span = set.span;
        exec_.push_back(std::move(both));
      }
    }
  }

  /// Everything, without the folders of DenyExec: a denial of running there would leave mapping allowed in
  /// parsers that take `ix` to mean `m` (3.0.8), and a denial of mapping would keep the libraries in them
  /// from loading.
  std::vector<PathSet> everything_runnable() const {
    std::vector<std::string> folders;
    for (const PathSet& set : lists_.deny_exec)
      for (const Glob& glob : set.globs)
        if (auto folder = as_subtree(glob)) folders.push_back(*folder);
    std::vector<PathSet> pieces;
    for (const std::string& text : everything_but(folders)) pieces.push_back(fixed_set(text));
    return pieces;
  }

  // ---- Text

  void allow(const PathSet& set, std::string_view perms, std::string_view key, Span span,
             bool audit = false) {
    out_.rule(fmt::format("{}{} {}", audit ? "audit " : "", quote(set.text), perms), key, span);
  }

  /// Logged, but for the part that Quiet has.
  void deny(const PathSet& set, std::string_view perms, std::string_view key, Span span) {
    bool quiet = covers(all_globs(lists_.quiet), set.globs);
    out_.rule(fmt::format("{} {} {}", context_.deny(quiet), quote(set.text), perms), key, span);
    if (quiet || context_.mode == Mode::complain) return;
    for (const PathSet& silent : lists_.quiet) {
      if (!meets(silent.globs, set.globs)) continue;
      if (covers(set.globs, silent.globs)) {
        out_.rule(fmt::format("deny {} {}", quote(silent.text), perms), "Quiet", silent.span);
      } else if (auto common = intersect(silent.globs, set.globs)) {
        out_.rule(fmt::format("deny {} {}", quote(print(*common)), perms), "Quiet", silent.span);
      }
    }
  }

  void reads() {
    out_.section("Reading");
    if (!lists_.read_listed) {
      out_.rule("/{,**} r");
      return;
    }
    for (const PathSet& set : lists_.read) allow(set, "r", "ReadPaths", set.span);
    for (const PathSet& set : lists_.writable) allow(set, "r", "WritablePaths", set.span);
    for (const PathSet& set : unlisted_) allow(set, "r", "writable, so readable", {});
    for (const PathSet& set : always_writable()) allow(set, "r", "", {});
    for (const PathSet& set : always_readable()) allow(set, "r", "", {});
  }

  void writes() {
    out_.section("Writing");
    for (const PathSet& set : lists_.writable) {
      bool logged =
          std::ranges::any_of(lists_.log, [&](const PathSet& log) { return covers(log.globs, set.globs); });
      allow(set, writing, "WritablePaths", set.span, logged);
      if (!logged) log_parts(set, true);
    }
    for (const PathSet& set : always_writable()) allow(set, writing, "every process needs it", {});
    if (!unlisted_.empty()) {
      out_.note("Writable because no list says otherwise (Unlisted).");
      for (const PathSet& set : unlisted_) {
        bool logged =
            std::ranges::any_of(lists_.log, [&](const PathSet& log) { return covers(log.globs, set.globs); });
        Span span = context_.spec.unlisted ? context_.spec.unlisted->span : Span{};
        allow(set, writing, span.valid() ? "Unlisted" : "", span, logged);
        if (!logged) log_parts(set, false);
      }
    }
    for (const Denial& folder : left_out_)
      out_.note(fmt::format(
          "{} is not among what is writable: {}.", folder.set.text,
          folder.span.valid() ? "ReadOnlyPaths, with exceptions above" : std::string(folder.key)));
    for (const Denial& denial : write_denials_) deny(denial.set, writing, denial.key, denial.span);
    unused_logs();
  }

  /// `audit` for the parts of a writable set that LogOnWritePaths has. The common part never grants anything.
  void log_parts(const PathSet& set, bool listed) {
    for (const PathSet& log : lists_.log) {
      if (!meets(log.globs, set.globs)) continue;
      bool inside = covers(set.globs, log.globs);
      auto common = inside ? std::optional(log.globs) : intersect(log.globs, set.globs);
      if (listed && !inside)
        context_.sink
            .report(
                Code::log_partly, log.span,
                fmt::format("of `{}` only what it has in common with `{}` is {}", set.written, log.written,
                            common ? "logged" : "meant, which cannot be said: nothing is logged"))
            .label(set.span, "partly inside");
      if (common) allow(inside ? log : made_set(*common), writing, "LogOnWritePaths", log.span, true);
    }
  }

  void unused_logs() {
    for (const PathSet& log : lists_.log) {
      bool used = meets(writable_, log.globs) || meets(all_globs(unlisted_), log.globs);
      if (!used)
        context_.sink.report(
            Code::no_effect, log.span,
            fmt::format("`{}` in LogOnWritePaths changes nothing: nothing there can be written",
                        log.written));
    }
  }

  void exec() {
    out_.section(lists_.exec_listed ? "Running: AllowExec and nothing else"
                                    : "Running: what can be read and not written");
    for (const PathSet& set : exec_)
      allow(set, "mrix", lists_.exec_listed ? "AllowExec" : set.span.valid() ? "not writable" : "", set.span);
    if (exec_.empty()) out_.note("nothing");
    out_.rule(fmt::format("{} mr", loadable_libraries().text), "libraries, mapped as code");
    Globs runnable = all_globs(exec_);
    Globs code = runnable;
    code.insert(code.end(), loadable_libraries().globs.begin(), loadable_libraries().globs.end());
    for (const PathSet& set : lists_.writable)
      if (meets(code, set.globs)) deny(set, "mx", "writable, so never code", set.span);
    for (const PathSet& set : always_writable())
      if (meets(runnable, set.globs)) deny(set, "mx", "writable, so never code", {});
    PathSet memory = fixed_set("/memfd:*");
    if (meets(runnable, memory.globs)) deny(memory, "mx", "memory that a process wrote itself", {});
    loader(runnable);
    for (const PathSet& set : lists_.deny_exec) deny_exec(set);
    for (const PathSet& set : lists_.shell_targets) deny_exec(set);
  }

  void loader(const Globs& runnable) {
    if (!meets(runnable, dynamic_loader().globs)) return;
    Globs named;
    for (const PathSet& set : lists_.allow_exec)
      for (const Glob& glob : set.globs)
        if (as_literal(glob) && covers(dynamic_loader().globs, {glob})) named.push_back(glob);
    constexpr std::string_view why = "the loader would run what may not be run";
    if (named.empty()) return deny(dynamic_loader(), "x", why, {});
    if (auto rest = subtract(dynamic_loader().globs, named)) deny(made_set(std::move(*rest)), "x", why, {});
  }

  void deny_exec(const PathSet& set) {
    deny(set, meets(set.globs, loadable_libraries().globs) ? "x" : "mx", "DenyExec", set.span);
  }

  void spec_denials() {
    if (lists_.deny.empty()) return;
    out_.section("DenyPaths");
    for (const PathSet& set : lists_.deny) deny(set, "mrwklx", "DenyPaths", set.span);
  }

  /// Refusals that no rule makes: Quiet has to make one, where nothing is allowed.
  void quiet_refusals() {
    if (context_.mode == Mode::complain) return;
    bool begun = false;
    auto add = [&](const PathSet& set, Globs less, std::string_view perms) {
      Globs inside;
      for (const Glob& glob : less)
        if (meets({glob}, set.globs)) inside.push_back(glob);
      auto rest = subtract(set.globs, inside);
      if (!rest) {
        context_.sink.report(
            Code::not_exact, set.span,
            fmt::format(
                "refusals under `{}` stay logged: AppArmor has no way to leave out what is allowed there",
                set.written));
        return;
      }
      if (rest->empty()) return;
      if (!begun) out_.section("Quiet: refused without a line in the log");
      begun = true;
      out_.rule(fmt::format("deny {} {}", quote(inside.empty() ? set.text : print(*rest)), perms), "Quiet",
                set.span);
    };
    for (const PathSet& set : lists_.quiet) {
      if (!lists_.writable_by_default) add(set, exceptions_, writing);
      if (lists_.exec_listed) add(set, all_globs(lists_.allow_exec), "x");
    }
  }

  void floor() {
    out_.section("Floor: denied whatever the lists say");
    for (const FloorRule& rule : floor_rules()) {
      PathSet set = fixed_set(rule.path);
      if (!lists_.settings.empty() && !rule.denies_reading() && meets(set.globs, lists_.settings)) {
        auto rest = subtract(set.globs, lists_.settings);
        if (rest && rest->size() <= max_cut)
          set = made_set(std::move(*rest));
        else
          context_.sink.report(
              Code::not_exact, {},
              "kernel settings in WritablePaths stay read-only: AppArmor has no way to say that exception");
      }
      deny(set, rule.perms, rule.why, {});
    }
  }

  static constexpr std::size_t max_cut = 512;

  StrictContext& context_;
  const FileLists& lists_;
  Text& out_;
  Globs writable_;                    // WritablePaths
  Globs exceptions_;                  // and what every process needs
  std::vector<std::string> folders_;  // not writable by default, with exceptions inside
  std::vector<Denial> left_out_;      // the sets that those come from
  std::vector<Denial> write_denials_;
  std::vector<PathSet> unlisted_;  // writable by default
  std::vector<PathSet> exec_;
};

}  // namespace

void strict_files(StrictContext& context) {
  if (auto lists = file_lists(context.spec, context.sink)) Files(context, *lists).run();
}

}  // namespace bh::generate
