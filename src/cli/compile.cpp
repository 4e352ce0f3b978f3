#include "app/compile_files.h"
#include "app/dump.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <numeric>
#include <thread>

#include "base/file.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command compile_command;

namespace {

std::string text_of(const app::CompileReport& report) {
  std::vector<std::vector<std::string>> rows = {{"PROFILE", "MODE", "FILE STATES", "OTHER STATES", "FROM"}};
  for (const auto& file : report.files)
    for (const auto& profile : file.profiles)
      rows.push_back({profile.name, profile.mode, std::to_string(profile.file_states),
                      std::to_string(profile.policy_states), file.input});
  return rows.size() == 1 ? std::string() : columns(rows);
}

/// A number from 1 to `most` after the flag, or `otherwise`; none: it is no such number, which is said.
std::optional<std::size_t> number_wanted(const Arguments& arguments, std::string_view flag, std::size_t most,
                                         std::size_t otherwise, Terminal& terminal) {
  auto text = arguments.value(flag);
  if (!text) return otherwise;
  std::size_t number = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error == std::errc{} && end == text->data() + text->size() && number >= 1 && number <= most)
    return number;
  terminal.complain(fmt::format("--{} {}: a number from 1 to {}", flag, *text, most));
  return std::nullopt;
}

void print_cache_use(const app::CompileReport& report, Terminal& terminal) {
  for (const auto& file : report.files) {
    const std::string_view word = file.cache == app::CacheUse::hit    ? "cache hit"
                                  : file.cache == app::CacheUse::miss ? "cache miss"
                                                                      : "no cache";
    terminal.complain(
        fmt::format("{}: {}{}", word, file.input,
                    file.not_kept.empty() ? "" : fmt::format(" (not kept: {})", file.not_kept)));
  }
}

int run_dump(const Arguments& arguments, const Warnings& warnings, Terminal& terminal) {
  const std::string stage = *arguments.value("dump");
  app::Session session;
  auto settings = policy_settings(compile_command, arguments);
  settings.may_be_empty = true;
  app::Pipeline pipeline(session, std::move(settings));
  for (const std::string& input : arguments.rest(0)) {
    auto text = app::dump(session, pipeline, input,
                          stage == "text"       ? app::Stage::text
                          : stage == "resolved" ? app::Stage::resolved
                                                : app::Stage::policy);
    if (!text) return print_failure(session, terminal, fmt::format("dump {}", input), text.error());
    terminal.out(*text);
  }
  print_diagnostics(session, terminal, warnings);
  return exit_fine;
}

/// CPU time by pass, the longest first, and what the whole process took.
std::string text_of(const PassTimes& times) {
  std::vector<std::size_t> order(std::size(pass_infos));
  std::iota(order.begin(), order.end(), 0);
  const auto of = [&](std::size_t pass) { return times.of(static_cast<Pass>(pass)); };
  std::ranges::stable_sort(order, std::greater(), [&](std::size_t pass) { return of(pass).nanoseconds; });
  double all = 0;
  for (std::size_t pass : order) all += static_cast<double>(of(pass).nanoseconds);
  std::vector<std::vector<std::string>> rows = {{"CPU MS", "%", "TIMES", "PASS"}};
  for (std::size_t pass : order) {
    const double time = static_cast<double>(of(pass).nanoseconds);
    rows.push_back({fmt::format("{:9.3f}", time / 1e6),
                    fmt::format("{:5.1f}", all > 0 ? 100 * time / all : 0), std::to_string(of(pass).times),
                    std::string(pass_infos[pass].words)});
  }
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return columns(rows) + fmt::format("{:9.3f} in all; peak memory {:.1f} MiB\n", all / 1e6,
                                     static_cast<double>(usage.ru_maxrss) / 1024);
}

/// What was said, in the order of the inputs; how many warnings count as errors.
std::size_t print_said(const app::Session& session, const app::CompileReport& report,
                       const Warnings& warnings, Terminal& terminal) {
  if (report.said.size() == 1)
    print_diagnostics(session, terminal, warnings);
  else
    print_diagnostics_in_short(report.said, terminal, warnings);
  print_assumed_features(
      {.origin = report.features, .assumed = report.assumed, .why_assumed = report.why_assumed}, terminal);
  if (!report.cache_distrust.empty() && warnings.shows_cache())
    terminal.complain(fmt::format("the cache is not used: {}", report.cache_distrust));
  std::size_t stopping = 0;
  for (const app::Said& some : report.said)
    for (std::size_t i = some.begin; i < some.end; ++i)
      stopping += warnings.stops_at(some.session->sink.diagnostics()[i]) ? 1 : 0;
  return stopping;
}

void print_failed(const app::CompileReport& report, const std::optional<std::string>& output,
                  Terminal& terminal) {
  for (const auto& failed : report.failed)
    terminal.complain(failed.why.starts_with(failed.input + ":")
                          ? "cannot compile " + failed.why
                          : fmt::format("cannot compile {}: {}", failed.input, failed.why));
  const std::size_t inputs = report.files.size() + report.failed.size();
  if (!report.failed.empty() && inputs > 1)
    terminal.complain(fmt::format("{} of {} compiled{}", report.files.size(), count(inputs, "file", "files"),
                                  output ? ", nothing is written" : ""));
}

