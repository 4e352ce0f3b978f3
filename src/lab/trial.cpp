#include "lab/trial.h"

#include <sys/mount.h>

#include <algorithm>

#include "compile/names.h"
#include "lab/scenario.h"
#include "query/ask.h"
#include "query/catalogue.h"

namespace bh::lab {
namespace {

namespace perm = compile::perm;
using Words = std::vector<std::string>;

constexpr ProbeRow rows[] = {
#define BH_ACTION(id, questions, ...) {id, questions},
#include "lab/probe/actions.def"
#undef BH_ACTION
};

std::optional<query::Action> read_action(std::string_view text, diag::SourceMap& sources, diag::Sink& sink) {
  diag::SourceId source = sources.add("<action>", std::string(text));
  return query::parse_action(sources, {source, 0, static_cast<std::uint32_t>(text.size())}, sink);
}

/// The file access that the probe tries by this letter.
struct FileLetter {
  std::uint32_t request;
  const char* letter;
};
constexpr FileLetter file_letters[] = {
    {perm::read, "r"},   {perm::write, "w"}, {perm::append, "a"},
    {perm::create, "c"}, {perm::mmap, "m"},  {perm::lock, "k"},
};

std::optional<Words> file_probe(const query::Action& action) {
  if (!action.subject) return {};
  if (action.request == perm::exec) return Words{"program", *action.subject};
  if (action.request == perm::chmod) return Words{"chmod", *action.subject};
  for (const FileLetter& each : file_letters)
    if (action.request == each.request) return Words{"file", *action.subject, each.letter};
  return {};
}

std::optional<Words> network_probe(const query::Action& action) {
  if (action.request != perm::create || action.types.size() != 1) return {};
  Words words = {"socket", std::string(compile::name_of(compile::family_names(), action.family)),
                 std::string(compile::name_of(compile::socket_type_names(), action.types[0]))};
  if (action.protocol != 0) words.push_back(std::to_string(action.protocol));
  return words;
}

/// Signals whose number is the same in AppArmor's list and in the kernel's.
std::optional<Words> signal_probe(const query::Action& action) {
  if (!action.peer || action.signals.size() != 1) return {};
  std::string_view name = compile::name_of(compile::signal_names(), action.signals[0]);
  if (name != "term" && name != "kill") return {};
  std::string signal(name);
  if (action.request == perm::receive) return Words{"signal-from", *action.peer, signal};
  if (action.request != perm::send) return {};
  if (*action.peer == "unconfined") return Words{"signal-unconfined", signal};
  if (*action.peer == "self") return Words{"signal-self", signal};
  return {};
}

std::optional<Words> ptrace_probe(const query::Action& action) {
  constexpr std::uint32_t trace = 2;
  if (action.request != trace || !action.peer) return {};
  if (*action.peer == "unconfined") return Words{"ptrace-unconfined"};
  if (*action.peer == "self") return Words{"ptrace-self"};
  return {};
}

std::optional<Words> mount_probe(const query::Action& action) {
  if (!action.target) return {};
  if (action.mount_flags == MS_BIND && action.subject) return Words{"bind", *action.subject, *action.target};
  if (action.mount_flags == MS_REMOUNT) return Words{"remount", *action.target};
  if (action.mount_flags != 0 || !action.fstype) return {};
  if (action.data) return Words{"mount", *action.fstype, *action.data, *action.target};
  return Words{"mount", *action.fstype, *action.target};
}

std::optional<Words> probe_of(const query::Action& action) {
  using enum query::ActionKind;
  switch (action.kind) {
    case file:
      return file_probe(action);
    case link:
      return action.target ? std::optional(Words{"file", *action.target, "l", *action.subject})
                           : std::nullopt;
    case capability:
      return Words{"capability", std::string(compile::name_of(compile::capability_names(), action.request))};
    case network:
      return network_probe(action);
    case unix:
      if (!action.subject || *action.subject == "none") return {};
      if (action.request == perm::bind) return Words{"bind-socket", *action.subject};
      if ((action.request & perm::connect) == 0) return {};
      return Words{"connect", *action.subject};
    case signal:
      return signal_probe(action);
    case ptrace:
      return ptrace_probe(action);
    case mount:
      return mount_probe(action);
    case umount:
      return Words{"umount", *action.subject};
    case pivot_root:
      return Words{"pivot_root", *action.subject};
    case change_profile:
      if (action.subject || !action.target) return {};
      return Words{"change_profile", *action.target};
    case userns:
      return Words{"userns"};
    case io_uring:
      return Words{"io_uring"};
    case rename:
    case mqueue:
    case dbus:
      return {};
  }
  return {};
}

Step probe_step(const Trial& trial, const std::string& container, std::string label, Words argv,
                Expect expect) {
  Step step;
  step.what = Do::probe;
  step.label = std::move(label);
  step.argv = std::move(argv);
  step.profile = trial.profile.name;
  step.container = container;
  step.expect = expect;
  step.control = true;
  return step;
}

/// What is staged by a process without a profile beside the one that is tried, which a container's own
/// cannot.
bool needs_another_process(std::string_view id) {
  constexpr std::string_view ids[] = {"A25", "A27", "A28", "A30", "A31", "A32"};
  return std::ranges::find(ids, id.substr(0, id.find('.'))) != std::end(ids) || id == "A47.2";
}

std::string title_of(std::string_view id) {
  const query::CatalogueRow* row = query::find_row(id.substr(0, id.find('.')));
  return row == nullptr ? std::string(id) : fmt::format("{} {}", id, row->title);
}

/// What the kernel does not ask although the policy has an answer: mounts made by the new calls have no
/// question of their own in policy, and kernels without this feature put them in place unasked.
bool never_asked(const compile::Features& kernel, std::string_view row, const query::Action& action) {
  return row == "A16" && action.kind == query::ActionKind::mount && !kernel.has("mount/move_mount");
}

/// A leaked folder is off every mount; what is under it has a name only for profiles that attach it to the
/// root.
bool out_of_reach(const compile::CompiledProfile& profile, std::string_view id) {
  return id == "A27" && (profile.path_flags.value_or(0) & compile::path_flag::attach_disconnected) == 0;
}

/// Whether the kernel has it at all; if so, it is the policy's abi that does not.
bool can_mediate(const compile::Features& kernel, query::ActionKind kind) {
  switch (kind) {
    case query::ActionKind::userns:
      return kernel.has("namespaces/mask/userns_create");
    case query::ActionKind::io_uring:
      return kernel.has("io_uring");
    case query::ActionKind::unix:
      return kernel.has("network_v9/af_unix") || kernel.has("network/af_unix");
    case query::ActionKind::mqueue:
      return kernel.has("ipc/posix_mqueue");
    default:
      return false;
  }
}

}  // namespace

std::span<const ProbeRow> probe_rows() { return rows; }

Prediction predict(const Trial& trial, const ProbeRow& row, diag::SourceMap& sources, diag::Sink& sink) {
  std::string_view questions = row.questions;
  const compile::CompiledProfile& profile = trial.profile;
  if (profile.mode == static_cast<std::uint32_t>(compile::Mode::complain))
    return {Expect::allowed, "complain"};
  Prediction prediction{Expect::allowed, {}};
  while (!questions.empty()) {
    auto end = std::min(questions.find('\n'), questions.size());
    auto action = read_action(questions.substr(0, end), sources, sink);
    if (!action) return {};
    // The guest's processes are root's, and so are its files.
    query::Verdict verdict = query::ask(profile, *action).owner.verdict;
    if (never_asked(trial.kernel, row.id, *action)) verdict = query::Verdict::not_mediated;
    if (verdict == query::Verdict::partly) return {};
    if (!query::lets_through(verdict)) return {Expect::refused, {}};
    if (verdict == query::Verdict::not_mediated)
      prediction = {
          Expect::unmediated,
          fmt::format("not mediated by this {}", can_mediate(trial.kernel, action->kind) ? "abi" : "kernel")};
    questions.remove_prefix(std::min(end + 1, questions.size()));
  }
  return prediction;
}

std::optional<std::vector<std::string>> probe_arguments(std::string_view action, diag::SourceMap& sources,
                                                        diag::Sink& sink) {
  auto read = read_action(action, sources, sink);
  return read ? probe_of(*read) : std::nullopt;
}

void add_trial(LabPlan& plan, const Trial& trial, diag::SourceMap& sources, diag::Sink& sink) {
  plan.steps.push_back(load_step(plan, fmt::format("load {}", trial.profile.name), trial.policy));
  if (!trial.runtime.empty())
    plan.steps.push_back(load_step(plan, "load a profile for the runtime", trial.runtime));
  add_tries(plan, trial, {}, sources, sink);
}

void add_tries(LabPlan& plan, const Trial& trial, const std::string& container, diag::SourceMap& sources,
               diag::Sink& sink) {
  for (const ProbeRow& row : rows) {
    if (!container.empty() && needs_another_process(row.id)) continue;
    Prediction prediction = predict(trial, row, sources, sink);
    if (out_of_reach(trial.profile, row.id)) prediction = {Expect::refused, {}};
    plan.steps.push_back(
        probe_step(trial, container, title_of(row.id), {std::string(row.id)}, prediction.expect));
    plan.steps.back().note = std::move(prediction.note);
  }
  for (const Wish& wish : trial.wishes) {
    std::size_t before = sink.errors();
    auto words = probe_arguments(wish.action, sources, sink);
    Expect expect = wish.allow ? Expect::allowed : Expect::refused;
    if (words) {
      plan.steps.push_back(probe_step(trial, container, "expect: " + wish.action, std::move(*words), expect));
    } else if (sink.errors() == before) {
      sink.report(diag::Code::not_tried, {}, fmt::format("the lab cannot try `{}`", wish.action))
          .with_help("`bulkhead query` answers it from the compiled policy");
    }
  }
}

}  // namespace bh::lab
