// A profile on trial: every action of the attack catalogue that a lab can stage, and what a spec expects,
// done for real in the guest from inside the profile. What the compiled policy says about each (query) is
// what the kernel is expected to say.
//
// The one idea: a probe row (probe/actions.def) carries its own question. So model and kernel answer the same
// thing about the same object, and where they differ one of them is wrong.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compile/features.h"
#include "compile/policydb.h"
#include "diag/diagnostic.h"
#include "lab/plan.h"

namespace bh::lab {

struct ProbeRow {
  std::string_view id;
  std::string_view questions;  ///< actions in the words of query, one a line
};
[[nodiscard]] std::span<const ProbeRow> probe_rows();

/// What somebody wants of the profile (`[[Expect]]`, or a question on the command line).
struct Wish {
  std::string action;
  bool allow = false;
};

/// What a row of the catalogue asks of a profile: attacks are refused, functions kept.
struct Trial {
  const compile::CompiledProfile& profile;  ///< the one to enter; compiled for the kernel that will be booted
  const compile::Features& kernel;          ///< that kernel's
  std::string policy;                       ///< the bytes to load
  std::string runtime;  ///< bytes of a profile called runc that may do all; empty: A31 is not staged
  std::vector<Wish> wishes;
};

/// Adds to the plan: load the policies, then a step for each catalogue row and each wish. A wish that no
/// probe can try is left out and warned about. `sink` also gets wishes that are not actions.
void add_trial(LabPlan& plan, const Trial& trial, diag::SourceMap& sources, diag::Sink& sink);

/// The steps of these without the loading. `container`: an attendant (plan.h) that has the profile by itself,
/// in which they are tried; rows that need a process beside it without a profile are left out then. Empty:
/// the profile is entered in the guest itself.
void add_tries(LabPlan& plan, const Trial& trial, const std::string& container, diag::SourceMap& sources,
               diag::Sink& sink);

/// The probe's arguments that try `action`, which is in the words of query; nothing if no probe does.
[[nodiscard]] std::optional<std::vector<std::string>> probe_arguments(std::string_view action,
                                                                      diag::SourceMap& sources,
                                                                      diag::Sink& sink);

struct Prediction {
  Expect expect = Expect::nothing;
  std::string note;
};
/// What the compiled policy answers to the row's questions, as an expectation of the kernel.
[[nodiscard]] Prediction predict(const Trial& trial, const ProbeRow& row, diag::SourceMap& sources,
                                 diag::Sink& sink);

}  // namespace bh::lab
