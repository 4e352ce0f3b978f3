#include "app/image_start.h"
#include "app/pipeline.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command generate_command;

namespace {

int run_starter(const app::PolicySettings& settings, const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  auto start = app::image_start(session.world.os, settings.image, arguments.all("entrypoint"));
  if (!start) return print_failure(session, terminal, "generate a starting spec", start.error());
  terminal.out(generate::starter_spec(*start));
  return exit_fine;
}

int run(const Arguments& arguments, Terminal& terminal) {
  auto settings = policy_settings(generate_command, arguments);
  if (arguments.argument(0).empty() && settings.image.given())
    return run_starter(settings, arguments, terminal);
  if (arguments.argument(0).empty()) {
    terminal.complain(
        "generate from what? A SPEC becomes a profile; --image REF or --rootfs DIR becomes a spec to start "
        "from");
    return exit_trouble;
  }
  app::Session session;
  app::Pipeline pipeline(session, std::move(settings));
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

constexpr Argument arguments[] = {
    {.name = "SPEC", .help = "a TOML file, also bane's as it is; - for stdin", .optional = true}};
constexpr Flag flags[] = {
    style_flag,
    complain_flag,
    abi_flag,
    features_flag,
    base_flag,
    image_flag,
    rootfs_flag,
    {.name = "entrypoint",
     .value = "WORD",
     .help = "without SPEC: what starts instead of the image's own command; once for each word",
     .many = true},
    host_flag,
    context_flag,
};
constexpr Example examples[] = {
    {"generate examples/nginx.toml", "the profile that strict makes of it"},
    {"generate --image nginx:1.27", "a commented spec to start from"},
    {"generate --image nginx:1.27 web.toml", "web.toml under the names that this image has for its files"},
    {"generate --style bane sample.toml",
     "what bane makes of it, with a warning for each line that does less "
     "than it says"}};

}  // namespace

constexpr Command generate_command = {
    .name = "generate",
    .summary = "profile text from a spec, or a spec from an image, on stdout",
    .description =
        "Turns a spec into AppArmor profile text that this host's "
        "apparmor_parser can read too. `strict` means what the spec "
        "says (`bulkhead spec` prints the reference); `bane` means what "
        "bane's own output for the same file means.\n\nWith --image or "
        "--rootfs and no SPEC it goes the other way and writes a spec: what the image "
        "says of its command, volumes, ports and user, each line with a "
        "comment. Links, `#!` lines and PATH are followed inside the "
        "image, whose layers are read as a stream and never unpacked.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
