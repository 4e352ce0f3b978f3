// Patterns that do not mean what they seem to: runs of negated classes, and regular expressions.
//
// `[^s][^h][^m]**` is meant as "does not begin with shm" and says "the first letter is no s, and the second
// no h, and the third no m": sysrq, threads-max and yama slip through. Docker's default profile has it since
// 2019, bane's since 2015.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "check/catalogue.h"
#include "compile/describe.h"
#include "diag/render.h"

namespace bh::check {
namespace {

using diag::Code;

/// Names of the kernel's own that such patterns have let through. Shown first, where they are.
constexpr std::string_view known_names[] = {
    "/proc/sys/kernel/sysrq",
    "/proc/sys/kernel/yama/ptrace_scope",
    "/proc/sys/kernel/threads-max",
    "/proc/sys/kernel/seccomp/actions_logged",
    "/proc/sys/kernel/sched_rt_runtime_us",
    "/proc/sys/kernel/softlockup_panic",
    "/proc/sys/kernel/split_lock_mitigate",
    "/proc/sys/kernel/stack_tracer_enabled",
    "/proc/sys/kernel/soft_watchdog",
    "/proc/sys/kernel/sem",
    "/proc/sys/kernel/timer_migration",
    "/proc/sys/kernel/domainname",
    "/proc/sys/kernel/numa_balancing",
    "/proc/bus/pci/00/00.0",
    "/proc/bus/usb/001/001",
};

/// What `[^…]` leaves out, beside the slash; nothing where a class is no negated one, or leaves out only
/// that.
std::optional<std::string> left_out_by(std::string_view pattern, std::size_t at, std::size_t& end) {
  if (!pattern.substr(at).starts_with("[^")) return std::nullopt;
  end = at + 2;
  std::string letters;
  while (end < pattern.size() && pattern[end] != ']') {
    const std::size_t length = pattern[end] == '\\' ? 2 : 1;
    if (pattern[end] != '/') letters += pattern.substr(end, length);
    end += length;
  }
  if (end >= pattern.size()) return std::nullopt;
  ++end;
  return letters.empty() ? std::nullopt : std::optional(letters);
}

std::string positive(const std::string& letters) {
  return letters.size() == 1 ? letters : fmt::format("[{}]", letters);
}

/// What the run was meant to say. Before `**`: every name that does not begin so, and what lies below it;
/// elsewhere as many letters as there are classes, one of which is not left out.
std::string meant_by(const std::vector<std::string>& run, bool before_stars) {
  std::vector<std::string> choices;
  std::string begun;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (before_stars) {
      if (i > 0) choices.push_back(begun);
      choices.push_back(fmt::format("{}[^{}/]*", begun, run[i]));
      begun += positive(run[i]);
    } else {
      choices.push_back(
          fmt::format("{}[^{}/]{}", std::string(i, '?'), run[i], std::string(run.size() - i - 1, '?')));
    }
  }
  return fmt::format("{{{}}}{}", fmt::join(choices, ","), before_stars ? "{,/**}" : "");
}

/// The pattern with each run said as it was meant; the same pattern where there is none.
std::string as_meant(std::string_view pattern) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    std::vector<std::string> run;
    std::size_t from = at, end = at;
    while (auto letters = left_out_by(pattern, at, end)) {
      run.push_back(std::move(*letters));
      at = end;
    }
    if (run.size() > 1) {
      const bool before_stars = pattern.substr(at).starts_with("**");
      out += meant_by(run, before_stars);
      if (before_stars) at += 2;
      continue;
    }
    if (run.empty()) at += pattern[at] == '\\' && at + 1 < pattern.size() ? 2 : 1;
    out += pattern.substr(from, at - from);
  }
  return out;
}

