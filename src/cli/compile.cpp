#include "app/compile_files.h"
#include "app/dump.h"

#include <charconv>
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
  return columns(rows);
}

/// Without --jobs one for each processor.
std::optional<std::size_t> jobs_wanted(const Arguments& arguments, Terminal& terminal) {
  auto text = arguments.value("jobs");
  if (!text) return std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  std::size_t jobs = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), jobs);
  if (error == std::errc{} && end == text->data() + text->size() && jobs >= 1 && jobs <= 256) return jobs;
  terminal.complain(fmt::format("--jobs {}: a number from 1 to 256", *text));
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

int run_dump(const Arguments& arguments, Terminal& terminal) {
  const std::string stage = *arguments.value("dump");
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(compile_command, arguments));
  for (const std::string& input : arguments.rest(0)) {
    auto text = app::dump(session, pipeline, input,
                          stage == "text"       ? app::Stage::text
                          : stage == "resolved" ? app::Stage::resolved
                                                : app::Stage::policy);
    if (!text) return print_failure(session, terminal, fmt::format("dump {}", input), text.error());
    terminal.out(*text);
  }
  print_diagnostics(session, terminal);
  return exit_fine;
}

int run(const Arguments& arguments, Terminal& terminal) {
  if (arguments.has("dump")) return run_dump(arguments, terminal);
  app::Session session;
  auto settings = policy_settings(compile_command, arguments);
  auto output = arguments.value("output");
  settings.need_real_features = output.has_value();
  settings.may_be_empty = true;
  auto jobs = jobs_wanted(arguments, terminal);
  if (!jobs) return exit_trouble;
  auto report = app::compile_files(session, settings, arguments.rest(0), *jobs);
  if (!report) return print_failure(session, terminal, "compile", report.error());
  const std::size_t inputs = report->files.size() + report->failed.size();
  if (inputs == 1)
    print_diagnostics(session, terminal);
  else
    print_diagnostics_in_short(report->said, terminal);
  print_assumed_features(
      {.origin = report->features, .assumed = report->assumed, .why_assumed = report->why_assumed}, terminal);
  if (!report->cache_distrust.empty())
    terminal.complain(fmt::format("the cache is not used: {}", report->cache_distrust));
  if (arguments.has("verbose")) print_cache_use(*report, terminal);
  for (const auto& failed : report->failed)
    terminal.complain(failed.why.starts_with(failed.input + ":")
                          ? "cannot compile " + failed.why
                          : fmt::format("cannot compile {}: {}", failed.input, failed.why));
  if (!report->failed.empty()) {
    if (inputs > 1)
      terminal.complain(fmt::format("{} of {} compiled{}", report->files.size(),
                                    count(inputs, "file", "files"), output ? ", nothing is written" : ""));
    if (!output) terminal.out(wants_json(arguments) ? to_json(*report) : text_of(*report));
    return exit_trouble;
  }
  if (output == "-") {
    terminal.out(report->bytes);
    return exit_fine;
  }
  if (output) {
    if (auto written = write_file_atomic(session.world.os, *output, report->bytes); !written)
      return print_failure(session, terminal, "write the result", written.error());
  }
  terminal.out(wants_json(arguments) ? to_json(*report) : text_of(*report));
  return exit_fine;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help, .many = true}};
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
        "for the files in it.\n\nAll errors "
        "of all files are shown in one run. Without --features and "
        "on a kernel without AppArmor, the newest kernel known to bulkhead "
        "is assumed, but never for --output.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
