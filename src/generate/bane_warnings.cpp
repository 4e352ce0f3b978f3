// Where bane's policy does less than the file says. Each line of the file gets at most one warning.
#include <fmt/format.h>

#include "generate/bane.h"
#include "generate/glob_sets.h"
#include "generate/path_set.h"

namespace bh::generate {
namespace {

using diag::Code;

class Warnings {
 public:
  Warnings(const Spec& spec, diag::Sink& sink) : spec_(spec), sink_(sink), variables_(spec) {
    read(spec.filesystem.read_only_paths, read_only_);
  }

  void run() {
    const Filesystem& from = spec_.filesystem;
    each(from.writable_paths, [&](const Entry& entry) { writable(entry); });
    each(from.read_only_paths, [&](const Entry& entry) { read_only(entry); });
    each(from.log_on_write_paths, [&](const Entry& entry) {
      weak(
          entry.span,
          fmt::format(
              "`{}` logs only writes that succeed, and grants them: every refusal in bane's policy is silent",
              entry.text),
          "strict logs refusals too, and grants nothing here");
    });
    each(from.allow_exec, [&](const Entry& entry) {
      dead(entry.span,
           fmt::format("`{}` in AllowExec changes nothing: bane's `file,` lets everything run", entry.text),
           "strict runs what AllowExec names and nothing else");
    });
    each(from.deny_exec, [&](const Entry& entry) { deny_exec(entry); });
    capabilities();
    network();
    if (spec_.floor)
      dead(spec_.floor->span, "Floor changes nothing: bane has a fixed one", "it belongs to strict");
    if (spec_.unlisted)
      dead(spec_.unlisted->span,
           "Unlisted changes nothing: in bane's policy what no list names can be written and run",
           "it belongs to strict");
    for (const auto* list : {&from.read_paths, &from.deny_paths, &spec_.quiet, &spec_.network.families,
                             &spec_.signals.send, &spec_.signals.receive, &spec_.ptrace.trace,
                             &spec_.ptrace.read, &spec_.ptrace.traced_by, &spec_.ptrace.read_by})
      if (*list)
        dead((*list)->key, "bane does not know this key: it changes nothing", "it belongs to strict");
    if (spec_.userns.create)
      dead(spec_.userns.create->span, "bane does not know this key: it changes nothing",
           "it belongs to strict");
    weak(spec_.name.span,
         "in bane's policy everything unlisted can be written and run; a confined runc cannot stop the "
         "container, its processes cannot trace each "
         "other, crypto sockets and umount are open, and its meaning changes with the host (no abi)",
         "Style = \"strict\" (or no Style) closes these");
  }

 private:
  void dead(diag::Span span, std::string message, std::string help) {
    sink_.report(Code::bane_dead_line, span, std::move(message)).with_help(std::move(help));
  }
  void weak(diag::Span span, std::string message, std::string help) {
    sink_.report(Code::bane_weak_line, span, std::move(message)).with_help(std::move(help));
  }

  template <class F>
  static void each(const std::optional<List>& list, F visit) {
    if (!list) return;
    for (const Entry& entry : list->entries) visit(entry);
  }

  /// As the kernel will match it in bane's text: one spelling, `d/**` without `d/`. Unknown variables:
  /// nothing is known.
  std::optional<Globs> exactly(const Entry& entry) const {
    std::string unknown;
    GlobError error;
    auto text = variables_.expand(entry.text, unknown);
    return text ? parse_globs(*text, error) : std::nullopt;
  }

  void read(const std::optional<List>& list, std::vector<std::pair<const Entry*, Globs>>& into) const {
    std::size_t steps = 0;
    each(list, [&](const Entry& entry) {
      if (steps > max_steps) return;
      auto globs = exactly(entry);
      if (!globs) return;
      for (const Glob& glob : *globs) steps += glob.size();
      into.emplace_back(&entry, std::move(*globs));
    });
  }

  void writable(const Entry& entry) {
    auto globs = exactly(entry);
    if (!globs || read_only_.size() > max_compared) return;
    for (const auto& [over, set] : read_only_) {
      if (!meets(set, *globs)) continue;
      sink_
          .report(Code::bane_dead_line, entry.span,
                  fmt::format("`{}` in WritablePaths {} read-only: a denial always wins", entry.text,
                              covers(set, *globs) ? "stays" : "stays partly"))
          .label(over->span, "denied by this")
          .with_help("in strict WritablePaths wins over ReadOnlyPaths");
      return;
    }
    dead(entry.span,
         fmt::format("`{}` in WritablePaths changes nothing: bane's `file,` lets everything be written that "
                     "ReadOnlyPaths does not deny",
                     entry.text),
         "strict writes only what WritablePaths names where Unlisted = \"readonly\"");
  }

