#include "app/check.h"

#include <algorithm>

#include "app/check_document.h"
#include "check/ignore.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"
#include "report/render.h"

namespace bh::cli {

extern const Command check_command;

namespace {

std::optional<diag::Severity> fail_on(const Arguments& arguments) {
  const auto word = arguments.value_or("fail-on", "warning");
  if (word == "error") return diag::Severity::error;
  if (word == "warning") return diag::Severity::warning;
  if (word == "note") return diag::Severity::note;
  return std::nullopt;
}

/// Nothing, after a complaint: a finding that there is not.
std::optional<app::CheckOptions> options_of(const Arguments& arguments, Terminal& terminal) {
  app::CheckOptions options{.expect = arguments.value_or("expect", ""),
                            .profile = arguments.value_or("profile", "")};
  for (const std::string& word : arguments.all("ignore")) {
    const auto code = check::code_named(word);
    if (!code) {
      terminal.complain(
          fmt::format("check: --ignore {}: no finding is called so (they are named as in a report: "
                      "BH4105 or writable-code)",
                      word));
      return std::nullopt;
    }
    options.ignore.push_back(*code);
  }
  return options;
}

std::string counted(const app::CheckedFile& file) {
  if (!file.failed.empty()) return file.failed;
  std::vector<std::string> parts;
  if (!file.expectations.empty()) {
    const auto hold = std::ranges::count(file.expectations, true, &app::ExpectationResult::holds);
    parts.push_back(fmt::format("{} of {}", hold,
                                count(file.expectations.size(), "expectation holds", "expectations hold")));
  }
  constexpr std::pair<diag::Severity, std::string_view> words[] = {
      {diag::Severity::error, "error"}, {diag::Severity::warning, "warning"}, {diag::Severity::note, "note"}};
  for (const auto& [severity, word] : words) {
    const auto n = static_cast<std::size_t>(std::ranges::count(
        file.findings, severity, [](const check::Finding& finding) { return finding.diagnostic.severity; }));
    if (n > 0) parts.push_back(count(n, word, std::string(word) + "s"));
  }
  if (!file.has_text) parts.emplace_back("a compiled policy: there is no text to find anything in");
  return parts.empty() ? "nothing to say" : fmt::format("{}", fmt::join(parts, ", "));
}

/// Of many files, notes are counted only: there are some about most files that anyone wrote.
std::string text_of(const app::Session& session, const std::vector<app::CheckedFile>& files, bool verbose,
                    bool colour) {
  std::string out;
  bool hidden = false;
  for (const app::CheckedFile& file : files)
    for (const check::Finding& finding : file.findings) {
      const bool shown = verbose || files.size() == 1 || finding.diagnostic.severity > diag::Severity::note;
      hidden = hidden || !shown;
      if (shown) out += diag::render(session.sources, finding.diagnostic, {.colour = colour}) + "\n";
    }
  for (const app::CheckedFile& file : files)
    out += diag::printable(fmt::format("{}: {}", file.input, counted(file))) + "\n";
  if (hidden) out += "(--verbose shows the notes)\n";
  return out;
}

std::string rendered(const app::Session& session, const std::vector<app::CheckedFile>& files,
                     const Arguments& arguments, bool colour) {
  const auto format = arguments.value_or("format", "text");
  if (format == "json") return to_json(files, session);
  if (format == "junit") return report::to_junit(app::document_of(session, files, fail_on(arguments)));
  if (format == "tap") return report::to_tap(app::document_of(session, files, fail_on(arguments)));
  return text_of(session, files, arguments.has("verbose"), colour);
}

/// Mends each file. With --dry-run the patches are all of the output.
int fix(app::Session& session, app::Pipeline& pipeline, const std::vector<std::string>& files,
        const app::CheckOptions& options, const Arguments& arguments, Terminal& terminal) {
  const auto fixes = arguments.has("unsafe-fixes") ? app::Fixes::all : app::Fixes::safe;
  const bool dry_run = arguments.has("dry-run");
  bool trouble = false, changes = false;
  for (const std::string& file : files) {
    auto fixed = app::fix_file(session, pipeline, file, options, fixes, dry_run);
    if (!fixed) {
      terminal.complain(fmt::format("cannot fix {}: {}", file, fixed.error().text));
      trouble = true;
      continue;
    }
    changes = changes || !fixed->diff.empty();
    if (dry_run)
      terminal.out(fixed->diff);
    else if (fixed->written)
      terminal.complain(
          fmt::format("{}: {}", file, count(fixed->fixes, "finding mended", "findings mended")));
  }
  if (trouble) return exit_trouble;
  return dry_run && changes ? exit_findings : exit_fine;
}

int run(const Arguments& arguments, Terminal& terminal) {
  const auto options = options_of(arguments, terminal);
  if (!options) return exit_trouble;
  const bool fixing = arguments.has("fix") || arguments.has("unsafe-fixes");
  if (arguments.has("dry-run") && !fixing) {
    terminal.complain("check: --dry-run says what --fix would do; without it nothing is changed anyway");
    return exit_trouble;
  }
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(check_command, arguments));
  const auto inputs = app::files_of(session, arguments.rest(0));
  int code = exit_fine;
  if (fixing) {
    code = fix(session, pipeline, inputs, *options, arguments, terminal);
    if (arguments.has("dry-run")) {
      if (code == exit_trouble) print_diagnostics(session, terminal);
      return code;
    }
  }
  std::vector<app::CheckedFile> files;
  std::vector<app::Said> said;
  for (const std::string& input : inputs) {
    files.push_back(app::check_file(session, pipeline, input, *options));
    said.push_back({&session, files.back().said_begin, files.back().said_end});
  }
  print_diagnostics_in_short(said, terminal);
  if (auto features = pipeline.features();
      features &&
      std::ranges::any_of(files, [](const app::CheckedFile& file) { return !file.expectations.empty(); }))
    print_assumed_features(*features, terminal);
  const auto output = arguments.value_or("output", "-");
  const std::string text = rendered(session, files, arguments, output == "-" && terminal.colour_out());
  if (auto written = put_out(session.world.os, terminal, output, text); !written) {
    terminal.complain(written.error().text);
    return exit_trouble;
  }
  for (const app::CheckedFile& file : files) {
    if (!file.failed.empty()) {
      terminal.complain(file.failed.starts_with(file.input)
                            ? fmt::format("cannot check {}", file.failed)
                            : fmt::format("cannot check {}: {}", file.input, file.failed));
      code = exit_trouble;
    } else if (code == exit_fine && app::is_bad(file, fail_on(arguments))) {
      code = exit_findings;
    }
  }
  return code;
}

constexpr Argument arguments[] = {{.name = "FILE",
                                   .help = "a spec (TOML), profile text, a folder of them; also "
                                           "docker-default, bane:SPEC, a compiled policy, loaded:NAME",
                                   .many = true}};
constexpr Flag own_flags[] = {
    {.name = "expect",
     .value = "FILE",
     .help = "expectations (TOML: [[Expect]] with Allow and Deny), beside those of a spec",
     .completes = Completes::file},
    {.name = "profile",
     .value = "NAME",
     .help = "which one of a file that holds several is expected to do so (default: the first)"},
    {.name = "fail-on",
     .value = "SEVERITY",
     .help = "least severity of a finding that makes the exit code 1 (default warning); an expectation that "
             "does not hold always does",
     .choices = "error|warning|note|never"},
    {.name = "ignore",
     .value = "CODE",
     .help = "a finding that is not wanted, BH4105 or writable-code",
     .many = true},
    {.name = "fix",
     .help = "mend what leaves the compiled policy as it is: rules that do nothing are taken away"},
    {.name = "unsafe-fixes",
     .help =
         "also do what the other findings' help says, where that is one edit: it changes what is allowed"},
    {.name = "dry-run",
     .letter = 'n',
     .help = "with --fix: print a patch, write nothing; exit 1 if it is not empty"},
    {.name = "verbose", .letter = 'v', .help = "notes, of several files too"},
    {.name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json|junit|tap"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write the report there",
     .completes = Completes::file},
};
constexpr auto flags = joined(own_flags, any_policy_flags);
constexpr Example examples[] = {
    {"check web.toml", "its expectations, and what is wrong with the profile that it gives"},
    {"check /etc/apparmor.d --fail-on never", "what is wrong with a host's profiles"},
    {"check docker-web --expect web.expect.toml --format junit -o check.xml", "unit tests of policy, in CI"},
    {"check docker-web --fix --dry-run", "a patch that takes rules away that do nothing"},
    {"check docker-default", "Docker's default profile, as a reviewer would read it"},
};

}  // namespace

constexpr Command check_command = {
    .name = "check",
    .summary = "unit tests of policy, and what is wrong with a profile that compiles",
    .description =
        "Asks every expectation of the compiled policy, and looks for rules that do nothing (decided on the "
        "automata, not by their text), what can be written and run, `dir/**` without `dir/`, names that the "
        "kernel never sees because they are links, patterns that leave out more than they seem to, denials "
        "that nobody will see, and rules that give everything.\n\nA finding has a code, the place, and the "
        "way "
        "out. `# bulkhead: ignore BH4105 (why)` behind a rule, or on the line before it, silences one; "
        "`# bulkhead: ignore-file BH4109` does so for the file.\n\nWithout --image or --rootfs the links are "
        "those of current distributions: merged /usr, /var/run.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
