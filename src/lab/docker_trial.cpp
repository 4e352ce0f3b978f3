#include "lab/docker_trial.h"

#include "lab/docker_host.h"
#include "lab/guest.h"
#include "lab/scenario.h"

namespace bh::lab {
namespace {

using Words = std::vector<std::string>;

constexpr const char* image_name = "lab-image";
constexpr int patience_ms = 120'000;  // an engine under emulation, on a busy host

// `docker load` names what it loaded by its tag, or by its id where it has none.
constexpr const char* load_image =
    "set -o pipefail; docker load -q -i /dev/vdb | sed -n 's/^Loaded image[^:]*: *//p' | head -n 1 | "
    "xargs -r -I {} docker tag {} lab-image && docker image inspect --format '{{.Id}}' lab-image";
constexpr const char* make_image =
    "mkdir -p /lab/image/bin /lab/image/tmp && cp /usr/bin/busybox /lab/image/bin/ && tar -C /lab/image -c . "
    "| docker import -c 'CMD [\"/bin/busybox\",\"sh\",\"-c\",\"trap exit TERM; while :; do sleep 1 & wait; "
    "done\"]' - lab-image";

// $1 is the container, $2 the profile; the container without one ends in -free.
constexpr const char* option = "case $1 in *-free) profile=unconfined;; *) profile=$2;; esac; ";
constexpr const char* start_it =
    "docker run -d --name $1 --security-opt apparmor=$profile --log-opt max-size=1m lab-image";
constexpr const char* hold_it =
    "docker run -d --name $1 --security-opt apparmor=$profile -v /usr/bin/busybox:/.lab-busybox:ro "
    "--entrypoint /.lab-busybox lab-image sleep 100000";
constexpr const char* runs_on =
    "sleep 5; docker logs --tail 20 $1 2>&1; docker inspect -f '{{.State.Status}}, exit {{.State.ExitCode}}' "
    "$1; docker inspect -f '{{.State.Running}} {{.State.ExitCode}}' $1 | grep -q '^true\\|^false 0$'";
constexpr const char* label_is =
    "label=$(cat /proc/$(docker inspect -f '{{.State.Pid}}' $1)/attr/current); echo $label; [ \"$label\" = "
    "\"$2 (enforce)\" ] || [ \"$label\" = \"$2 (complain)\" ]";
constexpr const char* ports_answer =
    "address=$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $1); "
    "for port in $(docker inspect -f '{{range $p, $v := .Config.ExposedPorts}}{{$p}} {{end}}' $1); do "
    "case $port in *tcp) ;; *) continue;; esac; "
    "for i in $(seq 60); do (exec 3<>/dev/tcp/$address/${port%/*}) 2>/dev/null && "
    "{ echo ${port%/*}; continue 2; }; sleep 0.5; done; echo ${port%/*} does not answer; exit 1; done";
constexpr const char* stops =
    "docker stop -t 20 $1 >/dev/null; code=$(docker inspect -f '{{.State.ExitCode}}' $1); echo exit $code; [ "
    "$code != 137 ]";

Step script(std::string label, const std::string& text, const std::string& profile, Expect expect,
            bool control) {
  Step step;
  step.label = std::move(label);
  step.argv = {"bash", "-c", text, "lab", "{container}", profile};
  step.container = "lab-service";
  step.expect = expect;
  step.control = control;
  step.timeout_ms = patience_ms;
  return step;
}

/// The pair in which rows are tried.
void attend(LabPlan& plan, const std::string& container, const std::string& profile) {
  Step step;
  step.what = Do::attend;
  step.label = fmt::format("a privileged container with the host's sockets, {}",
                           profile == "unconfined" ? "without a profile" : "under " + profile);
  step.target = container;
  step.expect = Expect::allowed;
  step.timeout_ms = patience_ms;
  step.argv = {"docker", "run", "-i", "--rm", "--name", container, "--privileged", "--cgroupns", "host"};
  step.argv.insert(step.argv.end(), {"--user", "0:0", "--security-opt", "apparmor=" + profile});
  // Docker opens the low ports to everybody; then no capability is asked for.
  step.argv.insert(step.argv.end(), {"--sysctl", "net.ipv4.ip_unprivileged_port_start=1024"});
  for (const char* shared : {"/run/docker.sock:/run/docker.sock", "/run/systemd:/run/systemd",
                             "/run/dbus:/run/dbus", "/run/lab-cgroup:/sys/fs/cgroup/memory",
                             "/sys/kernel/security:/sys/kernel/security", "/lab/probe:/.lab-probe:ro"})
    step.argv.insert(step.argv.end(), {"-v", shared});
  step.argv.insert(step.argv.end(), {"--entrypoint", "/.lab-probe", image_name, "--each"});
  plan.steps.push_back(std::move(step));
}

}  // namespace

void add_docker_host(LabPlan& plan, const Trial& trial, const std::string& image) {
  plan.docker_host = true;
  plan.memory_mib = 2048;
  plan.timeout_s = 900;
  wait_for_engine(plan);
  Step step;
  step.label = "the image is loaded";
  step.argv = {"bash", "-c", image.empty() ? make_image : load_image};
  step.expect = Expect::allowed;
  step.timeout_ms = 600'000;
  if (!image.empty()) plan.drives.push_back(image);
  plan.steps.push_back(std::move(step));
  plan.steps.push_back(load_step(plan, fmt::format("load {}", trial.profile.name), trial.policy));
}

void add_docker_trial(LabPlan& plan, const Trial& trial, diag::SourceMap& sources, diag::Sink& sink) {
  const std::string& profile = trial.profile.name;
  Step cgroup;
  cgroup.label = "a version 1 cgroup of the host's";
  cgroup.argv = {"sh", "-c",
                 "mkdir -p /run/lab-cgroup && mount -t cgroup -o none,name=lab none /run/lab-cgroup"};
  plan.steps.push_back(std::move(cgroup));
  attend(plan, "lab-tried", profile);
  attend(plan, "lab-tried-free", "unconfined");
  add_tries(plan, trial, "lab-tried", sources, sink);
  const std::string start = std::string(option) + start_it;
  plan.steps.push_back(script("the image starts", start, profile, Expect::allowed, true));
  plan.steps.push_back(
      script("its first process carries the profile", label_is, profile, Expect::allowed, false));
  plan.steps.push_back(script("it runs on as it does without", runs_on, profile, Expect::allowed, true));
  plan.steps.push_back(script("its ports answer", ports_answer, profile, Expect::allowed, true));
  plan.steps.push_back(script("docker stop ends it by its signal", stops, profile, Expect::allowed, true));
}

void add_docker_command(LabPlan& plan, const Trial& trial, const std::vector<std::string>& argv) {
  plan.steps.push_back(script("a container of the image", std::string(option) + hold_it, trial.profile.name,
                              Expect::allowed, true));
  Step step;
  step.label = fmt::format("{}", fmt::join(argv, " "));
  step.argv = {"docker", "exec", "{container}"};
  step.argv.insert(step.argv.end(), argv.begin(), argv.end());
  step.container = "lab-service";
  step.control = true;
  step.timeout_ms = patience_ms;
  plan.steps.push_back(std::move(step));
}

}  // namespace bh::lab
