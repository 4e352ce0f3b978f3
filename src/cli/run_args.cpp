#include "app/run_args.h"

#include <algorithm>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"

namespace bh::cli {

extern const Command run_args_command;

namespace {

bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("/._-+:@=").find(c) != std::string_view::npos;
  });
}

/// For a POSIX shell.
std::string shell_word(std::string_view text) {
  if (plain(text)) return std::string(text);
  std::string out = "'";
  for (char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// A YAML scalar: JSON's strings are YAML's.
std::string yaml(const std::string& text) { return plain(text) ? text : json_string(text); }

std::vector<std::string> drops(const app::RunArgs& args) {
  return args.drop_all ? std::vector<std::string>{"ALL"} : args.drop;
}

std::string docker_flags(const app::RunArgs& args) {
  std::string out = shell_word("--security-opt=apparmor=" + args.name);
  for (const std::string& name : drops(args)) out += " --cap-drop=" + name;
  for (const std::string& name : args.add) out += " --cap-add=" + name;
  return out + "\n";
}

std::string compose_fragment(const app::RunArgs& args) {
  std::string out = fmt::format("    security_opt:\n      - {}\n", yaml("apparmor=" + args.name));
  auto list = [&](std::string_view key, const std::vector<std::string>& names) {
    if (names.empty()) return;
    out += fmt::format("    {}:\n", key);
    for (const std::string& name : names) out += fmt::format("      - {}\n", name);
  };
  list("cap_drop", drops(args));
  list("cap_add", args.add);
  return out;
}

std::string kubernetes_fragment(const app::RunArgs& args) {
  std::string out =
      fmt::format("securityContext:\n  appArmorProfile:\n    type: Localhost\n    localhostProfile: {}\n",
                  yaml(args.name));
  auto dropped = drops(args);
  if (!dropped.empty() || !args.add.empty()) out += "  capabilities:\n";
  if (!dropped.empty()) out += fmt::format("    drop: [{}]\n", fmt::join(dropped, ", "));
  if (!args.add.empty()) out += fmt::format("    add: [{}]\n", fmt::join(args.add, ", "));
  return out;
}

std::string everything(const app::RunArgs& args) {
  return fmt::format(
      "# docker run, docker create, podman run\n{}\n# compose file, at the service\n{}\n# Kubernetes from "
      "1.30 on, "
      "at the container; the profile must be loaded on every node\n{}\n# docker service: the engine has no "
      "place "
      "for a profile of one's own (only Privileges.AppArmor.Mode default or disabled)\n",
      docker_flags(args), compose_fragment(args), kubernetes_fragment(args));
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  app::Pipeline pipeline(session, policy_settings(run_args_command, arguments));
  const std::string& input = arguments.argument(0);
  auto args = app::run_args(pipeline, input);
  if (!args)
    return print_failure(session, terminal, fmt::format("make run arguments of {}", input), args.error());
  print_diagnostics(session, terminal);
  if (wants_json(arguments)) {
    terminal.out(to_json(*args));
    return exit_fine;
  }
  auto wanted = arguments.value_or("for", "");
  terminal.out(wanted == "docker"       ? docker_flags(*args)
               : wanted == "compose"    ? compose_fragment(*args)
               : wanted == "kubernetes" ? kubernetes_fragment(*args)
                                        : everything(*args));
  return exit_fine;
}

constexpr Argument arguments[] = {{.name = "PROFILE", .help = input_help}};
constexpr Flag flags[] = {
    {.name = "for",
     .value = "WHAT",
     .help = "only what goes there, to be put in by a script",
     .choices = "docker|compose|kubernetes"},
    features_flag,
    policy_features_flag,
    include_flag,
    base_flag,
    style_flag,
    format_flag,
};
constexpr Example examples[] = {
    {"run-args web.toml", "the flags and fragments for each runtime"},
    {"run-args --for docker web.toml",
     "one line: docker run $(bulkhead run-args --for docker web.toml) IMAGE"},
};

}  // namespace

constexpr Command run_args_command = {
    .name = "run-args",
    .summary = "what to start a container with so that a profile confines it",
    .description =
        "Prints the flags of docker run, a compose fragment and a Kubernetes securityContext: the profile, "
        "and the "
        "capabilities that it allows, so that both layers say the same. Of a spec with [Capabilities] Allow "
        "all "
        "others are dropped; of anything else those of Docker's fourteen that the profile refuses. Nothing "
        "is "
        "loaded and no container is touched.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
