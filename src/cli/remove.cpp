#include "app/remove.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {
namespace {

bool refused(const app::RemoveReport& report, const app::RemoveOptions& options) {
  return !report.processes.empty() && !options.force;
}

void print_processes(const app::RemoveReport& report, Terminal& terminal) {
  for (const auto& process : report.processes)
    terminal.err(fmt::format(
        "  {}\n", diag::printable(fmt::format("{} {} as {}", process.pid, process.command, process.label))));
}

void print(const app::RemoveReport& report, const app::RemoveOptions& options, Terminal& terminal) {
  std::string used = count(report.processes.size(), "process", "processes");
  if (refused(report, options)) {
    terminal.complain(fmt::format(
        "{} is in use by {}, which would run unconfined from then on, also if the profile is loaded again; "
        "stop them first, or use --force:",
        report.name, used));
    print_processes(report, terminal);
    return;
  }
  std::string would = options.dry_run ? "would be " : "";
  if (report.was_loaded)
    terminal.out(diag::printable(fmt::format("{}: {}removed from the kernel", report.name, would)) + "\n");
  for (const std::string& child : report.children)
    terminal.out(diag::printable(fmt::format("{}: {}removed with it", child, would)) + "\n");
  if (report.file_removed || (options.dry_run && !report.file.empty() && report.file_kept_because.empty()))
    terminal.out(diag::printable(fmt::format("{}: {}removed", report.file, would)) + "\n");
  else if (!report.file.empty())
    terminal.out(diag::printable(fmt::format("{}: kept, {}; it is loaded again at the next boot", report.file,
                                             report.file_kept_because)) +
                 "\n");
  if (!report.backup.empty())
    terminal.out(
        diag::printable(fmt::format("{}: a copy of it, as nothing else says what it said", report.backup)) +
        "\n");
  if (!report.kernel.ready())
    terminal.complain(fmt::format("{}: there was nothing to take out of the kernel", report.kernel.cause));
  if (!report.processes.empty()) {
    terminal.complain(options.dry_run
                          ? fmt::format("{} would be unconfined:", used)
                          : fmt::format("{} unconfined now, until restarted under a profile:", used));
    print_processes(report, terminal);
  }
  if (!report.undo.empty() && !options.dry_run)
    terminal.complain(diag::printable(fmt::format("to have it back: {}", report.undo)));
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::RemoveOptions options{.force = arguments.has("force"),
                             .keep_file = arguments.has("keep-file"),
                             .dry_run = arguments.has("dry-run")};
  std::vector<app::RemoveReport> reports;
  int code = exit_fine;
  for (const std::string& name : arguments.rest(0)) {
    app::Session session;
    auto report = app::remove(session, name, options);
    if (!report) {
      code = print_failure(session, terminal, fmt::format("remove {}", name), report.error());
      continue;
    }
    if (refused(*report, options)) code = exit_trouble;
    reports.push_back(std::move(*report));
  }
  if (wants_json(arguments)) {
    terminal.out(to_json(reports));
  } else {
    for (const auto& report : reports) print(report, options, terminal);
  }
  return code;
}

constexpr Argument arguments[] = {
    {.name = "NAME", .help = "a loaded profile", .completes = Completes::loaded_profile, .many = true}};
constexpr Flag flags[] = {
    {.name = "force",
     .help = "also while processes use it (they become unconfined, for good), and if its file was edited"},
    {.name = "keep-file", .help = "leave the file that bulkhead wrote: the profile is back after a reboot"},
    {.name = "dry-run", .letter = 'n', .help = "only say what would happen"},
    {.name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json"},
};
constexpr Example examples[] = {{"remove docker-nginx", "out of the kernel, and away from /etc/apparmor.d"}};

}  // namespace

extern const Command remove_command;
constexpr Command remove_command = {
    .name = "remove",
    .summary = "take a profile out of the kernel, and its file away",
    .description =
        "Removes loaded profiles, with their children and hats, and the "
        "files that `bulkhead apply` wrote for them.\n\nThe kernel makes "
        "every process of a removed profile unconfined, and loading the "
        "profile again does not bring it back. So a profile in use is "
        "not removed without --force; its processes are listed "
        "instead.\n\nWhat brings the profile itself back is printed: applying "
        "its source again, or a copy of the file where that is gone or the "
        "file was edited.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