int run_compile(const Arguments& arguments, const Warnings& warnings, std::size_t jobs,
                std::size_t max_states, Terminal& terminal) {
  app::Session session;
  auto settings = policy_settings(compile_command, arguments);
  const auto output = arguments.value("output");
  settings.need_real_features = output.has_value();
  settings.may_be_empty = true;
  settings.budget.max_states = max_states;
  PassTimes times;
  PassTimes* const wanted_times = arguments.has("time-passes") ? &times : nullptr;
  auto report =
      app::compile_files(session, settings, arguments.rest(0), {.jobs = jobs, .times = wanted_times});
  if (!report) return print_failure(session, terminal, "compile", report.error());
  const std::size_t stopping = print_said(session, *report, warnings, terminal);
  if (arguments.has("verbose")) print_cache_use(*report, terminal);
  print_failed(*report, output, terminal);
  if (stopping > 0)
    terminal.complain(fmt::format("{} as --werror says{}", count(stopping, "error", "errors"),
                                  output ? ", nothing is written" : ""));
  const bool good = report->failed.empty() && stopping == 0;
  if (good && output && output != "-") {
    if (auto written = write_file_atomic(session.world.os, *output, report->bytes); !written)
      return print_failure(session, terminal, "write the result", written.error());
  }
  if (output == "-") {
    if (good) terminal.out(report->bytes);
  } else if (good || !output) {
    terminal.out(wants_json(arguments) ? to_json(*report, warnings, wanted_times) : text_of(*report));
  }
  if (wanted_times != nullptr && (output == "-" || !wants_json(arguments))) terminal.err(text_of(times));
  return good ? exit_fine : exit_trouble;
}

int run(const Arguments& arguments, Terminal& terminal) {
  auto warnings = Warnings::from(arguments);
  if (!warnings) {
    terminal.complain(warnings.error().text);
    return exit_trouble;
  }
  if (std::ranges::count(arguments.all("warn"), "show") > 0) {
    terminal.out(warnings->list());
    return exit_fine;
  }
  if (arguments.rest(0).empty()) {
    terminal.complain("compile: PROFILE is missing (see `bulkhead compile --help`)");
    return exit_trouble;
  }
  if (arguments.has("dump")) return run_dump(arguments, *warnings, terminal);
  const std::size_t processors = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  const auto jobs = number_wanted(arguments, "jobs", 256, processors, terminal);
  const automata::Budget budget;
  const auto states = number_wanted(arguments, "max-states", budget.max_states, budget.max_states, terminal);
  if (!jobs || !states) return exit_trouble;
  return run_compile(arguments, *warnings, *jobs, *states, terminal);
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .optional = true, .many = true}};
constexpr Flag flags[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write the policy there, all of it or nothing; - for stdout",
     .completes = Completes::file},
    {.name = "dump",
     .value = "STAGE",
     .help = "print what the profile is after a stage: its text, its rules with their places, or the policy "
             "in words",
     .choices = "text|resolved|policy"},
    {.name = "jobs",
     .letter = 'j',
     .value = "N",
     .help = "files at the same time (default: one for each processor)"},
    {.name = "max-states",
     .value = "N",
     .help = "give up, and name the rules, when an automaton needs more states (default 4000000)"},
    {.name = "time-passes", .help = "say on stderr (with --format json: in it) where the CPU time went"},
    warn_flag,
    werror_flag,
    features_flag,
    policy_features_flag,
    include_flag,
    base_flag,
    cache_dir_flag,
    no_cache_flag,
    skip_cache_flag,
    {.name = "verbose", .letter = 'v', .help = "say of each file whether it came from the cache"},
    complain_flag,
    style_flag,
    abi_flag,
    format_flag,
};
constexpr Example examples[] = {
    {"compile --dump resolved /etc/apparmor.d/usr.sbin.nscd", "every rule, with the line that it comes from"},
    {"compile /etc/apparmor.d/usr.sbin.nscd", "is it right, and how large does it get?"},
    {"compile -o all.policy -j4 /etc/apparmor.d", "everything in a folder, one load"},
    {"compile --time-passes -K big-profile", "where does the time go?"},
    {"compile --warn no-rule-downgraded --werror unexpected *.profile", "in CI: some warnings are errors"},
    {"compile -o web.policy --features 6.12 web.toml", "a policy for another machine's kernel"},
};

}  // namespace

constexpr Command compile_command = {
    .name = "compile",
    .summary = "compile profiles, for this kernel or another",
    .description =
        "Compiles each profile with bulkhead's own compiler and prints how "
        "large its automata are. With --output, the bytes that the kernel "
        "takes in one write; several profiles make one load. A folder stands "
        "for the files in it, and a file without a profile for nothing.\n\n"
        "What was compiled is kept by content: when the text, everything that it includes or looks for, the "
        "features and the flags are the same, the next run takes the bytes from the cache, whatever the time "
        "stamps say (-v tells). Files in the cache, or a folder, that others may write to are not trusted. "
        "The "
        "oldest go when there are more than 256 MiB.\n\nAll errors "
        "of all files are shown in one run. Without --features and "
        "on a kernel without AppArmor, the newest kernel known to bulkhead "
        "is assumed, but never for --output.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
