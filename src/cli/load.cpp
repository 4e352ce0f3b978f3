#include "app/load.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command load_command;

namespace {

void print(const app::LoadReport& report, Terminal& terminal) {
  for (const auto& profile : report.profiles) {
    std::string_view done = profile.replaced ? "replaced" : "loaded";
    terminal.out(diag::printable(fmt::format("{}: {}{}, {}", profile.name, report.dry_run ? "would be " : "",
                                             done, profile.mode)) +
                 "\n");
  }
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(load_command, arguments));
  app::LoadOptions options{.dry_run = arguments.has("dry-run"), .no_replace = arguments.has("no-replace")};
  int code = exit_fine;
  std::vector<app::LoadReport> reports;
  for (const std::string& input : arguments.rest(0)) {
    auto report = app::load(session, pipeline, input, options);
    if (report) {
      reports.push_back(std::move(*report));
    } else {
      terminal.complain(fmt::format("cannot load {}: {}", input, report.error().text));
      code = exit_trouble;
    }
  }
  print_diagnostics(session, terminal);
  if (wants_json(arguments)) {
    terminal.out(to_json(reports));
  } else {
    for (const auto& report : reports) print(report, terminal);
  }
  return code;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .many = true}};
constexpr Flag flags[] = {
    complain_flag,
    dry_run_flag,
    {.name = "no-replace", .help = "refuse if a profile of that name is loaded already"},
    features_flag,
    policy_features_flag,
    include_flag,
    base_flag,
    cache_dir_flag,
    no_cache_flag,
    skip_cache_flag,
    style_flag,
    format_flag,
};
constexpr Example examples[] = {
    {"load /etc/apparmor.d/usr.sbin.nscd", "into the running kernel, until the next boot"},
    {"load web.policy", "what `bulkhead compile -o` wrote"}};

}  // namespace

constexpr Command load_command = {.name = "load",
                                  .summary = "load or replace profiles in the kernel, until the next boot",
                                  .description =
                                      "Compiles each profile and gives it to the kernel in one atomic write: "
                                      "new profiles are added, loaded ones replaced (running "
                                      "processes go on under the new rules). Then reads it back and "
                                      "compares.\n\n`bulkhead apply` also keeps the profile over a "
                                      "reboot.",
                                  .arguments = arguments,
                                  .flags = flags,
                                  .examples = examples,
                                  .run = run};

}  // namespace bh::cli
