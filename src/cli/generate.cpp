#include "app/pipeline.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command generate_command;

namespace {

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(generate_command, arguments));
  const std::string& input = arguments.argument(0);
  auto profile = pipeline.read(input);
  if (!profile)
    return print_failure(session, terminal, fmt::format("generate from {}", input), profile.error());
  print_diagnostics(session, terminal);
  if (!profile->generated) {
    terminal.complain(fmt::format("{} is not a spec: there is nothing to generate from it", input));
    return exit_trouble;
  }
  terminal.out(profile->generated->text);
  return exit_fine;
}

constexpr Argument arguments[] = {{.name = "SPEC", .help = "a TOML file, also bane's as it is; - for stdin"}};
constexpr Flag flags[] = {style_flag, complain_flag, abi_flag, features_flag, base_flag};
constexpr Example examples[] = {{"generate examples/nginx.toml", "the profile that strict makes of it"},
                                {"generate --style bane sample.toml",
                                 "what bane makes of it, with a warning for each line that does less "
                                 "than it says"}};

}  // namespace

constexpr Command generate_command = {.name = "generate",
                                      .summary = "profile text from a spec, on stdout",
                                      .description =
                                          "Turns a spec into AppArmor profile text that this host's "
                                          "apparmor_parser can read too. `strict` means what the spec "
                                          "says (`bulkhead spec` prints the reference); `bane` means what "
                                          "bane's own output for the same file means.",
                                      .arguments = arguments,
                                      .flags = flags,
                                      .examples = examples,
                                      .run = run};

}  // namespace bh::cli
