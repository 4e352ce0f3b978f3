#include "app/pipeline.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/decode_json.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "compile/describe.h"

namespace bh::cli {

extern const Command decode_command;

namespace {

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(decode_command, arguments));
  const std::string& input = arguments.argument(0);
  auto compiled = pipeline.open(input);
  if (!compiled) return print_failure(session, terminal, fmt::format("decode {}", input), compiled.error());
  print_diagnostics(session, terminal);
  terminal.out(wants_json(arguments) ? to_json(compiled->policy) : compile::describe(compiled->policy));
  return exit_fine;
}

constexpr Argument arguments[] = {{.name = "POLICY", .help = input_help}};
constexpr Flag flags[] = {features_flag, policy_features_flag, include_flag, base_flag,
                          complain_flag, style_flag,           format_flag};
constexpr Example examples[] = {
    {"decode loaded:docker-nginx", "what the kernel really holds"},
    {"decode --format json web.policy", "the same for programs, with the other classes in detail"},
    {"decode /var/cache/apparmor/26b63962.0/usr.sbin.nscd", "a cache file of apparmor_parser"}};

}  // namespace

constexpr Command decode_command = {
    .name = "decode",
    .summary = "what a compiled policy holds, in words",
    .description =
        "Reads a compiled policy, of whatever origin, or takes one from the "
        "kernel, checks it as the kernel would, and prints its profiles, "
        "modes, capabilities, limits and automata; of files, each "
        "combination of permissions with a shortest path that gets it. A policy "
        "that is damaged "
        "is refused with the place; it cannot do harm.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
