#include "audit/events.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/policy_flags.h"
#include "cli/terminal.h"
#include "net/audit_netlink.h"

namespace bh::cli {

extern const Command events_command;

namespace {

constexpr std::string_view default_log = "/var/log/audit/audit.log";

struct Wanted {
  std::vector<std::string> keys;
  std::int64_t since = 0;
  std::int64_t until = INT64_MAX;
  bool json = false;
};

bool matches(const audit::Event& event, const Wanted& wanted) {
  if (event.milliseconds < wanted.since || event.milliseconds > wanted.until) return false;
  if (wanted.keys.empty()) return true;
  for (const auto& key : event.keys)
    for (const auto& asked : wanted.keys)
      if (key == asked) return true;
  return false;
}

std::size_t print(audit::EventJoiner& joiner, const Wanted& wanted, Terminal& terminal) {
  std::size_t count = 0;
  for (const auto& event : joiner.take()) {
    if (!matches(event, wanted)) continue;
    terminal.out(wanted.json ? audit::event_json(event) : audit::event_text(event));
    ++count;
  }
  return count;
}

int trouble(Terminal& terminal, const Error& error) {
  terminal.complain(error.text);
  return exit_trouble;
}

/// The kernel's stream, until the reader of our output goes away or the time given is over.
int follow(const Wanted& wanted, std::int64_t seconds, Terminal& terminal) {
  auto link = net::AuditNetlink::open(true);
  if (!link)
    return trouble(terminal, std::move(link.error()).in("cannot listen to the kernel's audit stream"));
  audit::EventJoiner joiner;
  auto end = seconds > 0 ? std::time(nullptr) + seconds : INT64_MAX;
  while (std::time(nullptr) < end) {
    auto message = link->next(std::chrono::milliseconds(500));
    if (!message) {
      if (message.error().sys == ENOBUFS)
        continue;  // the kernel was faster than we: records are lost, the stream goes on
      return trouble(terminal, message.error());
    }
    if (!message->text.empty()) joiner.record(audit::record_name(message->type), message->text);
    if (print(joiner, wanted, terminal) > 0 && !terminal.flush()) break;
  }
  joiner.end();
  print(joiner, wanted, terminal);
  return exit_fine;
}

int run(const Arguments& arguments, Terminal& terminal) {
  Wanted wanted{.keys = arguments.all("key"), .json = wants_json(arguments)};
  auto now = static_cast<std::int64_t>(std::time(nullptr));
  for (auto [flag, into] : {std::pair{"since", &wanted.since}, std::pair{"until", &wanted.until}}) {
    auto text = arguments.value(flag);
    if (!text) continue;
    auto time = audit::parse_time(*text, now);
    if (!time) return trouble(terminal, std::move(time.error()).in(fmt::format("--{}", flag)));
    *into = *time;
  }
  if (arguments.has("follow")) {
    auto seconds = audit::parse_time(arguments.value_or("for", "0s"), now);
    if (!seconds) return trouble(terminal, std::move(seconds.error()).in("--for"));
    return follow(wanted, now - *seconds / 1000, terminal);
  }
  audit::EventJoiner joiner;
  auto path = arguments.value_or("log", std::string(default_log));
  std::size_t count = 0;
  auto read = audit::read_log(Os::real(), path, joiner, [&] { count += print(joiner, wanted, terminal); });
  if (!read) {
    auto error = std::move(read.error());
    if (error.sys == ENOENT && path == default_log)
      error.text += " (auditd writes it; without auditd use --follow)";
    return trouble(terminal, error);
  }
  joiner.end();
  count += print(joiner, wanted, terminal);
  if (joiner.passed_over() > 0)
    terminal.complain(fmt::format("{} lines of {} are no audit records", joiner.passed_over(), path));
  return count > 0 ? exit_fine : exit_findings;
}

constexpr Flag flags[] = {
    {.name = "key",
     .letter = 'k',
     .value = "KEY",
     .help = "events of rules with this key (audit-rules uses docker)",
     .many = true},
    {.name = "log",
     .value = "FILE",
     .help = "auditd's log (default /var/log/audit/audit.log, rotated ones as well)",
     .completes = Completes::file},
    {.name = "follow", .letter = 'f', .help = "the kernel's own stream instead of the log, as it comes"},
    {.name = "for", .value = "TIME", .help = "with --follow: how long, as in 30s"},
    {.name = "since", .value = "TIME", .help = "not older: 2026-01-31T12:00:00Z, 10m, 2h, 3d"},
    {.name = "until", .value = "TIME", .help = "not newer"},
    {.name = "format",
     .value = "FORMAT",
     .help = "how to print it (json: one object a line)",
     .choices = "text|json"},
};
constexpr Example examples[] = {
    {"events -k docker", "what happened to Docker's files"},
    {"events -k docker --since 1h --format json", "the last hour, for a program"}};

}  // namespace

constexpr Command events_command = {
    .name = "events",
    .summary = "show what the audit rules recorded",
    .description =
        "Joins the records of each event of the kernel's audit system (system call, arguments, folder, "
        "paths) and decodes them. "
        "Works without auditd's tools.\n\nExit code 1 when there is no such event.",
    .arguments = {},
    .flags = flags,
    .examples = examples,
    .run = run};

}  // namespace bh::cli
