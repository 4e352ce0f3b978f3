// A profile on trial in containers of a real engine: the user's image, started by runc under the profile, and
// beside it the same without one.
//
// Two pairs. One is privileged and is given the host's sockets and cgroups, so that only the profile is left
// to say no; the catalogue's rows and the spec's expectations are tried there. The other is the image as it
// starts by itself: whether it runs on, answers at its ports and is ended by its signal as it does without
// the profile.
#pragma once

#include <string>
#include <vector>

#include "lab/trial.h"

namespace bh::lab {

/// The plan's guest becomes a Docker host with the image `lab-image`, the profile loaded. `image`: a file
/// that `docker save` wrote; empty: an image that holds busybox and nothing else.
void add_docker_host(LabPlan& plan, const Trial& trial, const std::string& image);

/// Behind it: rows and wishes, then the image's own start.
void add_docker_trial(LabPlan& plan, const Trial& trial, diag::SourceMap& sources, diag::Sink& sink);

/// Behind it: `argv` by `docker exec` in a container of the image that does nothing else, with a control run.
void add_docker_command(LabPlan& plan, const Trial& trial, const std::vector<std::string>& argv);

}  // namespace bh::lab
