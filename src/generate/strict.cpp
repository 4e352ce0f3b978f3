#include "generate/strict.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "diag/render.h"
#include "generate/words.h"

namespace bh::generate {

using diag::Code;
using diag::Span;

bool StrictContext::quiet(std::string_view what) const {
  return spec.quiet &&
         std::ranges::find(spec.quiet->entries, what, &Entry::text) != spec.quiet->entries.end();
}

void strict_capabilities(StrictContext& context) {
  const Spec& spec = context.spec;
  const Capabilities& wanted = spec.capabilities;
  bool raw = spec.network.raw && spec.network.raw->value;
  context.out.section(wanted.allow ? "Capabilities"
                                   : "Capabilities: Docker's, without net_raw unless Raw is true");

  std::vector<Entry> allowed;
  if (wanted.allow) {
    for (const Entry& entry : wanted.allow->entries)
      if (std::ranges::find(allowed, entry.text, &Entry::text) == allowed.end()) allowed.push_back(entry);
  } else {
    for (std::string_view name : docker_capabilities())
      if (name != "net_raw" || raw)
        allowed.push_back({std::string(name), name == "net_raw" ? spec.network.raw->span : Span{}});
  }
  auto denied = [&](const std::string& name) {
    return wanted.deny &&
           std::ranges::find(wanted.deny->entries, name, &Entry::text) != wanted.deny->entries.end();
  };
  bool any = false;
  for (const Entry& entry : allowed)
    if (!denied(entry.text)) {
      context.out.rule("capability " + entry.text, entry.span.valid() ? (wanted.allow ? "Allow" : "Raw") : "",
                       entry.span);
      any = true;
    }
  if (!any) context.out.note("none");
  std::set<std::string> done;
  auto deny = [&](const Entry& entry, std::string_view key) {
    if (!done.insert(entry.text).second) return;
    context.out.rule(
        fmt::format("{} capability {}", context.deny(context.quiet("capability " + entry.text)), entry.text),
        key, entry.span);
  };
  if (wanted.deny)
    for (const Entry& entry : wanted.deny->entries) deny(entry, "Deny");
  if (spec.quiet)
    for (const Entry& entry : spec.quiet->entries) {
      if (!entry.text.starts_with("capability ")) continue;
      Entry named{entry.text.substr(11), entry.span};
      bool is_allowed =
          std::ranges::find(allowed, named.text, &Entry::text) != allowed.end() && !denied(named.text);
      if (!is_allowed)
        deny(named, "Quiet");
      else
        context.sink.report(
            Code::no_effect, entry.span,
            fmt::format("capability {} is allowed, so there is nothing to be quiet about", named.text));
    }
}

namespace {

/// Socket types that IP sockets may have by `Protocols`, each with the entry that gave it.
std::vector<std::pair<std::string, Span>> ip_types(StrictContext& context) {
  const Network& network = context.spec.network;
  bool raw = network.raw && network.raw->value, packet = network.packet && network.packet->value;
  std::vector<std::pair<std::string, Span>> types;
  auto add = [&](std::string type, Span span) {
    if (std::ranges::find(types, type, &std::pair<std::string, Span>::first) == types.end())
      types.emplace_back(std::move(type), span);
  };
  if (!network.protocols)
    for (const char* type : {"stream", "dgram", "seqpacket"}) add(type, {});
  else
    for (const Entry& entry : network.protocols->entries) {
      if (entry.text == "tcp")
        add("stream", entry.span);
      else if (entry.text == "udp")
        add("dgram", entry.span);
      else if (entry.text != "icmp" && entry.text != "raw" && entry.text != "packet")
        add(entry.text, entry.span);
      else if (entry.text == "packet" ? !packet : !raw)
        context.sink
            .report(Code::network_combination, entry.span,
                    fmt::format("`{}` needs {} = true; it is left out", entry.text,
                                entry.text == "packet" ? "Packet" : "Raw"))
            .with_help(entry.text == "icmp" ? "ping works without it where net.ipv4.ping_group_range is "
                                              "open, as Docker sets it, if `udp` is listed"
                                            : "");
    }
  if (raw) add("raw", network.raw->span);
  return types;
}

/// Every profile of a stack of which the container's is one: what `docker exec` starts is confined by a stack
/// on kernels from 6.17 on.
std::string own_processes(const Spec& spec) { return fmt::format("{{,**//&}}{}{{,//&**}}", spec.name.text); }

/// A kernel that knows the addresses of unix sockets lets the container's processes connect to each other;
/// sockets in the file system are files, and the file rules say who may connect. A kernel that does not takes
/// the same rules for `network unix`.
void unix_sockets(StrictContext& context, const Entry& family) {
  for (const char* type : {"stream", "dgram", "seqpacket"}) {
    std::string_view key = family.span.valid() ? "Families" : "";
    context.out.rule(
        fmt::format("unix (create,bind,listen,accept,shutdown,getattr,setattr,getopt,setopt) type={}", type),
        key, family.span);
    context.out.rule(fmt::format("unix (connect,accept,send,receive) type={} peer=(label=\"{}\")", type,
                                 own_processes(context.spec)),
                     key, family.span);
  }
}

}  // namespace

void strict_network(StrictContext& context) {
  const Network& network = context.spec.network;
  context.out.section("Network");
  std::vector<Entry> families;
  if (network.families)
    families = network.families->entries;
  else
    for (const char* name : {"inet", "inet6", "unix"}) families.push_back({name, {}});
  auto types = ip_types(context);
  for (const Entry& family : families) {
    if (family.text == "packet") {
      if (!network.packet || !network.packet->value)
        context.sink.report(Code::network_combination, family.span,
                            "`packet` sockets need Packet = true; the family is left out");
      continue;
    }
    if (family.text == "inet" || family.text == "inet6") {
      for (const auto& [type, span] : types)
        context.out.rule(fmt::format("network {} {}", family.text, type),
                         type == "raw"         ? "Raw"
                         : span.valid()        ? "Protocols"
                         : family.span.valid() ? "Families"
                                               : "",
                         span.valid() ? span : family.span);
      continue;
    }
    if (family.text == "unix") {
      unix_sockets(context, family);
      continue;
    }
    bool is_netlink = family.text == "netlink";
    for (std::string_view type : {"stream", "dgram", "seqpacket", "rdm", "raw"})
      if (is_netlink ? type == "raw" || type == "dgram" : type != "raw")
        context.out.rule(fmt::format("network {} {}", family.text, type),
                         family.span.valid() ? "Families" : "", family.span);
  }
  if (network.packet && network.packet->value)
    for (const char* type : {"dgram", "raw"})
      context.out.rule(fmt::format("network packet {}", type), "Packet", network.packet->span);
  bool raw = network.raw && network.raw->value;
  if (network.raw && !raw)
    for (const char* family : {"inet", "inet6"})
      context.out.rule(fmt::format("{} network {} raw",
                                   context.deny(context.quiet(fmt::format("network {}", family))), family),
                       "Raw", network.raw->span);
  if (network.packet && !network.packet->value)
    context.out.rule(fmt::format("{} network packet", context.deny(context.quiet("network packet"))),
                     "Packet", network.packet->span);
  if (context.spec.floor ? context.spec.floor->value == Floor::standard : true)
    context.out.rule(fmt::format("{} network alg", context.deny(context.quiet("network alg"))),
                     "floor: the kernel's crypto sockets (CVE-2026-31431)");
  if (raw && context.spec.capabilities.allow &&
      std::ranges::find(context.spec.capabilities.allow->entries, "net_raw", &Entry::text) ==
          context.spec.capabilities.allow->entries.end())
    context.sink
        .report(Code::network_combination, network.raw->span,
                "Raw = true, but Capabilities.Allow has no net_raw: raw sockets will be refused")
        .with_help("add \"net_raw\" to Allow");
  if (!context.spec.quiet) return;
  for (const Entry& entry : context.spec.quiet->entries) {
    if (!entry.text.starts_with("network ")) continue;
    std::string family = entry.text.substr(8);
    bool allowed = std::ranges::find(families, family, &Entry::text) != families.end() ||
                   (family == "packet" && network.packet && network.packet->value);
    bool said = family == "alg" || (family == "packet" && network.packet);
    if (allowed) {
      if (family != "inet" && family != "inet6")
        context.sink.report(
            Code::no_effect, entry.span,
            fmt::format("{} sockets are allowed, so there is nothing to be quiet about", family));
    } else if (!said) {
      context.out.rule(fmt::format("{} network {}", context.deny(true), family), "Quiet", entry.span);
    }
  }
}

void strict_processes(StrictContext& context) {
  const Spec& spec = context.spec;
  std::string self = own_processes(spec);
  Text& out = context.out;
  out.section(
      "Signals and tracing: the runtime, and the container's own processes (also stacked, as `docker exec` "
      "makes them)");
  out.rule("signal (receive) peer=unconfined");
  out.rule(
      "signal (receive) "
      "peer={,/usr/,/usr/local/}{,bin/,sbin/}{runc,crun*,containerd-shim*,dockerd,rootlesskit,podman*}");
  out.rule("signal (send,receive) peer=" + self);
  out.rule("ptrace (trace,read,tracedby,readby) peer=" + self);
  auto peers = [&](const std::optional<List>& list, std::string_view head, std::string_view key) {
    if (!list) return;
    for (const Entry& entry : list->entries)
      out.rule(fmt::format("{} peer={}", head, entry.text), key, entry.span);
  };
  peers(spec.signals.send, "signal (send)", "Send");
  peers(spec.signals.receive, "signal (receive)", "Receive");
  peers(spec.ptrace.trace, "ptrace (trace,read)", "Trace");
  peers(spec.ptrace.read, "ptrace (read)", "Read");
  peers(spec.ptrace.traced_by, "ptrace (tracedby,readby)", "TracedBy");
  peers(spec.ptrace.read_by, "ptrace (readby)", "ReadBy");

  out.section("Mounts and namespaces");
  for (const char* rule : {"mount", "umount", "pivot_root"})
    out.rule(fmt::format("{} {}", context.deny(false), rule));
  const auto& create = spec.userns.create;
  if (context.abi >= Abi::v4_0) {
    out.rule(create && create->value ? "userns" : fmt::format("{} userns", context.deny(false)),
             create ? "Create" : "", create ? create->span : Span{});
    if (context.abi >= Abi::v5_0) out.rule(fmt::format("{} io_uring", context.deny(false)));
    out.rule("mqueue", "of the container's own ipc namespace");
  } else if (create && !create->value) {
    context.sink
        .report(
            Code::abi_has_no_word, create->span,
            fmt::format("user namespaces are not refused: abi {} has no word for them", name_of(context.abi)))
        .with_help(
            "--abi 4.0 says it to a kernel from 6.7 on, for apparmor_parser 4.0 or newer; Docker's seccomp "
            "profile refuses them on any kernel");
  }
}

namespace {

std::string file_name(std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); }

/// The abi line among the spec's Imports.
const Entry* own_abi(const Spec& spec) {
  if (!spec.imports) return nullptr;
  auto found = std::ranges::find_if(spec.imports->entries,
                                    [](const Entry& entry) { return entry.text.starts_with("abi "); });
  return found == spec.imports->entries.end() ? nullptr : &*found;
}

/// The spec's own abi line has the last word. One that is not known is taken for the oldest.
Abi abi_of(const Spec& spec, const Options& options) {
  const Entry* line = own_abi(spec);
  if (line == nullptr) return options.abi;
  for (Abi abi : abis)
    if (line->text.find(fmt::format("abi/{}>", name_of(abi))) != std::string::npos) return abi;
  return Abi::v3_0;
}

void head(StrictContext& context) {
  const Spec& spec = context.spec;
  Text& out = context.out;
  out.line(fmt::format("# {}: what {} says{}", spec.name.text,
                       diag::printable(file_name(context.sources.name(spec.source))), strict_notice));
  if (context.image != nullptr)
    out.line(fmt::format("# Paths are named as {} has them.", diag::printable(context.image->words())));
  if (context.abi > Abi::v3_0)
    out.line(fmt::format("# For apparmor_parser {} and newer: older ones have no words for all of it.",
                         name_of(context.abi)));
  if (!own_abi(spec)) out.line(fmt::format("abi <abi/{}>,", name_of(context.abi)));
  auto mentions = [](const std::optional<List>& list, std::string_view text) {
    return list && std::ranges::any_of(list->entries, [&](const Entry& entry) {
             return entry.text.find(text) != std::string::npos;
           });
  };
  if (spec.imports)
    for (const Entry& entry : spec.imports->entries) out.line(entry.text);
  // bane has them in front of every profile, and abstractions are written with them.
  if (mentions(spec.inner_imports, "include") && !mentions(spec.imports, "tunables/"))
    out.line("include <tunables/global>");
  out.line();
  out.line(fmt::format("profile {} flags=(attach_disconnected,mediate_deleted{}) {{", spec.name.text,
                       context.mode == Mode::complain ? ",complain" : ""));
}

void inner_imports(StrictContext& context) {
  const auto& lines = context.spec.inner_imports;
  if (!lines || lines->entries.empty()) return;
  context.out.section("InnerImports, as they are");
  for (const Entry& entry : lines->entries) context.out.line("  " + entry.text);
  context.sink
      .report(Code::lines_unchecked, lines->key,
              "what InnerImports allows is allowed, whatever the lists of this spec say")
      .with_help("strict needs no abstractions; leave the lines out if you can");
}

}  // namespace

Generated generate_strict(const Spec& spec, const Options& options, const diag::SourceMap& sources,
                          diag::Sink& sink) {
  Generated made{spec.name.text, "", {}};
  std::size_t errors = sink.errors();
  Text out(sources, made.origins);
  StrictContext context{spec, options.mode, abi_of(spec, options), options.image, sources, sink, out};
  head(context);
  strict_capabilities(context);
  strict_network(context);
  strict_processes(context);
  strict_files(context);
  inner_imports(context);
  out.line("}");
  if (sink.errors() == errors)
    made.text = out.take();
  else
    made.origins.clear();
  return made;
}

}  // namespace bh::generate
