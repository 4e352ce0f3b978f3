#include "app/restore.h"

#include <unistd.h>

#include <algorithm>
#include <climits>

#include "app/boot.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command restore_command;

namespace {

std::string own_path() {
  char path[PATH_MAX];
  ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  return n > 0 ? std::string(path, static_cast<std::size_t>(n)) : "/usr/local/bin/bulkhead";
}

void print(const app::RestoreReport& report, Terminal& terminal) {
  for (const auto& file : report.files)
    for (const auto& profile : file.profiles)
      terminal.out(
          diag::printable(fmt::format("{}: {}{}, {} ({})", profile.name, report.dry_run ? "would be " : "",
                                      profile.replaced ? "replaced" : "loaded", profile.mode, file.path)) +
          "\n");
  if (report.files.empty()) terminal.complain("there is no file that bulkhead keeps");
}

int run(const Arguments& arguments, Terminal& terminal) {
  if (arguments.has("print-unit")) {
    terminal.out(app::restore_unit(own_path()));
    return exit_fine;
  }
  app::Session session;
  app::RestoreOptions options{.folders = arguments.rest(0), .dry_run = arguments.has("dry-run")};
  auto report = app::restore(session, policy_settings(restore_command, arguments), options);
  if (!report) return print_failure(session, terminal, "restore what is kept", report.error());
  print_diagnostics(session, terminal);
  for (const auto& file : report->files)
    if (!file.trouble.empty())
      terminal.complain(diag::printable(fmt::format("cannot load {}: {}", file.path, file.trouble)));
  if (wants_json(arguments))
    terminal.out(to_json(*report));
  else
    print(*report, terminal);
  bool all = std::ranges::all_of(report->files, [](const auto& file) { return file.trouble.empty(); });
  return all ? exit_fine : exit_trouble;
}

constexpr Argument arguments[] = {
    {.name = "DIR",
     .help = "a folder of kept files (default: /etc/apparmor.d and /var/lib/bulkhead/profiles)",
     .completes = Completes::folder,
     .optional = true,
     .many = true}};
constexpr Flag flags[] = {
    {.name = "print-unit",
     .help = "print a systemd unit that does this before containers start, and do nothing"},
    dry_run_flag,
    base_flag,
    cache_dir_flag,
    no_cache_flag,
    skip_cache_flag,
    format_flag,
};
constexpr Example examples[] = {{"restore", "load everything that bulkhead keeps"},
                                {"restore --print-unit > /etc/systemd/system/bulkhead-restore.service",
                                 "then: systemctl enable bulkhead-restore.service"}};

}  // namespace

constexpr Command restore_command = {
    .name = "restore",
    .summary = "load what bulkhead keeps, as at a boot",
    .description =
        "Loads every file that `bulkhead apply` wrote, by bulkhead's own compiler: at a boot, before the "
        "first "
        "container starts, and also where the distribution's parser cannot read a profile. `disable/` and "
        "`force-complain/` beside the files count as they do for the distribution's service.\n\nOne file "
        "that "
        "cannot be loaded does not keep the others out; the exit code is then 2.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
