#include "app/query.h"

#include <algorithm>

#include "base/file.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command query_command;

namespace {

/// A few million questions.
constexpr std::size_t most_bulk_bytes = std::size_t{1} << 30;

std::string action_table() {
  std::vector<std::vector<std::string>> rows;
  for (const auto& usage : query::action_usages())
    rows.push_back({"  " + std::string(usage.form), std::string(usage.meaning)});
  return columns(rows);
}

int exit_of(bool as_expected) { return as_expected ? exit_fine : exit_findings; }

/// `web.toml -`: a question a line from stdin.
int run_bulk(app::Session& session, app::Pipeline& pipeline, const Arguments& arguments, Terminal& terminal) {
  const std::string& input = arguments.argument(0);
  auto lines = read_file(session.world.os, "/dev/stdin", most_bulk_bytes);
  if (!lines) return print_failure(session, terminal, "read the questions", lines.error());
  auto asking =
      app::Asking::open(session, pipeline, input, arguments.value_or("profile", ""), app::Purpose::answers);
  if (!asking) return print_failure(session, terminal, fmt::format("answer about {}", input), asking.error());
  print_diagnostics(session, terminal);
  const std::size_t told = session.sink.errors();
  auto report = app::query_lines(session, *asking, std::move(*lines),
                                 [&](std::string_view text) { terminal.out(text); });
  if (!report) return print_failure(session, terminal, fmt::format("answer about {}", input), report.error());
  if (session.sink.errors() != told) {
    print_diagnostics(session, terminal);
    terminal.complain(
        fmt::format("{} could not be read", count(report->unreadable, "question", "questions")));
    return exit_trouble;
  }
  auto expected = arguments.value("expect");
  return exit_of(!expected || report->asked == (*expected == "allow" ? report->allowed : report->denied));
}

/// The questions of stdin, one a line.
Result<std::vector<std::string>> lines_of_stdin(app::Session& session) {
  BH_TRY(std::string text, read_file(session.world.os, "/dev/stdin", most_bulk_bytes));
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = std::string_view(text).substr(at, end - at);
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first != std::string_view::npos && line[first] != '#') lines.emplace_back(line);
    at = end + 1;
  }
  return lines;
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
  const bool bulk = actions.size() == 1 && actions.front() == "-";
  if (bulk && input == "-") {
    terminal.complain("query: PROFILE and ACTION cannot both come from stdin");
    return exit_trouble;
  }
  if (bulk && !wants_json(arguments)) return run_bulk(session, pipeline, arguments, terminal);
  if (bulk) {
    auto lines = lines_of_stdin(session);
    if (!lines) return print_failure(session, terminal, "read the questions", lines.error());
    actions = std::move(*lines);
  }
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
  if (!expected) return exit_fine;
  return exit_of(std::ranges::all_of(report->asked, [&](const app::Asked& asked) {
    return *expected == "allow" ? asked.is_allowed() : asked.is_denied();
  }));
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .optional = true},
                                  {.name = "ACTION",
                                   .help = "what a process might do, e.g. 'write /etc/passwd', or 'any write "
                                           "under /etc/**'; - for a question a line from stdin",
                                   .completes = Completes::nothing,
                                   .optional = true,
                                   .many = true}};
constexpr Flag own_flags[] = {
    {.name = "actions", .help = "only list how actions are written"},
    {.name = "expect",
     .value = "ANSWER",
     .help = "exit with 1 unless every answer is this",
     .choices = "allow|deny"},
    {.name = "profile",
     .value = "NAME",
     .help = "which one of a file that holds several (default: the first)"},
    complain_flag,
};
constexpr Flag last_flags[] = {format_flag};
constexpr auto flags = joined(own_flags, any_policy_flags, last_flags);
constexpr Example examples[] = {
    {"query web.toml 'write /etc/passwd' 'exec /bin/sh'", "may it? and which line decides?"},
    {"query loaded:docker-web 'capability net_raw' --expect deny",
     "a check for a script, against what the kernel holds"},
    {"query web.toml 'any write under /etc/**' 'any capability' 'any unix connect @*'",
     "is there one that is allowed, and which are?"},
    {"query web.toml - < questions", "many at once, a line of answer for each"},
};

}  // namespace

constexpr Command query_command = {
    .name = "query",
    .summary = "may a process under this profile do that, and which rule decides?",
    .description =
        "Compiles the profile (or takes it from the kernel) and walks the compiled automata as the kernel "
        "would. Names the deciding rules by file and "
        "line, through all includes, and those that would have to go for the answer to change. Answers for "
        "one "
        "profile; what is outside AppArmor may still refuse.\n\n"
        "A question that starts with `any` may hold patterns (`*`, `**`, `?`, `[a-z]`, `{a,b}`) for paths, "
        "labels and names, and leave parts out. It is answered over the whole language: with all that is "
        "allowed and a shortest example, or with a no that is a proof.\n\n"
        "Questions from stdin get one line each, without the rules (with --format json: all that is known).",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
