#include <cerrno>

#include "lab/plan.h"

namespace bh::lab {
namespace {

bool permission(int sys) { return sys == EACCES || sys == EPERM; }

/// The stage could not be set (124), the profile not entered (125), or time ran out: it says nothing about
/// the action.
bool never_tried(const Step& step, const Outcome& outcome) {
  bool no_probe = step.what == Do::probe && outcome.exit_code == 2;  // it does not know this action
  return no_probe || outcome.exit_code == 124 || outcome.exit_code == 125 || outcome.timed_out;
}

/// A container holds what its image does: about what is not there, or what its file system cannot do, the
/// kernel asks nobody. (In a guest of the lab's own everything is staged.)
bool never_asked(const Step& step, const Outcome& with, const Outcome& without) {
  return !step.container.empty() && with.sys == without.sys && (with.sys == ENOENT || with.sys == EOPNOTSUPP);
}

}  // namespace

Verdict judge(const Step& step, const StepResult& result) {
  if (!result.reached || !step.control) return Verdict::not_staged;
  const Outcome& without = result.control;
  const Outcome& with = result.outcome;
  if (never_tried(step, without) || never_tried(step, with)) return Verdict::not_staged;
  if (step.what == Do::probe) {
    // An errno of its own (no such device, bad argument) is fine as control: it comes after the permission
    // check.
    if (without.exit_code != 0 || permission(without.sys)) return Verdict::not_staged;
    if (with.exit_code != 0) return Verdict::refused;
    if (never_asked(step, with, without)) return Verdict::not_staged;
    return with.sys == without.sys ? Verdict::allowed : Verdict::refused;
  }
  if (without.exit_code != 0) return Verdict::not_staged;
  return with.exit_code == 0 ? Verdict::allowed : Verdict::refused;
}

Met met(const Step& step, const StepResult& result) {
  if (step.expect == Expect::nothing) return Met::open;
  Verdict verdict = judge(step, result);
  if (!step.control && result.reached) {
    bool well = result.outcome.exit_code == 0 && result.outcome.sys == 0 && !result.outcome.timed_out;
    verdict = well ? Verdict::allowed : Verdict::refused;
  }
  if (verdict == Verdict::not_staged) return Met::open;
  return (verdict == Verdict::refused) == (step.expect == Expect::refused) ? Met::yes : Met::no;
}

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::allowed:
      return "allowed";
    case Verdict::refused:
      return "refused";
    case Verdict::not_staged:
      return "not staged";
  }
  return "";
}

}  // namespace bh::lab
