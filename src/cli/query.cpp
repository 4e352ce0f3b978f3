#include "app/query.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command query_command;

namespace {

std::string action_table() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& usage : query::action_usages())
    rows.push_back({"  " + std::string(usage.form), std::string(usage.meaning)});
  return columns(rows);
}

bool as_expected(const app::QueryReport& report, const std::string& expected) {
  for (const auto& asked : report.asked)
    if (!(expected == "allow" ? query::is_allowed(asked.answer) : query::is_denied(asked.answer)))
      return false;
  return true;
}

int run(const Arguments& arguments, Terminal& terminal) {
  if (arguments.has("actions")) {
    terminal.out(action_table());
    return exit_fine;
  }
  const std::string& input = arguments.argument(0);
  auto actions = arguments.rest(1);
  if (input.empty() || actions.empty()) {
    terminal.complain(
        "query: PROFILE and ACTION are missing (`bulkhead query --actions` lists how actions are written)");
    return exit_trouble;
  }
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(query_command, arguments));
  auto report = app::query_profile(session, pipeline, input, arguments.value_or("profile", ""), actions);
  if (!report) return print_failure(session, terminal, fmt::format("answer about {}", input), report.error());
  print_diagnostics(session, terminal);
  if (!report->features.empty()) {
    auto features = pipeline.features();
    if (features) print_assumed_features(*features, terminal);
  }
  if (wants_json(arguments)) {
    terminal.out(to_json(*report));
  } else {
    for (const auto& asked : report->asked) terminal.out(asked.explanation);
  }
  auto expected = arguments.value("expect");
  return !expected || as_expected(*report, *expected) ? exit_fine : exit_findings;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .optional = true},
                                  {.name = "ACTION",
                                   .help = "what a process might do, e.g. 'write /etc/passwd'",
                                   .completes = Completes::nothing,
                                   .optional = true,
                                   .many = true}};
constexpr Flag flags[] = {
    {.name = "actions", .help = "only list how actions are written"},
    {.name = "expect",
     .value = "ANSWER",
     .help = "exit with 1 unless every answer is this",
     .choices = "allow|deny"},
    {.name = "profile",
     .value = "NAME",
     .help = "which one of a file that holds several (default: the first)"},
    complain_flag,
    style_flag,
    image_flag,
    rootfs_flag,
    host_flag,
    context_flag,
    abi_flag,
    features_flag,
    policy_features_flag,
    include_flag,
    base_flag,
    format_flag,
};
constexpr Example examples[] = {
    {"query web.toml 'write /etc/passwd' 'exec /bin/sh'", "may it? and which line decides?"},
    {"query loaded:docker-web 'capability net_raw' --expect deny",
     "a check for a script, against what the kernel holds"},
};

}  // namespace

constexpr Command query_command = {
    .name = "query",
    .summary = "may a process under this profile do that, and which rule decides?",
    .description =
        "Compiles the profile (or takes it from the kernel) and walks the compiled automata as the kernel "
        "would. Names the deciding rules by file and "
        "line, through all includes. Answers for one profile; what is outside AppArmor may still refuse.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
