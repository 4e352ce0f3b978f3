#include "audit/run.h"
#include "audit/watches.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command audit_rules_command;

namespace {

std::string text_of(const audit::WatchReport& report) {
  std::vector<std::vector<std::string>> rows = {{"LOADED", "ON DISK", "PERMS", "PATH"}};
  for (const auto& state : report.watches)
    rows.push_back({state.loaded ? "yes" : "no", state.on_disk ? "yes" : "no", state.watch.perms,
                    state.fault.empty() ? state.watch.path : state.watch.path + " (" + state.fault + ")"});
  return columns(rows);
}

int run(const Arguments& arguments, Terminal& terminal) {
  const auto& action = arguments.argument(0);
  std::vector<audit::Watch> watches;
  if (action != "remove")
    watches = audit::plan_watches(
        audit::watchable_files(Os::real(), docker::process_environment(), engine_source(arguments)));
  if (action == "show") {
    terminal.out(audit::rules_text(watches));
    return exit_fine;
  }
  auto report = action == "install"  ? audit::install_watches(Os::real(), watches)
                : action == "verify" ? audit::verify_watches(Os::real(), watches)
                                     : audit::remove_watches(Os::real());
  if (!report) {
    terminal.complain(fmt::format("cannot {} the audit rules: {}", action, report.error().text));
    return exit_trouble;
  }
  terminal.out(text_of(*report));
  if (!report->enabled) terminal.complain("the kernel's audit system is switched off (enabled 0)");
  if (action != "remove" && !report->auditd_tools)
    terminal.complain(
        "nothing on this host loads rules.d at boot (auditd is not installed): run this command again after "
        "a boot");
  if (action == "remove") {
    for (const auto& state : report->watches)
      if (state.loaded || !state.fault.empty()) return exit_findings;
    return exit_fine;
  }
  return report->complete() ? exit_fine : exit_findings;
}

constexpr Argument arguments[] = {{.name = "ACTION",
                                   .help = "what to do",
                                   .choices = "show|install|verify|remove",
                                   .completes = Completes::nothing}};
constexpr Flag flags[] = {host_flag, context_flag};
constexpr Example examples[] = {{"audit-rules show", "the rules for this host, as auditctl takes them"},
                                {"audit-rules install", "write them, load them, verify them"}};

}  // namespace

constexpr Command audit_rules_command = {
    .name = "audit-rules",
    .summary = "watch Docker's files with the kernel's audit system",
    .description =
        "Makes the watches that the benchmark asks for: the engine's programs, units, configuration, sockets "
        "and data, as far as they exist on this host. "
        "`install` writes them to /etc/audit/rules.d, loads them into the kernel over netlink and verifies "
        "them there; `remove` takes out what `install` put "
        "in. Works without auditd's tools.\n\nExit code 1 when a watch is not in place. Needs root.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
