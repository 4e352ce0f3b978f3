#include "app/loaded_default.h"

#include <algorithm>

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

constexpr std::size_t most_differences = 8;

/// What the kernel holds under that name, beside what this program knows.
std::string comparison(const std::string& name, const app::LoadedDefault& loaded) {
  if (loaded.profile.empty()) return fmt::format("no profile of {} is loaded\n", name);
  if (loaded.same)
    return fmt::format("the {} that this kernel holds is this one (its manager is {})\n", loaded.profile,
                       loaded.manager == "unconfined" ? loaded.manager : "under " + loaded.manager);
  std::string out = fmt::format(
      "the {} that this kernel holds is another one; this one's first, then the kernel's:\n", loaded.profile);
  const std::size_t shown = std::min(loaded.differences.size(), most_differences);
  for (std::size_t i = 0; i < shown; ++i) out += "  " + query::to_text(loaded.differences[i]) + "\n";
  if (loaded.differences.size() > shown)
    out += fmt::format("  and {} more\n", loaded.differences.size() - shown);
  return out;
}

int run(const Arguments& arguments, Terminal& terminal) {
  const std::string& name = arguments.argument(0);
  const auto runtime = generate::runtime_named(name);
  if (!runtime) {
    terminal.complain(
        fmt::format("show: {} is not docker-default, docker-default@docker, docker-default@containerd or "
                    "docker-default@podman",
                    name));
    return exit_trouble;
  }
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(show_command, arguments));
  if (arguments.has("loaded")) {
    auto loaded = app::compare_with_loaded(session, pipeline, *runtime);
    if (!loaded) return print_failure(session, terminal, fmt::format("compare {}", name), loaded.error());
    terminal.out(comparison(name, *loaded));
    return loaded->same ? exit_fine : exit_findings;
  }
  auto input = app::read_input(session, name, pipeline.base());
  if (!input) return print_failure(session, terminal, fmt::format("show {}", name), input.error());
  terminal.out(std::string(session.sources.text(input->source)));
  // Where there is a kernel to ask, it is asked; the text is what was wanted.
  if (!session.kernel.availability().ready()) return exit_fine;
  auto loaded = app::compare_with_loaded(session, pipeline, *runtime);
  if (!loaded) {
    terminal.complain(fmt::format("whether this kernel holds it is not known: {}", loaded.error().text));
  } else {
    const std::string text = comparison(name, *loaded);
    terminal.complain(text.substr(0, text.find('\n')));
  }
  return exit_fine;
}

constexpr Argument arguments[] = {
    {.name = "NAME",
     .help = "docker-default, or docker-default@RUNTIME: docker, containerd or podman (and cri-o)"}};
constexpr Flag flags[] = {
    {.name = "loaded",
     .help = "only say whether the one that this kernel holds is that; exit 1 if it is not"},
    features_flag,
    base_flag,
};
constexpr Example examples[] = {
    {"show docker-default --loaded",
     "is what the daemon loaded what is known of it? by meaning, with examples"},
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
        "would write on this host, and says whether the one that the kernel holds is that. Every command "
        "that takes a profile takes these names too.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
