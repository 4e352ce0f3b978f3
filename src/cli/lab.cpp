#include "app/lab.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "lab/guest.h"
#include "lab/report.h"

namespace bh::cli {

extern const Command lab_command, lab_guest_command;

namespace {

bool wants_markdown(const Arguments& arguments) { return arguments.value_or("format", "") == "markdown"; }

int prepare(bool docker, Terminal& terminal) {
  auto lines = app::prepare_lab(docker);
  if (!lines) {
    terminal.complain(lines.error().text);
    return exit_trouble;
  }
  for (const std::string& line : *lines) terminal.out(line + "\n");
  return exit_fine;
}

void print(const app::LabOutcome& outcome, const Arguments& arguments, Terminal& terminal) {
  auto comparison = lab::compare(outcome.columns, outcome.plan, outcome.report);
  if (wants_json(arguments)) {
    terminal.out((outcome.columns.empty() ? lab::report_to_json(outcome.plan, outcome.report)
                                          : lab::to_json(comparison, outcome.plan, outcome.report)) +
                 "\n");
    return;
  }
  if (wants_markdown(arguments)) {
    terminal.out(lab::to_markdown(comparison));
    for (const std::string& line : lab::unmet_lines(outcome.plan, outcome.report)) terminal.complain(line);
  } else {
    terminal.out(lab::report_text(outcome.plan, outcome.report));
    if (outcome.columns.size() > 1) terminal.out("\n" + lab::to_text(comparison));
  }
  if (outcome.unmet > 0)
    terminal.complain(fmt::format("{} not as expected", count(outcome.unmet, "step was", "steps were")));
}

int run(const Arguments& arguments, Terminal& terminal) {
  if (arguments.has("prepare")) return prepare(arguments.has("docker"), terminal);
  const std::string& input = arguments.argument(0);
  auto inputs = arguments.rest(0);
  bool catalogue =
      !arguments.has("plan") && !arguments.has("demo") && !arguments.has("run") && !arguments.has("docker");
  if (input.empty() && !arguments.has("plan")) {
    terminal.complain("lab: PROFILE is missing");
    return exit_trouble;
  }
  if (inputs.size() > 1 && !catalogue) {
    terminal.complain(
        "lab: several profiles are tried with the catalogue only, not with --run, --docker or --demo");
    return exit_trouble;
  }
  if (arguments.has("docker") && (arguments.has("plan") || arguments.has("demo"))) {
    terminal.complain("lab: --docker goes with --image and --run, not with --plan or --demo");
    return exit_trouble;
  }
  if (wants_markdown(arguments) && !catalogue) {
    terminal.complain(
        "lab: --format markdown is for the catalogue only, not for --run, --docker, --demo or --plan");
    return exit_trouble;
  }
  app::LabSettings settings;
  settings.kernel = arguments.value_or("kernel", settings.kernel);
  settings.add = arguments.all("add");
  settings.run = arguments.all("run");
  app::Session session;
  auto policy = policy_settings(lab_command, arguments);
  if (terminal.err_is_terminal()) terminal.err("booting a kernel; this takes some seconds\n");
  auto outcome = arguments.has("plan") ? app::follow_plan(session, arguments.value_or("plan", ""), settings)
                 : arguments.has("docker") ? app::try_in_docker(session, policy, input, settings)
                 : arguments.has("demo")   ? app::demonstrate(session, policy, input, settings)
                 : arguments.has("run")    ? app::run_in_lab(session, policy, input, settings)
                                           : app::try_in_lab(session, policy, inputs, settings);
  if (!outcome)
    return print_failure(session, terminal, fmt::format("try {}", input.empty() ? "the plan" : input),
                         outcome.error());
  print_diagnostics(session, terminal);
  print(*outcome, arguments, terminal);
  return outcome->unmet == 0 ? exit_fine : exit_findings;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .optional = true, .many = true}};
constexpr Flag flags[] = {
    {.name = "kernel",
     .letter = 'k',
     .value = "KERNEL",
     .help = "oldest (6.1), stable (6.12), newest (7.2), or a path to a vmlinuz (default oldest)",
     .completes = Completes::file},
    {.name = "run",
     .value = "WORD",
     .help = "run this command under the profile instead; once for the program and once for each argument",
     .many = true},
    {.name = "add",
     .value = "HOST[:GUEST]",
     .help = "a file or folder that goes into the guest, with the libraries it needs",
     .completes = Completes::file,
     .many = true},
    {.name = "docker",
     .help = "in containers of a real Docker Engine, of --image (an image of this host's engine, or a file "
             "that docker "
             "save wrote); with --run by docker exec"},
    {.name = "demo", .help = "Debian's nginx under the spec's profile, and beside it under bane's own text"},
    {.name = "plan",
     .value = "FILE",
     .help = "take the steps of this plan (JSON) instead",
     .completes = Completes::file},
    {.name = "prepare", .help = "only fetch the kernels; with --docker also the Docker host's disk"},
    complain_flag,
    style_flag,
    image_flag,
    rootfs_flag,
    host_flag,
    context_flag,
    abi_flag,
    features_flag,
    include_flag,
    base_flag,
    {.name = "format",
     .value = "FORMAT",
     .help = "how to print it; markdown is the table of the catalogue only",
     .choices = "text|json|markdown"},
};
constexpr Example examples[] = {
    {"lab web.toml", "the attack catalogue and the spec's expectations, on a real kernel"},
    {"lab docker-default bane:web.toml web.toml --kernel newest",
     "side by side: what containers get by default, bane's text, and the spec's own profile"},
    {"lab web.toml --kernel newest --run /usr/bin/id", "one command from inside the profile"},
    {"lab --docker web.toml --image nginx:1.27 --kernel newest",
     "in containers of that image: what the profile refuses, and whether the service still works"},
};

int run_guest(const Arguments&, Terminal&) { return lab::guest_main(); }

}  // namespace

constexpr Command lab_command = {
    .name = "lab",
    .summary = "try a profile on a throw-away real kernel",
    .description =
        "Boots one of Debian's kernels in QEMU with nothing of this host changed, loads the profile with our "
        "own loader, and from "
        "inside it does each action of the attack catalogue that needs no Docker (with --docker also "
        "those that do), once confined and once "
        "not. Prints what was "
        "expected, what the kernel said, and the kernel's own lines. Exit 1: something was not as expected.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

/// Not listed in the help: the lab's guest starts itself with it.
constexpr Command lab_guest_command = {.name = "lab-guest",
                                       .summary = "the first process of a lab's guest",
                                       .description = "",
                                       .arguments = {},
                                       .flags = {},
                                       .examples = {},
                                       .run = run_guest};

}  // namespace bh::cli
