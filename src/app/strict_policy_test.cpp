// strict, from any spec to the compiled policy, for three kernels and every abi: the text is always policy,
// what can be written is never code (over the whole language of the automaton), the floor holds whatever the
// lists say, and a container's own processes can always deal with each other.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>

#include "app/abi_choice.h"
#include "compile/compile.h"
#include "compile/describe.h"
#include "compile/known_features.h"
#include "diag/render.h"
#include "generate/floor.h"
#include "generate/generate.h"
#include "generate/runtime_default.h"
#include "policy/resolve.h"
#include "query/ask.h"
#include "query/score.h"

namespace bh::app {
namespace {

using generate::Abi;
using Words = std::vector<std::string>;

const Words path_globs = {"/etc/**",
                          "/etc/*.conf",
                          "/dev/**",
                          "/dev/null",
                          "/proc/**",
                          "/proc/sys/net/**",
                          "/proc/sys/kernel/shm*",
                          "/sys/**",
                          "/usr/**",
                          "/usr/lib/**",
                          "/lib/**",
                          "/bin/*",
                          "/bin/sh",
                          "/usr/sbin/nginx",
                          "/var/**",
                          "/var/log/*.log",
                          "/run/**",
                          "/run/docker.sock",
                          "/var/run/x.pid",
                          "/srv/*/data/**",
                          "/srv/a/bin/*",
                          "/**",
                          "/tmp/**",
                          "/**.so",
                          "/opt/[ab]*/**",
                          "/srv/{a,b}/x",
                          "/dev/{sda,sd*}",
                          "/usr/lib/x/cache/**"};

std::string list(std::string_view key, const Words& entries) {
  if (entries.empty()) return fmt::format("{} = []\n", key);
  return fmt::format("{} = [\"{}\"]\n", key, fmt::join(entries, "\", \""));
}

Words some(const Words& from, std::size_t most) {
  Words chosen;
  for (auto n = *rc::gen::inRange<std::size_t>(0, most + 1); n > 0; --n) {
    std::string word = *rc::gen::elementOf(from);
    if (std::ranges::find(chosen, word) == chosen.end()) chosen.push_back(std::move(word));
  }
  return chosen;
}

bool now_and_then(int one_in) { return *rc::gen::inRange(0, one_in) == 0; }

struct RandomSpec {
  std::string toml;
  bool network_listed = false;
};

RandomSpec random_spec() {
  RandomSpec spec{"Name = \"x\"\n"};
  if (now_and_then(3))
    spec.toml += fmt::format("Unlisted = \"{}\"\n", *rc::gen::elementOf(Words{"writable", "readonly"}));
  spec.toml += "[Filesystem]\n";
  for (std::string_view key : {"ReadOnlyPaths", "WritablePaths", "AllowExec", "DenyExec", "ReadPaths",
                               "DenyPaths", "LogOnWritePaths", "Quiet"})
    if (now_and_then(key == "ReadPaths" || key == "Quiet" ? 4 : 2)) {
      Words entries = some(path_globs, 3);
      if (!entries.empty() || key != "Quiet") spec.toml += list(key, entries);
    }
  const Words capabilities = {"chown", "net_raw", "sys_admin", "kill", "mknod", "net_bind_service"};
  spec.toml += "[Capabilities]\n";
  for (std::string_view key : {"Allow", "Deny"})
    if (now_and_then(3)) spec.toml += list(key, some(capabilities, 3));
  if (now_and_then(2)) {
    spec.network_listed = true;
    spec.toml += "[Network]\n";
    if (now_and_then(2)) spec.toml += list("Protocols", some({"tcp", "udp", "icmp", "seqpacket"}, 3));
    if (now_and_then(2))
      spec.toml += list("Families", some({"inet", "inet6", "unix", "netlink", "packet", "vsock"}, 4));
    for (std::string_view key : {"Raw", "Packet"})
      if (now_and_then(2)) spec.toml += fmt::format("{} = {}\n", key, now_and_then(2));
  }
  if (now_and_then(3)) spec.toml += fmt::format("[Userns]\nCreate = {}\n", now_and_then(2));
  return spec;
}

/// A spec that was read and generated; `text` empty where the generator refused it.
struct Made {
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<generate::Spec> spec;
  std::string text;

