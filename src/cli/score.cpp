#include "app/score.h"

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/score_html.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {

extern const Command score_command;

namespace {

/// Each row that is not as it should be, with the rules that made it so.
std::string reasons(const app::ScoredProfile& profile) {
  std::string out =
      fmt::format("\n{}: what decided where it is not as it should be\n", diag::printable(profile.title));
  for (std::size_t i = 0; i < profile.score.rows.size(); ++i) {
    const query::RowScore& row = profile.score.rows[i];
    if (row.good() || row.outcome == query::RowOutcome::elsewhere) continue;
    out += fmt::format("  {:<4} {}: {}\n", row.row->id, row.row->title, query::outcome_text(row.outcome));
    for (const std::string& line : profile.deciding[i])
      out += fmt::format("         {}\n", diag::printable(line));
    if (profile.deciding[i].empty() && row.outcome != query::RowOutcome::not_mediated)
      out += "         no rule speaks of it\n";
  }
  return out;
}

std::string text_of(const app::ScoreReport& report, bool verbose) {
  std::vector<query::NamedScore> scores;
  for (const app::ScoredProfile& profile : report.profiles)
    scores.push_back({diag::printable(profile.title), profile.score});
  std::string out = query::to_text(scores);
  if (!verbose && report.profiles.size() > 1) return out;
  for (const app::ScoredProfile& profile : report.profiles) out += reasons(profile);
  return out;
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(score_command, arguments));
  auto report = app::score_profiles(session, pipeline, arguments.rest(0), arguments.value_or("profile", ""));
  if (!report) return print_failure(session, terminal, "score", report.error());
  // What is to be said about each profile's text is check's to say; here it would bury the table.
  if (arguments.has("verbose")) print_diagnostics(session, terminal);
  if (!report->features.empty()) print_assumed_features(report->chosen, terminal);
  const auto format = arguments.value_or("format", "text");
  const std::string text = format == "json"   ? to_json(*report)
                           : format == "html" ? to_html(*report)
                                              : text_of(*report, arguments.has("verbose"));
  auto written = put_out(session.world.os, terminal, arguments.value_or("output", "-"), text);
  return written ? exit_fine : print_failure(session, terminal, "write the page", written.error());
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .many = true}};
constexpr Flag own_flags[] = {
    {.name = "profile",
     .value = "NAME",
     .help = "which one of a file that holds several (default: the first)"},
    {.name = "verbose", .letter = 'v', .help = "the deciding rules, of several profiles too"},
    {.name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json|html"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write it there",
     .completes = Completes::file},
};
constexpr auto flags = joined(own_flags, any_policy_flags);
constexpr Example examples[] = {
    {"score web.toml",
     "what it stops, what it lets work, and the rules behind each row that is not as it should be"},
    {"score docker-default bane:web.toml web.toml --format html -o score.html",
     "side by side: what containers get by default, bane's text, and yours"},
    {"score docker-default --features 6.1", "as an older kernel would have it"},
};

}  // namespace

constexpr Command score_command = {
    .name = "score",
    .summary = "how profiles fare against known attacks, and what they let work",
    .description =
        "Asks the compiled profile every action of a catalogue: attacks on containers (each with what it "
        "stands "
        "for), and functions that containers need (being stopped, IPv6, ps). Offline and without root; `lab` "
        "does "
        "the same on a real kernel. What the kernel does not mediate is said to be so, never counted as "
        "blocked.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
