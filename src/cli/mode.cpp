#include "app/mode.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command mode_command;

namespace {

void print(const app::ModeReport& report, Terminal& terminal) {
  auto line = [&](std::string_view text) { terminal.out(diag::printable(text) + "\n"); };
  auto talk = [&](std::string_view text) { terminal.complain(diag::printable(text)); };
  if (report.before == report.now)
    line(fmt::format("{}: is in {} mode already", report.name, report.now));
  else
    line(fmt::format("{}: {} (was {})", report.name, report.now, report.before));
  for (const std::string& child : report.with_it) line(fmt::format("{}: {}", child, report.now));
  if (report.file_changed) line(fmt::format("{}: says so too, for the next boot", report.file));
  if (!report.backup.empty()) line(fmt::format("{}: what it was", report.backup));
  if (!report.file_kept_because.empty())
    talk(fmt::format("{} brings the other mode back at the next boot: {}", report.file,
                     report.file_kept_because));
  if (report.silent_denies && report.file_kept_because.empty())
    complain_of_silent_denies(report.file, terminal);
  if (report.source.empty() && report.before == "complain" && report.now == "enforce")
    talk("made from the kernel's own copy: denies that were silent before complain mode are logged now");
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(mode_command, arguments));
  app::ModeOptions options{
      .mode = arguments.argument(0) == "complain" ? app::WantedMode::complain : app::WantedMode::enforce,
      .keep_file = arguments.has("keep-file"),
      .force = arguments.has("force")};
  int code = exit_fine;
  std::vector<app::ModeReport> reports;
  for (const std::string& name : arguments.rest(1)) {
    auto report = app::set_mode(session, pipeline, name, options);
    if (report) {
      reports.push_back(std::move(*report));
    } else {
      terminal.complain(fmt::format("cannot set the mode of {}: {}", name, report.error().text));
      code = exit_trouble;
    }
  }
  if (wants_json(arguments)) {
    terminal.out(to_json(reports));
  } else {
    for (const auto& report : reports) print(report, terminal);
  }
  return code;
}

constexpr Argument arguments[] = {
    {.name = "MODE",
     .help = "what happens to what is not allowed",
     .choices = "enforce|complain",
     .completes = Completes::nothing},
    {.name = "NAME", .help = "a loaded profile", .completes = Completes::loaded_profile, .many = true}};
constexpr Flag flags[] = {
    {.name = "keep-file", .help = "leave the file as it is: it brings the old mode back at the next boot"},
    {.name = "force", .help = "also change a file that bulkhead did not write, keeping a copy beside it"},
    format_flag,
};
constexpr Example examples[] = {
    {"mode complain docker-nginx", "let everything pass and log what would be refused"},
    {"mode enforce docker-nginx", "refuse it again"}};

}  // namespace

constexpr Command mode_command = {.name = "mode",
                                  .summary = "set a loaded profile to enforce or complain",
                                  .description =
                                      "Changes the mode of profiles in the running kernel, with their "
                                      "children and hats. In complain mode nothing is refused and all "
                                      "that is not allowed is logged, explicit denies included (the kernel "
                                      "alone would enforce those silently).\n\nThe file in "
                                      "/etc/apparmor.d that bulkhead wrote for the profile follows, by the "
                                      "flag in its head; any other keeps its own mode, which is back after a "
                                      "reboot, unless --force is given.",
                                  .arguments = arguments,
                                  .flags = flags,
                                  .examples = examples,
                                  .run = run};

}  // namespace bh::cli