  Made(const std::string& toml, Abi abi) {
    spec = generate::read_spec(sources, sources.add("x.toml", toml), sink);
    if (!spec) return;
    generate::Options options = generate::options_of(*spec);
    options.abi = abi;
    text = generate::generate(*spec, options, sources, sink).text;
  }
};

compile::Features features_of(const compile::KnownFeatures& known) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto source = sources.add("features", std::string(known.text));
  return compile::parse_features(sources, source, sink).value();
}

/// Nothing (and the reason in `why`) where the text is not policy.
std::optional<compile::KernelPolicy> compile_text(Made& made, const compile::Features& kernel,
                                                  std::string& why) {
  diag::Sink sink;
  policy::ResolveOptions options;
  options.base = "/nonexistent";
  options.known_abi = compile::known_abi;
  policy::Library library(Os::real(), made.sources, options);
  auto resolved = policy::resolve(library, made.sources.add("x", made.text), sink);
  auto compiled = compile::compile(resolved, kernel, {}, made.sources, sink);
  why = diag::render(made.sources, sink);
  return sink.ok() ? std::move(compiled) : std::nullopt;
}

query::Answer ask(const compile::CompiledProfile& profile, const std::string& action) {
  diag::SourceMap sources;
  diag::Sink sink;
  auto source = sources.add("action", action);
  auto parsed = query::parse_action(sources, {source, 0, static_cast<std::uint32_t>(action.size())}, sink);
  RC_ASSERT(parsed.has_value());
  return query::ask(profile, *parsed);
}

/// A shortest path whose permissions satisfy the predicate. A path begins with a slash and has never two in a
/// row: that is what the kernel asks about.
std::optional<std::string> shortest_path(const automata::Dfa& dfa,
                                         const std::function<bool(std::uint32_t)>& wanted) {
  struct Seen {
    std::uint32_t state, from;
    bool slash;
    char byte;
  };
  std::vector<Seen> seen = {{dfa.step(automata::Dfa::start, '/'), 0, true, '/'}};
  std::vector<bool> met(dfa.states() * 2);
  for (std::uint32_t at = 0; at < seen.size(); ++at) {
    const Seen here = seen[at];
    if (wanted(dfa.accept[here.state])) {
      std::string path(1, here.byte);
      for (std::uint32_t back = at; back != 0; back = seen[back].from)
        path.insert(0, 1, seen[seen[back].from].byte);
      return path;
    }
    for (unsigned byte = 1; byte < 256; ++byte) {
      bool slash = byte == '/';
      std::uint32_t next = dfa.step(here.state, static_cast<std::uint8_t>(byte));
      if ((slash && here.slash) || next == automata::Dfa::trap || met[next * 2 + slash]) continue;
      met[next * 2 + slash] = true;
      seen.push_back({next, at, slash, static_cast<char>(byte)});
    }
  }
  return std::nullopt;
}

void nothing_written_is_code(const compile::Pdb& file) {
  constexpr std::uint32_t writing = compile::perm::write | compile::perm::append | compile::perm::create;
  constexpr std::uint32_t code = compile::perm::exec | compile::perm::mmap;
  auto both = [](std::uint32_t allow) { return (allow & writing) != 0 && (allow & code) != 0; };
  auto example = shortest_path(file.dfa, [&](std::uint32_t accept) {
    return both(file.perms[accept].owner.allow) || both(file.perms[accept].other.allow);
  });
  if (example) RC_FAIL(fmt::format("{} is writable and code", compile::escaped(*example)));
}

/// One path that the glob names: what may be `x` is one, and stars are nothing or one byte long.
std::string example_of(const generate::Glob& glob) {
  std::string path;
  for (const auto& step : glob) {
    if (step.repeat && now_and_then(2)) continue;
    unsigned byte = 'x';
    if (!step.set.test(byte)) {
      byte = '-';
      while (byte < 256 && !step.set.test(byte)) ++byte;
    }
    path += static_cast<char>(byte);
  }
  return path;
}

void the_floor_holds(const compile::CompiledProfile& profile, const std::string& toml) {
  for (const generate::FloorRule& rule : generate::floor_rules()) {
    auto globs = generate::fixed_set(rule.path).globs;
    std::string path = example_of(*rc::gen::elementOf(globs));
    if (path.find("//") != std::string::npos || path.find_first_of(" \"\\") != std::string::npos) continue;
    for (auto [perm, verb] : {std::pair('r', "read"), std::pair('w', "write"), std::pair('x', "exec")}) {
      if (rule.perms.find(perm) == std::string_view::npos) continue;
      // Settings of the container's own namespaces can be asked for.
      if (perm == 'w' && generate::matches(generate::namespaced_settings().globs, path)) continue;
      if (!query::is_denied(ask(profile, fmt::format("{} {}", verb, path))))
        RC_FAIL(fmt::format("{} {} is not denied although the floor has {} {}\n{}", verb, path, rule.path,
                            rule.perms, toml));
    }
  }
}

void processes_get_on(const compile::CompiledProfile& profile, const RandomSpec& spec) {
  Words kept = {"signal send term peer=self",
                "signal receive kill peer=runc",
                "signal receive term peer=unconfined",
                "signal send term peer=self//&unconfined",
                "ptrace trace peer=self",
                "ptrace read peer=self"};
  if (!spec.network_listed)
    for (const char* action :
         {"network unix stream", "network inet6 stream", "unix bind @own", "unix connect @own peer=self"})
      kept.emplace_back(action);
  for (const std::string& action : kept)
    if (!query::is_allowed(ask(profile, action))) RC_FAIL(action + " is not allowed");
}

void nobody_gets_out(const compile::CompiledProfile& profile, const compile::Features& kernel, Abi abi,
                     const Made& made) {
  Words refused = {"mount -t proc proc -> /mnt/",     "umount /proc/",         "pivot_root /mnt/ /mnt/old/",
                   "change_profile -> unconfined",    "network alg seqpacket", "ptrace trace peer=unconfined",
                   "signal send kill peer=unconfined"};
  if (abi >= Abi::v4_0 && kernel.has("namespaces/mask/userns_create") &&
      !(made.spec->userns.create && made.spec->userns.create->value))
    refused.emplace_back("userns create");
  if (abi >= Abi::v5_0 && kernel.has("io_uring")) refused.emplace_back("io_uring sqpoll");
  if (abi >= Abi::v5_0 && kernel.has("network_v9/af_unix"))
    for (const char* address : {"/run/docker.sock", "/run/systemd/private", "@/containerd-shim/x.sock"})
      refused.push_back(fmt::format("unix connect {} peer=unconfined", address));
  for (const std::string& action : refused)
    if (!query::is_denied(ask(profile, action))) RC_FAIL(action + " is not denied");
}

RC_GTEST_PROP(StrictPolicy, AnySpecForAnyKernelAndAbi, ()) {
  RandomSpec spec = random_spec();
  RC_LOG() << spec.toml;
  const compile::KnownFeatures known = *rc::gen::elementOf(std::vector<compile::KnownFeatures>(
      compile::known_features().begin(), compile::known_features().end()));
  const Abi abi = *rc::gen::elementOf(std::vector<Abi>(generate::abis.begin(), generate::abis.end()));
  Made made(spec.toml, abi);
  if (made.text.empty()) {
    RC_ASSERT(!made.sink.ok());
    RC_DISCARD("the generator refuses it, and says why");
  }
  compile::Features kernel = features_of(known);
  std::string why;
  auto policy = compile_text(made, kernel, why);
  if (!policy) RC_FAIL(why + made.text);
  const compile::CompiledProfile& profile = policy->profiles.at(0);
  RC_ASSERT(profile.file.has_value());
  nothing_written_is_code(*profile.file);
  the_floor_holds(profile, spec.toml);
  processes_get_on(profile, spec);
  nobody_gets_out(profile, kernel, abi, made);
}

}  // namespace
}  // namespace bh::app
