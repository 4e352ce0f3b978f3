// The disk of a Docker host: a Debian system with systemd, AppArmor's boot service and the Docker Engine, as
// the packages leave it, on an ext4 file system. What users have, but for the kernel, which the lab chooses.
//
// The one idea: made once of packages and kept in the cache; a guest boots a copy-on-write view of it, or a
// copy that somebody keeps from boot to boot. No maintainer script is run and no root rights are needed: what
// those scripts would leave (accounts, links of enabled units, merged folders) is made here.
#pragma once

#include <string>

#include "lab/plan.h"

namespace bh::lab {

/// Where QEMU finds the disk's image, made if it is not in the cache. Errors: the packages cannot be fetched,
/// no mke2fs.
[[nodiscard]] Result<std::string> docker_host_disk();

/// `disk` as a copy of it, holes kept, unless it is there.
[[nodiscard]] Result<void> make_docker_host_disk(const std::string& disk);

/// Adds the steps that wait until the engine of a Docker host answers: 11 s after the boot at best.
void wait_for_engine(LabPlan& plan);

}  // namespace bh::lab
