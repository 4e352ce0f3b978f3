#include "app/apply.h"

#include <algorithm>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/help.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command apply_command;

namespace {

std::string load_words(const app::ApplyReport& report) {
  const auto& first = report.profiles.front();
  if (!report.as_expected()) return "not loaded";
  if (report.dry_run)
    return fmt::format("would be {}, {}", first.replaced ? "replaced" : "loaded", first.mode);
  if (!report.loaded) return fmt::format("NOT loaded: {}", report.kernel.cause);
  constexpr std::string_view proofs[] = {"read back and compared, byte by byte",
                                         "its digest read back and compared", "name and mode read back"};
  return fmt::format("{}, {}, {}", first.replaced ? "replaced" : "loaded", first.mode,
                     proofs[static_cast<std::size_t>(report.verified)]);
}

std::string file_words(const app::ApplyReport& report) {
  std::string path = report.path;
  if (!report.backup.empty()) path += fmt::format(" (what was there is now {})", report.backup);
  if (!report.as_expected()) return "not written";
  switch (report.file) {
    case app::FileOutcome::written:
      return fmt::format("written: {}", path);
    case app::FileOutcome::unchanged:
      return fmt::format("kept: {} holds it already", path);
    case app::FileOutcome::is_input:
      return fmt::format("kept: {} is what was applied", path);
    case app::FileOutcome::would_write:
      return fmt::format("would be written: {}", path);
    case app::FileOutcome::not_kept:
      break;
  }
  return "not kept: a compiled policy has no text; it is gone after a reboot";
}

std::string text_of(const app::ApplyReport& report) {
  std::string name = diag::printable(report.name);
  std::string out = fmt::format("profile {}\n", name);
  out +=
      fmt::format("  compiled   {} bytes for {}\n", report.bytes,
                  report.features.origin.empty() ? "the kernel it was compiled for" : report.features.origin);
  if (!report.expectations.empty())
    out += fmt::format("  expected   {} of {} hold\n",
                       std::ranges::count(report.expectations, true, &app::ExpectationResult::holds),
                       report.expectations.size());
  out += fmt::format("  kernel     {}\n", diag::printable(load_words(report)));
  out += fmt::format("  file       {}\n", diag::printable(file_words(report)));
  out += fmt::format(
      "\nRun a container under it:\n\n  docker run --security-opt apparmor={} IMAGE\n\nor in a compose "
      "file:\n\n"
      "    security_opt:\n      - apparmor={}\n",
      name, name);
  return out;
}

void print_tightened(const app::ApplyReport& report, Terminal& terminal) {
  if (report.tightened.empty()) return;
  terminal.err("\nbane let these be done, and strict does not:\n");
  for (const auto& one : report.tightened)
    terminal.err(fill(diag::printable(fmt::format("{} {}", one.what, one.where)), 100, "  ") +
                 fill(diag::printable(one.why), 100, "      "));
}

void print_notes(const app::ApplyReport& report, const Arguments& arguments, Terminal& terminal) {
  print_tightened(report, terminal);
  if (report.exec_lists)
    terminal.complain(
        "the kernel asks no profile about the first program of a container or of `docker exec`: what may be "
        "executed binds what "
        "runs inside");
  if (arguments.has("complain") && report.file == app::FileOutcome::is_input)
    terminal.complain(fmt::format(
        "bulkhead did not write {}, so it stays as it is: it brings its own mode back after a reboot",
        report.path));
  if (report.silent_denies && report.in_policy_folder) complain_of_silent_denies(report.path, terminal);
  if (!report.unsynced.empty())
    terminal.complain(
        fmt::format("{} is in place, but the disk did not confirm it: {}", report.path, report.unsynced));
  if (report.file != app::FileOutcome::not_kept && report.back_by.empty() && !report.dry_run)
    terminal.complain(fmt::format(
        "nothing loads {} at a boot of this host: enable {}{} (`bulkhead restore --print-unit`)", report.path,
        report.in_policy_folder ? fmt::format("{}, or ", app::distribution_unit) : "", app::own_unit));
  if (!report.dry_run && !report.loaded)
    terminal.complain(
        fmt::format("{} is not enforced: {} ({})", report.name, report.kernel.cause, report.kernel.way_out));
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  auto settings = policy_settings(apply_command, arguments);
  settings.host_parser_reads = app::persists_for_host_parser(session, arguments.value("output-dir"));
  app::Pipeline pipeline(session, std::move(settings));
  app::ApplyOptions options{.input = arguments.argument(0),
                            .dry_run = arguments.has("dry-run"),
                            .force = arguments.has("force"),
                            .output_dir = arguments.value("output-dir")};
  auto report = app::apply(session, pipeline, options);
  if (!report)
    return print_failure(session, terminal, fmt::format("apply {}", options.input), report.error());
  print_diagnostics(session, terminal);
  print_assumed_features(report->features, terminal);
  terminal.out(wants_json(arguments) ? to_json(*report, session) : text_of(*report));
  if (!report->as_expected()) {
    terminal.complain(
        fmt::format("{} is not what its spec expects: nothing was loaded or written", report->name));
    return exit_findings;
  }
  print_notes(*report, arguments, terminal);
  return report->dry_run || report->loaded ? exit_fine : exit_trouble;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help}};
constexpr Flag own_flags[] = {
    complain_flag,
    dry_run_flag,
    {.name = "force",
     .help =
         "overwrite a file that bulkhead did not write or that was edited since, keeping a copy beside it"},
    {.name = "output-dir",
     .value = "DIR",
     .help = "write the file there instead of /etc/apparmor.d",
     .completes = Completes::folder},
};
constexpr Flag last_flags[] = {format_flag};
constexpr auto flags = joined(own_flags, any_policy_flags, last_flags);
constexpr Example examples[] = {
    {"apply examples/nginx.toml", "make, compile, check, load and keep it; prints the docker flag"},
    {"apply --dry-run examples/nginx.toml", "all of that without touching the system"},
    {"apply --complain examples/nginx.toml", "only log what it would refuse"}};

}  // namespace

constexpr Command apply_command = {
    .name = "apply",
    .summary = "the main job: from a spec or profile to one that is enforced and kept",
    .description =
        "Makes profile text from a spec (or takes the text as it is), compiles it for the running kernel, "
        "checks the spec's [[Expect]] entries, "
        "loads it, reads it back and compares, and writes it to /etc/apparmor.d, where the distribution's "
        "boot service finds it. Prints the "
        "flag for docker run.\n\nIf anything is wrong, nothing is loaded and nothing is written. A file that "
        "bulkhead did not write, or that was "
        "edited since, is not overwritten without --force; text that the host's own apparmor_parser cannot "
        "read is not put into its "
        "folder.\n\nThe kernel asks no profile about the first program of a container, or of docker exec: "
        "rules about execution bind what "
        "those start.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