  void read_only(const Entry& entry) {
    std::string_view text = entry.text;
    std::string misses;
    if (text.ends_with("/**"))
      misses = fmt::format("`{}` itself (chmod, rename)", text.substr(0, text.size() - 2));
    if (auto twin = other_name(entry))
      misses += fmt::format("{}`{}`, where the kernel sees that name", misses.empty() ? "" : " nor ", *twin);
    if (misses.empty())
      weak(entry.span, fmt::format("`{}` is denied silently: nothing is logged", text),
           "strict logs the refusal");
    else
      weak(entry.span, fmt::format("`{}` does not cover {}, and is denied silently", text, misses),
           "strict covers both and logs the refusal");
  }

  void deny_exec(const Entry& entry) {
    auto twin = other_name(entry);
    bool shell = entry.text.ends_with("/sh");
    std::string misses =
        twin ? fmt::format("`{}`, the name that the kernel sees on a merged-/usr image", *twin) : "";
    if (shell)
      misses += fmt::format("{}what sh is a link to (dash, bash, busybox)", misses.empty() ? "" : ", nor ");
    if (misses.empty())
      weak(entry.span, fmt::format("`{}` is denied silently, for reading too", entry.text),
           "strict denies running it, and logs that");
    else
      weak(entry.span, fmt::format("`{}` does not deny {}", entry.text, misses),
           "strict denies all of these names");
  }

  /// The second spelling that strict would add.
  std::optional<std::string> other_name(const Entry& entry) {
    auto globs = exactly(entry);
    diag::Sink ignored;
    auto set = path_set(entry, variables_, ignored);
    if (!globs || !set) return std::nullopt;
    Globs more;
    for (const Glob& glob : set->globs)
      if (!covers(*globs, {glob}) && glob.front() == literal("/").front()) {
        Glob open = glob;
        if (open.size() > 1 && open.back() == Step{path_bytes(), true})
          open.insert(open.end() - 1, Step{component_bytes(), false});
        if (!covers(*globs, {open})) more.push_back(open);
      }
    return more.empty() ? std::nullopt : std::optional(print(more));
  }

  void capabilities() {
    const Capabilities& wanted = spec_.capabilities;
    bool denies = wanted.deny && !wanted.deny->entries.empty();
    if (denies) {
      each(wanted.allow, [&](const Entry& entry) {
        dead(entry.span,
             fmt::format("`{}` in Allow changes nothing: with a Deny list bane allows every capability",
                         entry.text),
             "strict allows what is in Allow and not in Deny");
      });
      weak(wanted.deny->key, "with a Deny list bane allows every other capability, sys_admin included",
           "strict denies them from Docker's fourteen, or from Allow");
    }
  }

  void network() {
    const Network& network = spec_.network;
    bool raw = network.raw && network.raw->value;
    each(network.protocols, [&](const Entry& entry) {
      if (entry.text == "icmp" && !raw)
        dead(entry.span, "`icmp` changes nothing: it means raw sockets, which Raw = false denies",
             "leave it out, or set Raw = true");
      else
        weak(entry.span,
             fmt::format("`{}` is IPv4 only: IPv6, unix and netlink sockets are lost", entry.text),
             "strict means both IP versions and keeps unix sockets");
    });
    if (network.raw && !raw)
      weak(network.raw->span,
           "Raw = false does not stop ping where net.ipv4.ping_group_range is open, and AF_ALG stays open",
           "strict denies AF_ALG");
  }

  static constexpr std::size_t max_steps = 1u << 20;
  static constexpr std::size_t max_compared = 1024;  // entries; a list longer than that was made by a program

  const Spec& spec_;
  diag::Sink& sink_;
  Variables variables_;
  std::vector<std::pair<const Entry*, Globs>> read_only_;
};

}  // namespace

void warn_about_bane(const Spec& spec, diag::Sink& sink) { Warnings(spec, sink).run(); }

}  // namespace bh::generate
