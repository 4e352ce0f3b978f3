#include "generate/starter_spec.h"

#include <fmt/format.h>

#include <algorithm>

#include "generate/glob.h"

namespace bh::generate {
namespace {

/// For a comment: one line of ASCII, whatever the words are.
std::string remark(std::string_view text) {
  std::string out;
  for (char c : text.substr(0, 120)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

/// A TOML string of an AppArmor glob, which is ASCII.
std::string toml(std::string_view glob) {
  std::string out = "\"";
  for (char c : glob) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

/// The path and nothing else, as a spec's list has it.
std::string exactly(std::string_view path) { return print({literal(path)}); }

/// Can a list name it? Control characters cannot be in a spec's paths, and `/` alone would be everything.
bool usable(std::string_view path) {
  return path.starts_with('/') && path.size() > 1 && path.size() < 1024 && !path.ends_with('/') &&
         std::ranges::none_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool is_root(std::string_view user) {
  std::string_view name = user.substr(0, user.find(':'));
  return name.empty() || name == "0" || name == "root";
}

class Writer {
 public:
  explicit Writer(const ImageStart& start) : start_(start) {}

  std::string write() {
    line("# A starting point for {}, made from what the image says of itself{}.", remark(start_.reference),
         start_.id.empty() ? "" : fmt::format(" ({})", remark(start_.id)));
    line(
        "# Nobody can know from an image what its program does: read it, try it (`bulkhead lab`, or Mode = "
        "\"complain\"");
    line("# and a look at the log), and take out what is not needed.");
    line("Name = {}\n", toml(spec_name(start_.reference)));
    filesystem();
    capabilities();
    network();
    expectations();
    return std::move(out_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }

  void filesystem() {
    line("[Filesystem]");
    line("# Nothing else can be written.");
    line("WritablePaths = [");
    for (const std::string& volume : start_.volumes)
      if (usable(volume)) line("  {},  # VOLUME", toml(exactly(volume) + "/**"));
    if (start_.has_tmp) line("  \"/tmp/**\",  # most programs want it; take it out if yours does not");
    if (start_.writes_run)
      line("  # \"/run/NAME.pid\",  # a service that writes its process number does it here");
    line("]\n");
    exec();
    line("# Whoever can make the program read any file reads these first.");
    line("DenyPaths = [\"/etc/shadow*\", \"/etc/gshadow*\", \"/run/secrets/kubernetes.io/**\"]\n");
  }

  void exec() {
    // What a shell script calls is not known, and a list without it would keep the container from starting.
    std::string_view out = start_.by_shell || start_.programs.empty() ? "# " : "";
    if (start_.programs.empty())
      line(
          "# The image names no program: list what may run, or leave it open (what can be read and not "
          "written).");
    else if (start_.by_shell)
      line(
          "# A shell script starts this container: add the programs that it calls, then take the `# ` away.");
    else
      line("# What starts with the container. Nothing else runs: add what the program itself starts.");
    line("{}AllowExec = [", out);
    for (const StartedProgram& program : start_.programs)
      if (usable(program.path)) line("{}  {},  # {}", out, toml(exactly(program.path)), remark(program.why));
    line("{}]\n", out);
  }

  void capabilities() {
    bool low_port =
        std::ranges::any_of(start_.ports, [](const ImagePort& port) { return port.number < 1024; });
    if (is_root(start_.user)) {
      line(
          "# The image runs as root, so it has Docker's capabilities without net_raw. To have fewer, name "
          "them:");
      line("# [Capabilities]");
      line("# Allow = [{}\"setuid\", \"setgid\", \"chown\"]\n", low_port ? "\"net_bind_service\", " : "");
      return;
    }
    line("# The image runs as {}, who needs no capability{}.", remark(start_.user),
         low_port ? " but to listen below port 1024" : "");
    line("[Capabilities]");
    line("Allow = [{}]\n", low_port ? "\"net_bind_service\"" : "");
  }

  void network() {
    std::string ports;
    for (const ImagePort& port : start_.ports)
      ports += fmt::format("{}{}/{}", ports.empty() ? "" : ", ", port.number, remark(port.protocol));
    line("[Network]");
    line("# EXPOSE: {}. udp is also how names are resolved.", ports.empty() ? "nothing" : ports);
    line("Protocols = [\"tcp\", \"udp\"]\n");
  }

  void expectations() {
    line("# What must hold, checked by every `bulkhead apply`.");
    line("[[Expect]]");
    line("Deny = [");
    line("  \"write /etc/passwd\",");
    line("  \"network inet raw\",");
    line("  \"capability sys_admin\",");
    bool shell_is_started = start_.by_shell || start_.programs.empty() ||
                            std::ranges::any_of(start_.programs, [&](const StartedProgram& program) {
                              return start_.shell && program.path == *start_.shell;
                            });
    if (start_.shell && usable(*start_.shell) && !shell_is_started && plain(*start_.shell))
      line("  \"exec {}\",", *start_.shell);
    line("]");
    if (start_.programs.empty() || start_.by_shell) return;
    const std::string& last = start_.programs.back().path;
    if (!usable(last) || !plain(last)) return;
    line("\n[[Expect]]");
    line("Allow = [\"exec {}\"]", last);
  }

  /// Can it stand in an action as it is?
  static bool plain(std::string_view path) {
    return std::ranges::all_of(path, [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("/._-+").find(c) != std::string_view::npos;
    });
  }

  const ImageStart& start_;
  std::string out_;
};

}  // namespace

std::string spec_name(std::string_view reference) {
  reference = reference.substr(0, reference.find('@'));
  std::size_t slash = reference.rfind('/');
  if (reference.ends_with('/')) {
    reference.remove_suffix(1);
    slash = reference.rfind('/');
  }
  if (slash != std::string_view::npos) reference.remove_prefix(slash + 1);
  reference = reference.substr(0, reference.find(':'));
  std::string name;
  for (char c : reference.substr(0, 64)) {
    bool kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                ((c == '.' || c == '-') && !name.empty() && name.back() != c);
    if (kept) name += c;
  }
  return name.empty() ? "container" : name;
}

std::string starter_spec(const ImageStart& start) { return Writer(start).write(); }

}  // namespace bh::generate
