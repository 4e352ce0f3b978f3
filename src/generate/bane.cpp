#include "generate/bane.h"

#include <fmt/format.h>

#include "diag/render.h"
#include "generate/glob.h"
#include "generate/text.h"

namespace bh::generate {
namespace {

constexpr std::string_view fixed_rules[] = {
    "deny @{PROC}/* w",
    "deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9]*}/** w",
    "deny @{PROC}/sys/[^k]** w",
    "deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w",
    "deny @{PROC}/sysrq-trigger rwklx",
    "deny @{PROC}/mem rwklx",
    "deny @{PROC}/kmem rwklx",
    "deny @{PROC}/kcore rwklx",
    "deny mount",
    "deny /sys/[^f]*/** wklx",
    "deny /sys/f[^s]*/** wklx",
    "deny /sys/fs/[^c]*/** wklx",
    "deny /sys/fs/c[^g]*/** wklx",
    "deny /sys/fs/cg[^r]*/** wklx",
    "deny /sys/firmware/efi/efivars/** rwklx",
    "deny /sys/kernel/security/** rwklx",
};

class Bane {
 public:
  Bane(const Spec& spec, const Options& options, Text& out) : spec_(spec), options_(options), out_(out) {}

  void preamble() {
    if (spec_.imports)
      for (const Entry& entry : spec_.imports->entries) out_.line(entry.text);
    out_.line(options_.host_has_tunables ? "#include <tunables/global>" : "@{PROC}=/proc/");
    out_.line();
    out_.line(fmt::format("profile {} flags=(attach_disconnected,mediate_deleted{}) {{", spec_.name.text,
                          complain() ? ",complain" : ""));
    if (spec_.inner_imports)
      for (const Entry& entry : spec_.inner_imports->entries) out_.line("  " + entry.text);
    if (options_.host_has_base) out_.line("  #include <abstractions/base>");
  }

  void network() {
    const Network& network = spec_.network;
    out_.line();
    if (!network.protocols || network.protocols->entries.empty())
      out_.rule("network");
    else
      for (const Entry& entry : network.protocols->entries)
        out_.rule("network inet " + entry.text, "Protocols", entry.span);
    if (!network.raw || !network.raw->value)
      deny("network raw", "Raw", network.raw ? network.raw->span : diag::Span{});
    if (!network.packet || !network.packet->value)
      deny("network packet", "Packet", network.packet ? network.packet->span : diag::Span{});
  }

  void files() {
    const Filesystem& filesystem = spec_.filesystem;
    out_.line();
    out_.rule("file");
    out_.rule("umount");
    each(filesystem.read_only_paths, "ReadOnlyPaths", true, "wl");
    each(filesystem.log_on_write_paths, "LogOnWritePaths", false, "w", "audit ");
    each(filesystem.writable_paths, "WritablePaths", false, "w");
    each(filesystem.allow_exec, "AllowExec", false, "ix");
    each(filesystem.deny_exec, "DenyExec", true, "mrwklx");
  }

  void capabilities() {
    const Capabilities& wanted = spec_.capabilities;
    out_.line();
    if (wanted.deny && !wanted.deny->entries.empty()) {
      out_.rule("capability");
      for (const Entry& entry : wanted.deny->entries) deny("capability " + entry.text, "Deny", entry.span);
    } else if (wanted.allow) {
      for (const Entry& entry : wanted.allow->entries)
        out_.rule("capability " + entry.text, "Allow", entry.span);
    }
  }

  void fixed() {
    out_.line();
    for (std::string_view rule : fixed_rules) deny(rule.substr(5), "", {});
    out_.line("}");
  }

 private:
  [[nodiscard]] bool complain() const { return options_.mode == Mode::complain; }

  /// bane denies silently. In complain mode a silent denial would be enforced, so there it is audited.
  void deny(std::string_view rule, std::string_view key, diag::Span span) {
    out_.rule(fmt::format("{}deny {}", complain() ? "audit " : "", rule), span.valid() ? key : "", span);
  }

  void each(const std::optional<List>& list, std::string_view key, bool denied, std::string_view perms,
            std::string_view before = "") {
    if (!list) return;
    for (const Entry& entry : list->entries) {
      std::string rule = fmt::format("{} {}", quote(entry.text), perms);
      if (denied)
        deny(rule, key, entry.span);
      else
        out_.rule(std::string(before) + rule, key, entry.span);
    }
  }

  const Spec& spec_;
  const Options& options_;
  Text& out_;
};

}  // namespace

std::span<const std::string_view> bane_fixed_rules() { return fixed_rules; }

Generated generate_bane(const Spec& spec, const Options& options, const diag::SourceMap& sources,
                        diag::Sink& sink) {
  Generated made{spec.name.text, "", {}};
  Text out(sources, made.origins);
  std::string_view file = sources.name(spec.source);
  out.line(fmt::format("# {}: what {} says, in style bane. Change the spec, not this text.", spec.name.text,
                       diag::printable(file.substr(file.rfind('/') + 1))));
  Bane bane(spec, options, out);
  bane.preamble();
  bane.network();
  bane.files();
  bane.capabilities();
  bane.fixed();
  made.text = out.take();
  warn_about_bane(spec, sink);
  return made;
}

}  // namespace bh::generate
