// lab: a profile on a throw-away kernel. What is tried there, by which profile, is made here; the guest is
// the lab module's.
//
// The profile is compiled for the kernel that will be booted (for the features that it shows), never for
// the host's.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "lab/compare.h"
#include "lab/lab.h"

namespace bh::app {

struct LabSettings {
  std::string kernel = "oldest";  ///< a name that lab/kernels.h knows, or a path to a vmlinuz
  std::vector<std::string> run;   ///< a command to run under the profile; empty: the catalogue and [[Expect]]
  std::vector<std::string> add;   ///< `HOST[:GUEST]`: files that go into the guest
};

struct LabOutcome {
  lab::LabPlan plan;
  lab::LabReport report;
  std::vector<lab::Column> columns;  ///< of a trial: one for each profile
  std::size_t unmet = 0;             ///< steps that did not show what was expected of them
};

/// Tries profiles, all in one guest: every catalogue action that a guest can stage, and a spec's
/// expectations.
[[nodiscard]] Result<LabOutcome> try_in_lab(Session& session, const PolicySettings& policy,
                                            std::span<const std::string> inputs, const LabSettings& settings);

/// Runs `settings.run` under the profile, and once without.
[[nodiscard]] Result<LabOutcome> run_in_lab(Session& session, const PolicySettings& policy,
                                            const std::string& input, const LabSettings& settings);

/// In containers of a real engine, started from the settings' image (policy.image; none: one of busybox): the
/// catalogue, a spec's expectations and the image's own start, or `settings.run`.
[[nodiscard]] Result<LabOutcome> try_in_docker(Session& session, const PolicySettings& policy,
                                               const std::string& input, const LabSettings& settings);

/// The newcomer's demonstration: Debian's nginx under the spec's strict profile, and beside it under bane's
/// own text.
[[nodiscard]] Result<LabOutcome> demonstrate(Session& session, const PolicySettings& policy,
                                             const std::string& spec, const LabSettings& settings);

/// Takes the steps of a plan that somebody wrote (JSON, lab/plan.h), with `settings.add`: for tests, and for
/// what no flag does.
[[nodiscard]] Result<LabOutcome> follow_plan(Session& session, const std::string& path,
                                             const LabSettings& settings);

/// Fetches every kernel that is not there yet, and with `docker` the Docker host's disk. One line for each:
/// its name and where it lies.
[[nodiscard]] Result<std::vector<std::string>> prepare_lab(bool docker);

}  // namespace bh::app
