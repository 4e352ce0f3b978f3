// What a lab session does, as data: the files that go into a throw-away guest, the steps taken there, and
// what came of each step.
//
// The one idea: everything that is tried on a real kernel (the attack catalogue, a spec's expectations, a
// user's command, the nginx scenario, the kernel tests) is a list of Steps. Whoever wants to try something
// new writes a plan, not a new guest. A plan and a report travel as JSON (plan_json.cpp): host to guest in
// the initramfs, guest to host over the second serial line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bh::lab {

enum class Do : std::uint8_t {
  load,   ///< write the compiled policy at `target` (a guest path) to the kernel: new profiles are added, old
          ///< ones replaced
  run,    ///< run `argv` to its end
  probe,  ///< one action of the probe program: `argv` is its id and its arguments
  start,  ///< start `argv` as the service `target` and go on
  wait_port,  ///< until 127.0.0.1:`port`, or without a port the unix socket `target`, accepts a connection
  ask,        ///< send argv[0] there and read the answer to its end; it ends well if argv[1] is in it
  features,   ///< the kernel's AppArmor features, as text, are the output
  attend,  ///< start `argv` as the container `target` whose first program is the probe, and which takes the
           ///< probes of the steps that name it
  stop,    ///< SIGTERM to the service `target`, SIGKILL after `timeout_ms`; its output is the result's. A
           ///< profile that accepts no signal from outside keeps it alive: EACCES
};

/// What a step is expected to show.
enum class Expect : std::uint8_t {
  nothing,
  allowed,  ///< with a control run: AppArmor lets it through; without: it ends well
  refused,
  unmediated,  ///< the kernel does not ask the profile: it is let through, and the profile has no part in it
};

/// How a program gets under `profile`.
enum class Enter : std::uint8_t {
  now,  ///< the profile is changed first, then the program executed: the profile is asked whether it may run
  on_exec,  ///< at the exec, as container runtimes do: the profile is not asked about this first program
};

struct Step {
  Do what = Do::run;
  std::string label;  ///< what a report calls it; free text
  std::vector<std::string> argv;
  std::string profile;  ///< empty: unconfined. May be a stack (`a//&b`)
  Enter enter = Enter::now;
  /// probe: done in this container, which has the profile by itself; the control run in the one called
  /// CONTAINER-free. run: what `{container}` in argv stands for, likewise.
  std::string container;
  Expect expect = Expect::nothing;
  std::string note;      ///< said beside the expectation, e.g. that this kernel does not mediate it
  bool control = false;  ///< run, probe: do the same unconfined afterwards, to know what AppArmor changed
  std::string target;
  int port = 0;
  int timeout_ms = 20'000;
};

/// How one try ended.
struct Outcome {
  int exit_code = 0;  ///< 125: the profile could not be entered; 126: the program was refused; 127: not
                      ///< found; 128 + N: signal N
  int sys = 0;  ///< probe: the errno of the call that decides, 0 if it succeeded; load, wait_port: why not
  std::string call;  ///< probe: that call, e.g. `open`; else empty
  bool timed_out = false;
  std::string out;
  std::string err;
  bool operator==(const Outcome&) const = default;
};

struct StepResult {
  bool reached = false;  ///< false: the guest ended before it
  Outcome outcome;
  Outcome control;  ///< only where Step::control
  /// The kernel's AppArmor lines that this step caused, control run excluded.
  std::vector<std::string> log;
};

/// A file or a folder tree of the host, as `guest` in the guest. Programs bring their loader and libraries
/// along.
struct Added {
  std::string host;
  std::string
      guest;  ///< empty: the same path, with /bin, /sbin, /lib* under /usr, as the guest's root is merged
  std::string
      root;  ///< empty: the host itself; else `host` and all that it needs lie in the system unpacked there
};

struct PlannedFile {
  std::string guest;
  std::string bytes;
  unsigned mode = 0644;
};

struct LabPlan {
  std::vector<Added> add;
  std::vector<PlannedFile> files;
  std::vector<std::string> folders;  ///< made if missing, mode 0755
  std::vector<Step> steps;
  std::vector<std::string> append;  ///< words for the kernel's command line, behind the lab's own
  /// The guest is a Docker host (docker_host.h): systemd, AppArmor's service and the engine, on a disk; the
  /// steps begin while it boots. What `add` brings is laid over its files.
  bool docker_host = false;
  std::string disk;  ///< with docker_host: its disk, kept from boot to boot, made if it is not there; empty:
                     ///< thrown away
  std::vector<std::string> drives;  ///< with docker_host: files that the guest reads as /dev/vdb, /dev/vdc, …
  int memory_mib = 1024;
  int timeout_s = 180;  ///< for the whole boot
};

struct LabReport {
  std::string kernel;             ///< uname -r of the guest
  bool complete = false;          ///< every step was reached and the guest ended by itself
  std::string trouble;            ///< if not complete: why, in a sentence
  std::vector<StepResult> steps;  ///< as many as the plan's, same order
  std::string console;            ///< the kernel's console, the last 64 KiB
  double seconds = 0;             ///< wall time of the boot
};

/// What the kernel made of a step that had a control run.
enum class Verdict : std::uint8_t {
  allowed,     ///< ended as it does without a profile
  refused,     ///< the profile made the difference
  not_staged,  ///< the control run was refused too, or never came about: this guest cannot show it
};
[[nodiscard]] Verdict judge(const Step& step, const StepResult& result);
/// Whether the step showed what was expected of it. What could not be staged neither meets nor fails an
/// expectation.
enum class Met : std::uint8_t { yes, no, open };
[[nodiscard]] Met met(const Step& step, const StepResult& result);
[[nodiscard]] std::string_view to_string(Verdict verdict);

/// JSON forms. The readers accept what a person writes too: unknown keys, wrong types and unknown words are
/// errors that name the key.
[[nodiscard]] std::string steps_to_json(const LabPlan& plan);  ///< what the guest needs of it
[[nodiscard]] Result<LabPlan> plan_from_json(std::string_view text);
[[nodiscard]] std::string report_to_json(const LabPlan& plan, const LabReport& report);

/// One line of the guest's result stream.
[[nodiscard]] std::string result_line(std::size_t step, const StepResult& result);
[[nodiscard]] std::string end_line(std::string_view kernel, std::string_view trouble);
/// Reads one such line into the report. False: not a whole line of ours.
bool read_result_line(std::string_view line, LabReport& report);

}  // namespace bh::lab