/// Paths that the pattern was meant to match, that the rule does not, and that are allowed what it denies.
std::vector<std::string> slipped_through(const ProfileView& view, const WrittenRule& written,
                                         const automata::Dfa& meant) {
  const std::uint32_t denied = view.bits_of(written);
  const auto slips = [&](std::uint32_t set) {
    return !view.meets(set, written) && (view.allowed(set) & denied) != 0;
  };
  std::vector<std::string> paths;
  for (const std::string_view name : known_names)
    if (const auto set = view.set_of(name); set && meant.accept[meant.run(name)] != 0 && slips(*set))
      paths.emplace_back(name);
  if (!paths.empty()) return paths;
  for (const ProfileView::Meeting& meeting : view.meetings(meant))
    if (slips(meeting.set)) return {meeting.path};
  return paths;
}

void judge_run(const ProfileView& view, const WrittenRule& written, const policy::Text& path, Findings& out) {
  const std::string meant = as_meant(path.value);
  if (meant == path.value) return;
  const auto language = language_of(meant);
  if (!language) return;
  const auto slipped = slipped_through(view, written, *language);
  std::string message =
      "each class of a run like `[^a][^b]` rules a letter out, so names that share any one of them slip "
      "through";
  if (slipped.empty()) {
    message += "; here other rules happen to deny what does";
  } else {
    const std::size_t shown = std::min<std::size_t>(slipped.size(), 3);
    std::vector<std::string> names;
    for (std::size_t i = 0; i < shown; ++i)
      names.push_back(fmt::format("`{}`", compile::escaped(slipped[i])));
    message += fmt::format(
        ": {}{}", fmt::join(names, ", "),
        slipped.size() > shown ? fmt::format(" and {} more known ones", slipped.size() - shown) : "");
  }
  Finding& finding = out.report(Code::negated_run, path.span, std::move(message));
  if (slipped.empty()) finding.diagnostic.severity = diag::Severity::note;
  const std::string replacement = as_meant(view.raw(path.span));
  finding.with_help(fmt::format("write `{}`", diag::printable(replacement)));
  if (replacement != view.raw(path.span)) finding.edits.push_back({path.span, replacement});
}

/// `(a|b)`, from the parenthesis that opens; nothing where there is none.
std::optional<std::pair<std::size_t, std::size_t>> alternation(std::string_view pattern) {
  for (std::size_t open = pattern.find('('); open != std::string_view::npos;
       open = pattern.find('(', open + 1)) {
    const std::size_t close = pattern.find_first_of("()", open + 1);
    if (close == std::string_view::npos) return std::nullopt;
    const bool escaped = open > 0 && pattern[open - 1] == '\\';
    if (!escaped && pattern[close] == ')' &&
        pattern.substr(open, close - open).find('|') != std::string_view::npos)
      return std::pair(open, close + 1);
  }
  return std::nullopt;
}

}  // namespace

void find_negated_runs(const ProfileView& view, Findings& out) {
  for (const WrittenRule& written : view.own()) {
    const policy::Rule& rule = view.rule(written);
    const auto* file = std::get_if<policy::FileRule>(&rule.body);
    if (file != nullptr && file->path && rule.qualifiers.access == policy::Access::deny)
      judge_run(view, written, *file->path, out);
  }
}

void find_regular_expressions(const ProfileView& view, Findings& out) {
  for (const WrittenRule& written : view.own()) {
    const auto* file = std::get_if<policy::FileRule>(&view.rule(written).body);
    if (file == nullptr || !file->path) continue;
    const diag::Span span = file->path->span;
    const std::string_view raw = view.raw(span);
    const auto found = alternation(raw);
    if (!found) continue;
    const auto [begin, end] = *found;
    std::string braces(raw.substr(begin, end - begin));
    std::ranges::replace(braces, '|', ',');
    braces.front() = '{';
    braces.back() = '}';
    const diag::Span place = {span.source, span.begin + static_cast<std::uint32_t>(begin),
                              span.begin + static_cast<std::uint32_t>(end)};
    Finding& finding =
        out.report(Code::regular_expression, place,
                   "patterns are globs, not regular expressions: parentheses and `|` are letters "
                   "of the name here");
    finding.with_help(fmt::format("write `{}`", diag::printable(braces)));
    finding.edits.push_back({place, braces});
  }
}

}  // namespace bh::check
