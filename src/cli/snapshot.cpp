#include "audit/snapshot.h"

#include "app/version.h"
#include "audit/run.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command snapshot_command;

namespace {

int run(const Arguments& arguments, Terminal& terminal) {
  auto snapshot = audit::obtain(Os::real(), docker::process_environment(), fact_source(arguments),
                                std::string(app::version()));
  if (!snapshot) {
    terminal.complain(snapshot.error().text);
    return exit_trouble;
  }
  auto text = audit::write_snapshot(*snapshot);
  // What a host looks like inside is not for everybody, secrets or not.
  if (auto written = put_out(Os::real(), terminal, arguments.value_or("output", "-"), text, 0600); !written) {
    terminal.complain(written.error().text);
    return exit_trouble;
  }
  return exit_fine;
}

constexpr Flag flags[] = {
    {.name = "output",
     .letter = 'o',
     .value = "FILE",
     .help = "write it there (mode 600); - for stdout",
     .completes = Completes::file},
    host_flag,
    context_flag,
    layers_flag,
    root_flag,
    no_host_flag,
};
constexpr Example examples[] = {
    {"snapshot -o host.json", "everything that the audit reads, for `audit --from host.json`"}};

}  // namespace

constexpr Command snapshot_command = {
    .name = "snapshot",
    .summary = "write what the audit reads to a file",
    .description =
        "Reads the engine and its host like `audit` and writes the facts as JSON. Values that look like "
        "secrets (in "
        "environment variables, labels, commands and histories) are replaced before anything is written.",
    .arguments = {},
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
