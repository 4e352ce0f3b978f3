#include "lab/report.h"

#include <string.h>

#include <algorithm>

namespace bh::lab {
namespace {

std::string_view expected_text(Expect expect) {
  switch (expect) {
    case Expect::nothing:
      return "-";
    case Expect::allowed:
      return "allowed";
    case Expect::refused:
      return "refused";
    case Expect::unmediated:
      return "-";
  }
  return "";
}

std::string label_of(const Step& step) {
  if (!step.label.empty()) return step.label;
  std::string words = fmt::format("{}", fmt::join(step.argv, " "));
  return words.empty() ? step.target : words;
}

/// What the kernel made of it: the verdict where there was a control run, else how it ended.
std::string said_text(const Step& step, const StepResult& result) {
  if (!result.reached) return "not reached";
  std::string outcome = outcome_text(step, result.outcome);
  if (!step.control) return outcome;
  Verdict verdict = judge(step, result);
  // Why nothing can be said lies in the control run.
  if (verdict == Verdict::not_staged)
    return fmt::format("{} (confined {}, without a profile {})", to_string(verdict), outcome,
                       outcome_text(step, result.control));
  // That the kernel lets it through says nothing of the profile.
  bool unasked = step.expect == Expect::unmediated && verdict == Verdict::allowed;
  return fmt::format("{} ({})", unasked ? step.note : to_string(verdict), outcome);
}

std::string indented(std::string_view text) {
  std::string lines;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    lines += fmt::format("      | {}\n", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// The record without the audit system's time stamp, which is of no use in a guest that lived for seconds.
std::string_view from_apparmor(std::string_view line) {
  auto at = line.find("apparmor=\"");
  return at == std::string_view::npos ? line : line.substr(at);
}

}  // namespace

std::string outcome_text(const Step& step, const Outcome& outcome) {
  if (outcome.timed_out) return "ran out of time";
  if (step.what == Do::probe && !outcome.call.empty() && outcome.sys == 0) return outcome.call;
  if (outcome.sys != 0) {
    const char* name = ::strerrorname_np(outcome.sys);
    return fmt::format("{}: {}", outcome.call, name != nullptr ? name : "unknown error");
  }
  if (step.what == Do::ask && outcome.exit_code != 0)
    return outcome.out.empty() ? "no answer" : "another answer";
  bool entered = step.what == Do::probe || !step.profile.empty();
  if (entered && outcome.exit_code == 124) return "not staged";
  if (entered && outcome.exit_code == 125) return "profile not entered";
  if (entered && outcome.exit_code == 126) return "not executed";
  if (outcome.exit_code != 0) return fmt::format("exit {}", outcome.exit_code);
  return step.what == Do::run ? "ran" : "done";
}

std::vector<std::string> unmet_lines(const LabPlan& plan, const LabReport& report) {
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < plan.steps.size() && i < report.steps.size(); ++i)
    if (const Step& step = plan.steps[i]; met(step, report.steps[i]) == Met::no)
      lines.push_back(fmt::format("{}: {}: expected {}, the kernel said {}", step.profile, label_of(step),
                                  expected_text(step.expect), said_text(step, report.steps[i])));
  if (!report.complete) lines.push_back(report.trouble);
  return lines;
}

std::string report_text(const LabPlan& plan, const LabReport& report) {
  std::size_t width = 6;
  for (const Step& step : plan.steps) width = std::max(width, label_of(step).size());
  width = std::min<std::size_t>(width, 60);
  std::string text =
      fmt::format("kernel {}, {:.1f} s\n", report.kernel.empty() ? "unknown" : report.kernel, report.seconds);
  text += fmt::format("  {:<{}}  {:<8}  {}\n", "action", width, "expected", "the kernel said");
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const Step& step = plan.steps[i];
    const StepResult& result = report.steps[i];
    std::string_view mark = met(step, result) == Met::no ? "!" : " ";
    bool noted = step.note.empty() || step.expect == Expect::unmediated;
    std::string note = noted ? "" : fmt::format("  [{}]", step.note);
    text += fmt::format("{} {:<{}}  {:<8}  {}{}\n", mark, label_of(step), width, expected_text(step.expect),
                        said_text(step, result), note);
    // What a command said is what its user wanted to know; of the catalogue's steps it would be noise.
    if (step.what == Do::run && step.expect == Expect::nothing)
      text += indented(result.outcome.out + result.outcome.err);
    for (const std::string& line : result.log) text += fmt::format("      {}\n", from_apparmor(line));
  }
  if (!report.complete)
    text += fmt::format("{}; the end of its console:\n{}\n", report.trouble, report.console);
  return text;
}

}  // namespace bh::lab
