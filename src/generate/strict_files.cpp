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

  /// What is not writable although everything is by default.
  struct Protected {
    PathSet set;
    std::string_view key;
  };

  /// Where everything is writable that is not protected: which folders to leave out of what is allowed, and
  /// what to deny.
  void plan_writes() {
    if (!lists_.writable_by_default) return;
    std::vector<Protected> all;
    for (const PathSet& set : lists_.read_only) all.push_back({set, "ReadOnlyPaths"});
    all.push_back({system_programs(), "programs and libraries"});
    for (const PathSet& set : lists_.allow_exec) all.push_back({set, "AllowExec"});
    for (const PathSet& set : lists_.deny_exec) all.push_back({set, "DenyExec"});
    for (const PathSet& set : lists_.shell_targets) all.push_back({set, "DenyExec"});

    for (const Protected& one : all)
      for (const Glob& glob : one.set.globs) {
        auto folder = as_subtree(glob);
        Globs inside = exceptions_in(glob);
        if (!folder || inside.empty() || covers(inside, {glob})) continue;
        folders_.push_back(*folder);
        if (left_out_.empty() || left_out_.back().set.text != one.set.text)
          left_out_.push_back({one.set, one.key, one.set.span});
      }
    for (const std::string& text : everything_but(folders_)) unlisted_.push_back(fixed_set(text));
    if (unlisted_.empty()) return;
    Globs left_out;
    for (const std::string& folder : folders_) {
      left_out.push_back(literal(folder));
      left_out.back().push_back({path_bytes(), true});
    }
    for (const Protected& one : all) protect(one, left_out);
    protect_libraries();
  }

  Globs exceptions_in(const Glob& glob) const {
    Globs inside;
    for (const Glob& exception : exceptions_)
      if (meets(exception, glob)) inside.push_back(exception);
    return inside;
  }

  void protect(const Protected& one, const Globs& left_out) {
    Globs whole, cut;
    for (const Glob& glob : one.set.globs) {
      if (covers(left_out, {glob})) continue;
      Globs inside = exceptions_in(glob);
      if (inside.empty()) {
        whole.push_back(glob);
      } else if (covers(inside, {glob})) {
        continue;
      } else if (auto rest = subtract({glob}, inside); rest && rest->size() <= max_cut) {
        cut.insert(cut.end(), rest->begin(), rest->end());
      } else {
        whole.push_back(glob);
        not_exact(one.set, one.key, inside);
      }
    }
    if (whole.size() == one.set.globs.size()) {
      write_denials_.push_back({one.set, one.key, one.set.span});
      return;
    }
    if (!whole.empty()) write_denials_.push_back({made_set(whole), one.key, one.set.span});
    if (!cut.empty()) write_denials_.push_back({made_set(cut), one.key, one.set.span});
  }

  /// Libraries anywhere but in what WritablePaths names. (Nobody calls a terminal `x.so`: devices are no
  /// exceptions here.)
  void protect_libraries() {
    std::vector<std::string> folders;
    Globs others;
    for (const Glob& glob : writable_) {
      if (!meets({glob}, loadable_libraries().globs)) continue;
      if (auto folder = as_subtree(glob))
        folders.push_back(*folder);
      else
        others.push_back(glob);
    }
    for (const std::string& text : files_but(folders, ".{so{,.*},node}")) {
      PathSet set = fixed_set(text);
      Globs inside;
      for (const Glob& glob : others)
        if (meets(set.globs, {glob})) inside.push_back(glob);
      if (!inside.empty()) {
        auto rest = subtract(set.globs, inside);
        if (rest && rest->empty()) continue;
        if (rest && rest->size() <= max_cut)
          set = made_set(std::move(*rest));
        else
          not_exact(loadable_libraries(), "loadable libraries", inside);
      }
      write_denials_.push_back({std::move(set), "loadable libraries", {}});
    }
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
    exec_ = lists_.exec_listed ? lists_.allow_exec : readable_and_not_writable();
    // A denial of running leaves mapping allowed in parsers that take `ix` to mean `m` (3.0.8), and a denial
    // of mapping would keep libraries from loading: what DenyExec shares with libraries is left out instead,
    // where that can be said.
    for (const PathSet& denied : lists_.deny_exec) {
      std::string_view perms = "mx";
      if (meets(denied.globs, loadable_libraries().globs) && leave_out(denied.globs)) perms = "x";
      exec_denials_.push_back(perms);
    }
  }

  bool leave_out(const Globs& denied) {
    std::vector<PathSet> left;
    for (const PathSet& set : exec_) {
      if (!meets(set.globs, denied)) {
        left.push_back(set);
        continue;
      }
      auto rest = subtract(set.globs, denied);
      if (!rest || rest->size() > max_cut) return false;
      if (rest->empty()) continue;
      left.push_back(made_set(std::move(*rest)));
      left.back().span = set.span;
    }
    exec_ = std::move(left);
    return true;
  }

  std::vector<PathSet> readable_and_not_writable() const {
    std::vector<PathSet> candidates;
    if (lists_.writable_by_default) {
      candidates = lists_.read_only;
      candidates.push_back(system_programs());
      candidates.push_back(loadable_libraries());
    } else {
      candidates = everything_runnable();
    }
    if (!lists_.read_listed) return candidates;
    std::vector<PathSet> read;
    for (const PathSet& set : lists_.read) {
      auto common = intersect(set.globs, all_globs(candidates));
      if (!common || common->empty()) continue;
      PathSet both = covers(*common, set.globs) ? set : made_set(std::move(*common));
      both.span = set.span;
      read.push_back(std::move(both));
    }
    return read;
  }

  /// Everything, without the folders of DenyExec.
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
    unlisted_reads();
    for (const PathSet& set : lists_.allow_exec) allow(set, "r", "AllowExec", set.span);
    for (const PathSet& set : always_writable()) allow(set, "r", "", {});
    for (const PathSet& set : always_readable()) allow(set, "r", "", {});
  }

  /// What is writable by default is readable; what is kept from being written there is not, unless it is
  /// listed.
  void unlisted_reads() {
    if (unlisted_.empty()) return;
    Globs kept = all_globs(lists_.read_only);
    for (const auto* sets : {&lists_.allow_exec, &lists_.deny_exec, &lists_.shell_targets})
      for (const PathSet& set : *sets) kept.insert(kept.end(), set.globs.begin(), set.globs.end());
    kept.insert(kept.end(), system_programs().globs.begin(), system_programs().globs.end());
    auto rest = subtract(all_globs(unlisted_), kept);
    if (rest && rest->empty()) return;
    if (rest && rest->size() <= max_cut) {
      allow(made_set(std::move(*rest)), "r", "writable, so readable", {});
      return;
    }
    context_.sink
        .report(Code::not_exact, context_.spec.filesystem.read_paths->key,
                "what no list names can be written but not read: AppArmor has no way to say it")
        .with_help("list in ReadPaths what is to be read, or set Unlisted = \"readonly\"");
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
      out_.note(fmt::format("{} is not among them: {}, with exceptions above.", folder.set.text, folder.key));
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
      if (meets(code, set.globs)) deny(set, "mx", "writable, so never code", {});
    if (meets(runnable, memory_files().globs))
      deny(memory_files(), "mx", "memory that a process wrote itself", {});
    loader();
    for (std::size_t i = 0; i < lists_.deny_exec.size(); ++i)
      deny_exec(lists_.deny_exec[i], exec_denials_[i]);
    for (const PathSet& set : lists_.shell_targets) deny_exec(set, "mx");
  }

  void loader() {
    // A loader that AllowExec names by its path is asked for; a glob that happens to hold one is not.
    const PathSet* named = nullptr;
    bool held = false;
    for (const PathSet& set : exec_)
      for (const Glob& glob : set.globs) {
        if (!meets({glob}, dynamic_loader().globs)) continue;
        if (lists_.exec_listed && as_literal(glob))
          named = &set;
        else
          held = true;
      }
    if (!held) return;
    deny(dynamic_loader(), "x", "the loader would run what may not be run", {});
    if (named && named->span.valid())
      context_.sink
          .report(
              Code::not_exact, named->span,
              fmt::format("`{}` stays refused: other entries of AllowExec hold loaders too, which are denied",
                          named->text))
          .with_help("name the programs one by one where you want the loader itself");
  }

  void deny_exec(const PathSet& set, std::string_view perms) {
    deny(set, perms, "DenyExec", set.span);
    if (perms == "mx" && meets(set.globs, loadable_libraries().globs))
      context_.sink
          .report(
              Code::not_exact, set.span,
              fmt::format(
                  "libraries among `{}` cannot be loaded either: AppArmor has no way to say that exception",
                  set.written))
          .with_help("write the entry as a folder (`/path/**`) or as plain paths");
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
        if (rest && rest->empty()) continue;
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
  std::vector<std::string_view> exec_denials_;  // permissions, one for each of DenyExec
};

}  // namespace

void strict_files(StrictContext& context) {
  if (auto lists = file_lists(context.spec, context.sink, context.image)) Files(context, *lists).run();
}

}  // namespace bh::generate
