#include "app/status.h"

#include <algorithm>

#include "app/container_status.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/exit_codes.h"
#include "cli/json.h"
#include "cli/policy_flags.h"
#include "cli/report.h"
#include "cli/terminal.h"
#include "diag/render.h"

namespace bh::cli {
namespace {

/// Who brings it back after a reboot.
std::string boot_words(const app::ProfileStatus& profile) {
  return profile.back_by.empty() ? "gone" : fmt::format("{}", fmt::join(profile.back_by, ", "));
}

std::string file_words(const app::ProfileStatus& profile) {
  if (profile.file.empty()) return "none";
  constexpr std::string_view words[] = {"", "", " (edited by hand)", ""};
  return profile.file + std::string(words[static_cast<std::size_t>(profile.file_state)]);
}

std::string process_line(const kernel::ConfinedProcess& process, bool with_label) {
  std::string line = fmt::format("{} {}", process.pid, process.command);
  return with_label ? fmt::format("{} as {}", line, process.label) : line;
}

std::string text_of(const app::StatusReport& report) {
  std::vector<std::vector<std::string>> rows = {{"PROFILE", "MODE", "PROCESSES", "AFTER A BOOT", "FILE"}};
  for (const auto& profile : report.profiles)
    rows.push_back({profile.name, profile.mode, std::to_string(profile.processes.size()), boot_words(profile),
                    file_words(profile)});
  std::string out = columns(rows);
  for (const auto& profile : report.profiles) {
    if (profile.processes.empty()) continue;
    out += fmt::format("\n{} confines:\n", diag::printable(profile.name));
    for (const auto& process : profile.processes)
      out += fmt::format("  {}\n", diag::printable(process_line(process, process.label != profile.name)));
  }
  bool forgotten = std::ranges::any_of(
      report.profiles, [](const auto& profile) { return !profile.file.empty() && profile.back_by.empty(); });
  if (forgotten)
    out += fmt::format(
        "\nFiles are kept that nothing on this host loads at a boot: enable {}, or {} (`bulkhead restore "
        "--print-unit`).\n",
        app::distribution_unit, app::own_unit);
  if (!report.strays.empty()) out += "\nunder a profile that is not loaded (any more):\n";
  for (const auto& process : report.strays)
    out += fmt::format("  {}\n", diag::printable(process_line(process, true)));
  return out;
}

std::string text_of(const std::vector<app::ContainerStatus>& containers) {
  std::vector<std::vector<std::string>> rows = {
      {"CONTAINER", "IMAGE", "STATE", "ASKS FOR", "CARRIES", "AFTER A BOOT"}};
  for (const auto& container : containers)
    rows.push_back({container.name, container.image, container.state, container.asked,
                    container.carried.empty() ? "-" : fmt::format("{}", fmt::join(container.carried, ", ")),
                    container.back_by.empty() ? "-" : fmt::format("{}", fmt::join(container.back_by, ", "))});
  std::string out = columns(rows);
  for (const auto& container : containers)
    for (const std::string& finding : container.findings)
      out += diag::printable(fmt::format("{}: {}", container.name, finding)) + "\n";
  return out;
}

int run_containers(app::Session& session, const Arguments& arguments, Terminal& terminal) {
  if (!arguments.rest(0).empty()) {
    terminal.complain("--containers shows all containers: leave the profile names out");
    return exit_trouble;
  }
  auto engine = docker::find_engine(session.world.os, docker::process_environment(),
                                    arguments.value_or("host", ""), arguments.value_or("context", ""));
  auto containers = engine ? app::container_status(session, *engine) : tl::unexpected(engine.error());
  if (!containers) return print_failure(session, terminal, "show the containers", containers.error());
  terminal.out(wants_json(arguments) ? to_json(*containers) : text_of(*containers));
  bool agree =
      std::ranges::all_of(*containers, [](const auto& container) { return container.findings.empty(); });
  return agree ? exit_fine : exit_findings;
}

int run(const Arguments& arguments, Terminal& terminal) {
  app::Session session;
  if (arguments.has("containers")) return run_containers(session, arguments, terminal);
  auto report = app::status(session, arguments.rest(0));
  if (!report) return print_failure(session, terminal, "show the status", report.error());
  if (arguments.has("names")) {
    for (const auto& profile : report->profiles) terminal.out(profile.name + "\n");
  } else if (wants_json(arguments)) {
    terminal.out(to_json(*report));
  } else {
    terminal.out(text_of(*report));
  }
  return exit_fine;
}

constexpr Argument arguments[] = {{.name = "NAME",
                                   .help = "only this loaded profile",
                                   .completes = Completes::loaded_profile,
                                   .optional = true,
                                   .many = true}};
constexpr Flag flags[] = {
    format_flag,
    {.name = "names", .help = "only the names, one a line"},
    {.name = "containers",
     .help =
         "the engine's containers instead: the profile each asks for, and the one that its processes carry"},
    host_flag,
    context_flag,
};
constexpr Example examples[] = {{"status", "everything that is loaded"},
                                {"status docker-nginx --format json", "one profile, for a program"},
                                {"status --containers", "is every container under the profile it asks for?"}};

}  // namespace

extern const Command status_command;
constexpr Command status_command = {
    .name = "status",
    .summary = "loaded profiles, their modes, processes and files",
    .description =
        "Lists every profile that the kernel holds: its mode, the processes that it confines, the file "
        "that keeps it, and which service loads that at the next boot: the distribution's apparmor.service, "
        "or "
        "bulkhead-restore.service.\n\nWith --containers, the engine's containers: what each asks for beside "
        "the "
        "labels that the kernel gives its processes, and every disagreement in words; exit 1 if there is one."
        "\n\nNeeds the right to see policy: run it as root.",
    .arguments = arguments,
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
