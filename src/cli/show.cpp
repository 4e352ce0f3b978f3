#include "app/input.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "generate/runtime_default.h"

namespace bh::cli {

extern const Command show_command;

namespace {

int run(const Arguments& arguments, Terminal& terminal) {
  const std::string& name = arguments.argument(0);
  if (!generate::runtime_named(name)) {
    terminal.complain(
        fmt::format("show: {} is not docker-default, docker-default@docker, docker-default@containerd or "
                    "docker-default@podman",
                    name));
    return exit_trouble;
  }
  app::Session session;
  auto input = app::read_input(session, name, policy_settings(show_command, arguments).base);
  if (!input) return print_failure(session, terminal, fmt::format("show {}", name), input.error());
  terminal.out(std::string(session.sources.text(input->source)));
  return exit_fine;
}

constexpr Argument arguments[] = {
    {.name = "NAME",
     .help = "docker-default, or docker-default@RUNTIME: docker, containerd or podman (and cri-o)"}};
constexpr Flag flags[] = {base_flag};
constexpr Example examples[] = {
    {"show docker-default@containerd", "what a pod gets"},
    {"query docker-default 'write /proc/sys/kernel/sysrq'", "the same profile, asked"},
};

}  // namespace

constexpr Command show_command = {
    .name = "show",
    .summary = "the profile that a runtime gives a container when nobody names one",
    .description =
        "Prints the text of Docker's, containerd's or podman's default profile, with the includes that the "
        "runtime "
        "would write on this host. Every command that takes a profile takes these names too.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
