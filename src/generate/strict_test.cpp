// The file rules of strict against the plain definition: the generated text is read back as allow and deny
// rules, and asked.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "diag/render.h"
#include "generate/generate.h"
#include "generate/meaning.h"

namespace bh::generate {
namespace {

/// The file rules of a generated text, as AppArmor takes them: what is allowed and not denied. `ix` gives
/// `m`, as in 3.0.8.
class RulesOf {
 public:
  explicit RulesOf(const std::string& text) {
    std::size_t at = 0;
    while (at < text.size()) {
      std::size_t end = text.find('\n', at);
      add(text.substr(at, end - at));
      at = end + 1;
    }
  }

  FileAnswer ask(std::string_view path) const {
    auto may = [&](char perm) {
      bool allowed = false;
      for (const Rule& rule : rules_) {
        bool has = rule.perms.find(perm) != std::string::npos ||
                   (perm == 'm' && !rule.deny && rule.perms.find("ix") != std::string::npos);
        if (!has || !matches(rule.globs, path)) continue;
        if (rule.deny) return false;
        allowed = true;
      }
      return allowed;
    };
    return {may('r'), may('w'), may('x'), may('m')};
  }
  std::size_t size() const { return rules_.size(); }

 private:
  struct Rule {
    bool deny;
    std::string perms;
    Globs globs;
  };

  void add(std::string line) {
    std::size_t slash = line.find_first_not_of(' ');
    if (slash == std::string::npos || line[slash] == '#') return;
    line.erase(0, slash);
    bool deny = false;
    for (std::string_view word : {"audit ", "deny "})
      if (line.starts_with(word)) {
        deny |= word == "deny ";
        line.erase(0, word.size());
      }
    bool quoted = line.starts_with('"');
    if (!quoted && !line.starts_with('/')) return;
    std::size_t end = quoted ? line.find("\" ") : line.find(' ');
    std::string path = line.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0));
    std::size_t perms = end + (quoted ? 2 : 1);
    GlobError error;
    auto globs = parse_globs(path, error, 1u << 20);
    ASSERT_TRUE(globs) << path << ": " << error.message;
    rules_.push_back({deny, line.substr(perms, line.find(',', perms) - perms), std::move(*globs)});
  }

  std::vector<Rule> rules_;
};

struct Made {
  diag::SourceMap sources;
  diag::Sink sink;
  std::optional<Spec> spec;
  Generated generated;

  explicit Made(const std::string& toml) {
    diag::SourceId id = sources.add("spec.toml", toml);
    spec = read_spec(sources, id, sink);
    if (spec) generated = generate(*spec, options_of(*spec), sources, sink);
  }
  std::string rendered() const { return diag::render(sources, sink); }
};

const std::vector<std::string> spec_globs = {"/etc/**",
                                             "/etc/*.conf",
                                             "/etc/my.conf",
                                             "/dev/**",
                                             "/proc/**",
                                             "/proc/sys/net/**",
                                             "/sys/**",
                                             "/usr/**",
                                             "/usr/lib/**",
                                             "/lib/**",
                                             "/bin/*",
                                             "/usr/bin/sh",
                                             "/bin/dash",
                                             "/usr/sbin/nginx",
                                             "/usr/lib/x/cache/**",
                                             "/var/**",
                                             "/var/log/*.log",
                                             "/var/log/**",
                                             "/var/run/x.pid",
                                             "/run/**",
                                             "/srv/**",
                                             "/srv/*/data/**",
                                             "/srv/a/**",
                                             "/srv/a/bin/*",
                                             "/**",
                                             "/tmp/**",
                                             "/**.so",
                                             "/opt/[ab]*/**",
                                             "/usr/lib/ld-linux.so.2",
                                             "/srv/{a,b}/x"};

const std::vector<std::string> names = {
    "etc",  "my.conf", "x.conf", "dev",           "null", "pts",     "0",   "proc",    "1",
    "12",   "comm",    "self",   "sys",           "net",  "kernel",  "usr", "lib",     "lib64",
    "bin",  "sbin",    "sh",     "dash",          "bash", "nginx",   "x",   "cache",   "var",
    "log",  "a.log",   "run",    "x.pid",         "srv",  "a",       "b",   "data",    "tmp",
    "l.so", "l.so.1",  "n.node", "ld-linux.so.2", "opt",  "memfd:x", "shm", "q.so.log"};

