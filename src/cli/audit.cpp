#include "app/version.h"
#include "audit/run.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "report/render.h"

namespace bh::cli {

extern const Command audit_command;

namespace {

int trouble(Terminal& terminal, const Error& error) {
  terminal.complain(error.text);
  return exit_trouble;
}

/// A number of a flag that may be given many times.
Result<std::uint32_t> number(const std::string& text, std::string_view flag) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return fail("--{} wants a number, not \"{}\"", flag, text);
  return static_cast<std::uint32_t>(std::stoul(text));
}

Result<audit::Policy> policy_of(const Arguments& arguments) {
  audit::Policy policy;
  const auto& users = arguments.all("trusted-user");
  policy.trusted_users.insert(users.begin(), users.end());
  policy.trusted_registries = arguments.all("trusted-registry");
  const auto& parents = arguments.all("allow-cgroup-parent");
  policy.allowed_cgroup_parents.insert(parents.begin(), parents.end());
  for (const auto& text : arguments.all("allow-port")) {
    BH_TRY(auto port, number(text, "allow-port"));
    policy.allowed_ports.insert(port);
  }
  policy.swarm_needed = arguments.has("swarm-needed");
  return policy;
}

audit::Selection selection_of(const Arguments& arguments) {
  return {.benchmark = arguments.value_or("benchmark", "1.8.0"),
          .level = arguments.value_or("level", "2") == "1" ? 1 : 2,
          .sections = arguments.all("section"),
          .checks = arguments.all("check"),
          .containers = arguments.all("container"),
          .images = arguments.all("image"),
          .labels = arguments.all("label"),
          .beyond = !arguments.has("cis-only")};
}

std::string rendered(const report::Document& document, const Arguments& arguments, bool colour) {
  auto format = arguments.value_or("format", "text");
  if (format == "json") return report::to_json(document);
  if (format == "junit") return report::to_junit(document);
  if (format == "sarif") return report::to_sarif(document);
  return report::to_text(document, {.colour = colour, .verbose = arguments.has("verbose")});
}

int run(const Arguments& arguments, Terminal& terminal) {
  auto source = fact_source(arguments);
  source.from = arguments.value_or("from", "");
  auto policy = policy_of(arguments);
  if (!policy) return trouble(terminal, policy.error());
  auto snapshot =
      audit::obtain(Os::real(), docker::process_environment(), source, std::string(app::version()));
  if (!snapshot) return trouble(terminal, snapshot.error());
  auto document = audit::run_audit(*snapshot, *policy, selection_of(arguments));
  if (!document) return trouble(terminal, document.error());
  auto output = arguments.value_or("output", "-");
  auto text = rendered(*document, arguments, output == "-" && terminal.colour_out());
  if (auto written = put_out(Os::real(), terminal, output, text); !written)
    return trouble(terminal, written.error());
  return audit::is_bad(*document, arguments.value_or("fail-on", "fail")) ? exit_findings : exit_fine;
}

constexpr Flag flags[] = {
    host_flag,
    context_flag,
    {.name = "from",
     .value = "FILE",
     .help = "audit a snapshot instead of this host",
     .completes = Completes::file},
    {.name = "benchmark",
     .letter = 'b',
     .value = "VERSION",
     .help = "version of the CIS Docker Benchmark (default 1.8.0)"},
    {.name = "level", .value = "N", .help = "1: the recommendations of level 1 only", .choices = "1|2"},
    {.name = "section",
     .value = "NAME",
     .help = "only this section: host, daemon, daemon-files, images, runtime, operations, swarm, community, "
             "beyond",
     .many = true},
    {.name = "check", .value = "ID", .help = "only this check, by its number or key", .many = true},
    {.name = "container", .value = "NAME", .help = "only this container (and its image)", .many = true},
    {.name = "image", .value = "NAME", .help = "only this image", .many = true},
    {.name = "label", .value = "KEY[=VALUE]", .help = "only containers with this label", .many = true},
    {.name = "cis-only", .help = "leave out the checks that are not the benchmark's"},
    layers_flag,
    root_flag,
    no_host_flag,
    {.name = "trusted-user",
     .value = "NAME",
     .help = "an account that may use the engine's socket",
     .many = true},
    {.name = "trusted-registry",
     .value = "PREFIX",
     .help = "images whose names begin so are trusted",
     .many = true},
    {.name = "allow-port", .value = "PORT", .help = "a host port that may be published", .many = true},
    {.name = "allow-cgroup-parent", .value = "PATH", .help = "a cgroup parent that is meant", .many = true},
    {.name = "swarm-needed", .help = "swarm mode is meant"},
    {.name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json|junit|sarif"},
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write the report there",
     .completes = Completes::file},
    {.name = "verbose", .letter = 'v', .help = "all evidence, and what to do"},
    {.name = "fail-on",
     .value = "OUTCOME",
     .help = "what makes the exit code 1 (default fail)",
     .choices = "fail|unknown|warn|never"},
};
constexpr Example examples[] = {
    {"audit", "this host, by the newest benchmark"},
    {"audit --benchmark 1.0.0 --check 1.8", "one recommendation: is the daemon audited?"},
    {"audit --section runtime --container web -v", "one container, with all evidence"},
    {"audit --from host.json --format sarif -o audit.sarif --fail-on warn", "a gate in CI, on a snapshot"},
};

}  // namespace

constexpr Command audit_command = {.name = "audit",
                                   .summary = "audit the Docker host by the CIS Docker Benchmark",
                                   .description =
                                       "Reads the engine and its host once and judges what it read by every "
                                       "recommendation of the CIS Docker Benchmark (versions "
                                       "1.0.0 to 1.8.0) and by checks beyond it. What cannot be read is "
                                       "reported as unknown, never as a pass.\n\nNothing is changed, "
                                       "nothing is started, no docker client is needed. Run it as root: much "
                                       "of the host is hidden from others.\n\nExit code 1 when a "
                                       "check has the outcome of --fail-on or a worse one.",
                                   .arguments = {},
                                   .flags = flags,
                                   .examples = examples,
                                   .run = run};

}  // namespace bh::cli
