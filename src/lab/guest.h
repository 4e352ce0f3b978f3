// The guest's side of the lab: the program that is process 1 of a throw-away kernel. It reads the plan from
// the initramfs, takes the steps one by one, writes a line of results for each and turns the machine off.
//
// This is an init, so unlike the rest it speaks to the kernel itself: mounts, sockets, the audit system. It
// never runs elsewhere.
#pragma once

#include "lab/plan.h"

namespace bh::lab {

/// Where things lie in a guest.
inline constexpr const char* guest_plan = "/lab/plan.json";
inline constexpr const char* guest_probe = "/lab/probe";

/// Does not return inside a guest. Refuses (2) where it is not process 1.
int guest_main();

}  // namespace bh::lab
