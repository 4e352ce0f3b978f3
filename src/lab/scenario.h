// Ready plans: what a newcomer is shown, and what the tests hold on to.
//
// A scenario is only a function that makes steps; run_lab knows none of them.
#pragma once

#include <span>

#include "lab/plan.h"

namespace bh::lab {

/// One profile under which Debian's nginx is tried.
struct NginxCase {
  std::string title;    ///< how the report calls it
  std::string profile;  ///< its name in the kernel
  std::string policy;   ///< compiled, for the kernel that will be booted
  Expect serves = Expect::allowed;
  Expect touches = Expect::refused;  ///< `touch /root/thing` from inside
  Expect shells = Expect::refused;   ///< `sh` and `dash` from inside
};

/// For each case: load it, start nginx as a container runtime would, fetch a page from outside; then from
/// inside a raw socket, `top`, `touch /root/thing`, `sh` and `dash`, each with a control run. nginx, top,
/// touch and dash are Debian's own, on a merged root. Errors: the packages cannot be fetched (they are kept
/// in the cache).
[[nodiscard]] Result<LabPlan> nginx_scenario(std::span<const NginxCase> cases);

/// A step that loads `policy`, which goes into the guest with the plan.
[[nodiscard]] Step load_step(LabPlan& plan, const std::string& label, std::string policy);

}  // namespace bh::lab
