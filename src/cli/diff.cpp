#include "app/diff.h"

#include <algorithm>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command diff_command;

namespace {

constexpr std::string_view severities = "low|medium|high|critical";

int print_witnesses(app::Session& session, app::Pipeline& pipeline, const Arguments& arguments,
                    Terminal& terminal) {
  auto found = app::witnesses(session, pipeline, arguments.argument(0), arguments.argument(1));
  if (!found) return print_failure(session, terminal, "compare", found.error());
  print_diagnostics(session, terminal);
  if (wants_json(arguments)) {
    terminal.out(to_json(*found));
  } else {
    for (const auto& difference : *found) terminal.out(query::to_text(difference) + "\n");
  }
  return found->empty() ? exit_fine : exit_findings;
}

bool fails(const diff::Report& report, const std::string& limit) {
  const auto words = split_choices(severities);
  const auto least = static_cast<diff::Severity>(std::ranges::find(words, limit) - words.begin());
  const diff::Change* worst = report.severest_gain();
  // A profile that A did not have confines what nothing confined; one that is gone confines nothing.
  return (worst != nullptr && worst->severity >= least) || !report.only_a.empty();
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(diff_command, arguments));
  if (arguments.has("witness")) return print_witnesses(session, pipeline, arguments, terminal);
  const bool all = arguments.has("all");
  auto report = app::diff_profiles(session, pipeline, arguments.argument(0), arguments.argument(1),
                                   {.max_rows = all ? std::size_t{5000} : std::size_t{200}});
  if (!report) return print_failure(session, terminal, "compare", report.error());
  print_diagnostics(session, terminal);
  if (auto features = pipeline.features()) print_assumed_features(*features, terminal);
  const std::string format = arguments.value_or("format", "text");
  if (format == "json")
    terminal.out(to_json(*report));
  else if (format == "markdown")
    terminal.out(diff::to_markdown(*report, {.all = all}));
  else
    terminal.out(diff::to_text(*report, {.all = all}));
  auto limit = arguments.value("fail-on");
  return limit && fails(*report, *limit) ? exit_findings : exit_fine;
}

constexpr Argument arguments[] = {
    {.name = "A", .help = "the policy of before: any of what `query` takes"},
    {.name = "B", .help = "the policy of after"},
};
constexpr Flag own_flags[] = {
    {.name = "fail-on",
     .value = "SEVERITY",
     .help =
         "exit with 1 if B allows something of this severity or above that A does not, or lacks a profile",
     .choices = severities},
    {.name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json|markdown"},
    {.name = "all", .help = "every path set and every example, not only what fits a screen"},
    {.name = "witness",
     .help =
         "only whether the kernel could tell them apart, logging included, with a shortest string for each "
         "difference; exit with 1 if it could"},
    complain_flag,
};
constexpr auto flags = joined(own_flags, any_policy_flags);
constexpr Example examples[] = {
    {"diff old.toml new.toml --fail-on high --format markdown", "for a pull request"},
    {"diff docker-default web.toml", "what the spec takes away from what a container gets by itself"},
    {"diff loaded:docker-web web.toml", "what `apply` would change"},
    {"diff --witness a.bin b.bin", "are two compiled policies the same to the kernel?"},
};

}  // namespace

constexpr Command diff_command = {
    .name = "diff",
    .summary = "what one profile allows that another does not",
    .description =
        "Compares the compiled automata over everything that can be asked, and says what B allows and A does "
        "not, and the reverse: sets of paths as globs, capabilities, sockets, signals, mounts, …, each with "
        "a "
        "shortest example (which `bulkhead query` takes) and the rules of both sides that decide. A set that "
        "no few globs can say is given by a wider one, marked `(in part)`.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