rc::Gen<std::string> a_path() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(names)),
                      [](std::vector<std::string> parts) {
                        std::string path;
                        if (parts.size() > 5) parts.resize(5);
                        for (const std::string& part : parts) path += "/" + part;
                        return path.empty() ? std::string("/") : path;
                      });
}

/// A path that has to do with the lists: a glob of theirs with its stars filled.
std::string related_path(const std::string& glob) {
  std::string path;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob.substr(i, 2) == "**") {
      path += (*a_path()).substr(1);
      ++i;
    } else if (glob[i] == '*') {
      path += *rc::gen::elementOf(names);
    } else if (glob[i] == '[' || glob[i] == '{') {
      path += *rc::gen::elementOf(std::string("ab"));
      i = glob.find(glob[i] == '[' ? ']' : '}', i);
    } else {
      path += glob[i];
    }
  }
  std::size_t cut = path.rfind('/');
  int how = *rc::gen::inRange(0, 6);
  if (how == 0) return path.substr(0, cut + 1);
  if (how == 1 && cut > 0) return path.substr(0, cut);
  return path;
}

std::string list_of(std::string_view key, const std::vector<std::string>& entries) {
  return fmt::format("{} = [\"{}\"]\n", key, fmt::join(entries, "\", \""));
}

RC_GTEST_PROP(Strict, TheTextMeansWhatTheSpecMeans, ()) {
  std::string toml = "Name = \"x\"\n";
  if (*rc::gen::inRange(0, 3) == 0)
    toml += fmt::format("Unlisted = \"{}\"\n",
                        *rc::gen::elementOf(std::vector<std::string>{"writable", "readonly"}));
  if (*rc::gen::inRange(0, 6) == 0) toml += "Floor = \"custom\"\n";
  toml += "[Filesystem]\n";
  std::vector<std::string> used;
  for (std::string_view key : {"ReadOnlyPaths", "WritablePaths", "AllowExec", "DenyExec", "ReadPaths",
                               "DenyPaths", "LogOnWritePaths", "Quiet"}) {
    if (*rc::gen::inRange(0, key == "ReadPaths" || key == "AllowExec" || key == "Quiet" ? 4 : 2) != 0)
      continue;
    auto entries = *rc::gen::unique<std::vector<std::string>>(rc::gen::elementOf(spec_globs));
    if (entries.size() > 3) entries.resize(3);
    if (entries.empty() && key == "Quiet") continue;
    toml += entries.empty() ? fmt::format("{} = []\n", key) : list_of(key, entries);
    used.insert(used.end(), entries.begin(), entries.end());
  }
  RC_LOG() << toml;
  Made made(toml);
  if (!made.sink.ok()) {
    for (const auto& diagnostic : made.sink.diagnostics())
      if (diagnostic.severity == diag::Severity::error)
        RC_ASSERT(diagnostic.code == diag::Code::exec_inside_writable);
    RC_DISCARD("AllowExec inside WritablePaths");
  }
  bool exact = std::ranges::none_of(made.sink.diagnostics(),
                                    [](const auto& d) { return d.code == diag::Code::not_exact; });
  RC_CLASSIFY(!exact, "not exact");
  diag::Sink ignored;
  auto lists = file_lists(*made.spec, ignored);
  RC_ASSERT(lists.has_value());
  RulesOf rules(made.generated.text);
  for (int i = 0; i < 40; ++i) {
    std::string path = used.empty() || i % 4 == 0 ? *a_path() : related_path(*rc::gen::elementOf(used));
    if (path.find("//") != std::string::npos) continue;
    FileAnswer want = strict_meaning(*lists, path), got = rules.ask(path);
    auto shown = [](const FileAnswer& a) {
      return fmt::format("r{:d} w{:d} x{:d} m{:d}", a.read, a.write, a.exec, a.map);
    };
    bool more = (got.read && !want.read) || (got.write && !want.write) || (got.exec && !want.exec) ||
                (got.map && !want.map);
    // Never more than the meaning; exactly it, unless a warning said so.
    if (more || (exact && got != want))
      RC_FAIL(fmt::format("{}: wanted {} got {}\n{}{}", path, shown(want), shown(got),
                          made.generated.text.substr(made.generated.text.find("---- Reading")),
                          made.rendered()));
  }
}

}  // namespace
}  // namespace bh::generate
