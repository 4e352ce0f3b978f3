// A throw-away AppArmor kernel: takes a plan and a kernel, boots QEMU once, and gives back what came of each
// step.
//
//   LabPlan ─> initramfs (cpio) ─> QEMU: kernel ─> bulkhead lab-guest ─> steps ─> second serial line ─>
//   LabReport
//
// Nothing of the host is changed: a temporary folder comes and goes, kernels are kept in the user's cache.
#pragma once

#include "lab/plan.h"

namespace bh::lab {

struct LabOptions {
  std::string kernel = "oldest";           ///< a name that kernels.h knows, or a path to a vmlinuz
  std::string program = "/proc/self/exe";  ///< the bulkhead that becomes the guest's init
};

/// Errors: the kernel cannot be had, a file to add cannot be read, QEMU is missing. A guest that dies half
/// way is a report with `complete` false.
[[nodiscard]] Result<LabReport> run_lab(const LabPlan& plan, const LabOptions& options);

/// The AppArmor features that a kernel (named as in LabOptions) shows, as a file in the text form of
/// /etc/apparmor.d/abi: read from the kernel itself by one short boot, and kept in the cache for as long as
/// the vmlinuz is the same.
[[nodiscard]] Result<std::string> kernel_features(const std::string& kernel, const LabOptions& options = {});

}  // namespace bh::lab
