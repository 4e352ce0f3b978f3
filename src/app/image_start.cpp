#include "app/image_start.h"

#include <algorithm>
#include <charconv>

namespace bh::app {
namespace {

constexpr std::string_view usual_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/// The kernel follows an interpreter that is itself a script at most so often (fs/exec.c).
constexpr int most_interpreters = 5;

bool is_shell(std::string_view path) {
  constexpr std::string_view shells[] = {"sh", "dash", "bash", "ash", "ksh", "zsh"};
  return std::ranges::find(shells, path.substr(path.rfind('/') + 1)) != std::end(shells);
}

class Follow {
 public:
  Follow(const image::Tree& tree, const StartConfig& config, generate::ImageStart& start)
      : tree_(tree), start_(start), path_(usual_path) {
    for (const std::string& variable : config.environment)
      if (variable.starts_with("PATH=")) path_ = variable.substr(5);
  }

  /// `words`: a command line; `why` names where it stands.
  void command(const std::vector<std::string>& words, std::string_view why) {
    if (words.empty()) return;
    program(words[0], fmt::format("{} {}", why, words[0]), 0);
  }

 private:
  /// As execvp(3) looks a word up, then without links.
  std::optional<std::string> find(std::string_view word) const {
    auto file = [&](std::string_view path) -> std::optional<std::string> {
      auto real = tree_.resolve(path);
      if (!real) return std::nullopt;
      const image::Node* node = tree_.find(*real);
      if (node == nullptr || !node->executable()) return std::nullopt;
      return *real;
    };
    if (word.find('/') != std::string_view::npos) return file(word);
    for (std::size_t at = 0; at <= path_.size();) {
      std::size_t end = std::min(path_.find(':', at), path_.size());
      if (auto found = file(fmt::format("{}/{}", path_.substr(at, end - at), word))) return found;
      at = end + 1;
    }
    return std::nullopt;
  }

  void program(std::string_view word, const std::string& why, int depth) {
    auto path = find(word);
    if (!path) return;
    const image::Program& starts = tree_.find(*path)->program;
    if (starts.form == image::Program::Form::script && depth < most_interpreters) {
      program(starts.interpreter, fmt::format("`#!` of {}", *path), depth + 1);
      // `#!/usr/bin/env node` starts node by its name.
      if (starts.interpreter.ends_with("/env")) {
        std::string_view name = starts.argument;
        if (name.starts_with("-S ")) name.remove_prefix(3);
        program(name.substr(0, name.find(' ')), fmt::format("`#!` of {}", *path), depth + 1);
      }
    }
    // busybox is a shell where it is called by a shell's name.
    if (starts.form != image::Program::Form::script && (is_shell(*path) || is_shell(word)))
      start_.by_shell = true;
    bool known = std::ranges::any_of(start_.programs, [&](const auto& other) { return other.path == *path; });
    if (!known) start_.programs.push_back({*path, why});
  }

  const image::Tree& tree_;
  generate::ImageStart& start_;
  std::string path_;
};

/// `80/tcp`; nothing for what is none.
std::optional<generate::ImagePort> port_of(std::string_view text) {
  generate::ImagePort port;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port.number);
  if (error != std::errc{}) return std::nullopt;
  std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  port.protocol = rest.starts_with('/') ? rest.substr(1) : "tcp";
  return port;
}

}  // namespace

void add_started_programs(const image::Tree& tree, const StartConfig& config, generate::ImageStart& start) {
  Follow follow(tree, config, start);
  follow.command(config.entrypoint, "ENTRYPOINT");
  follow.command(config.command, "CMD");
  if (auto shell = tree.resolve("/bin/sh")) start.shell = *shell;
  start.has_tmp = tree.resolve("/tmp").has_value();
  start.writes_run = tree.resolve("/run").has_value() || tree.resolve("/var/run").has_value();
}

Result<generate::ImageStart> image_start(Os& os, const ImageSource& source,
                                         const std::vector<std::string>& entrypoint) {
  BH_TRY(OpenedImage opened, open_image(os, source));
  generate::ImageStart start{.reference = opened.inspected ? source.reference : source.folder};
  StartConfig config;
  if (opened.inspected) {
    const docker::Config& own = opened.inspected->config;
    start.id = opened.inspected->id;
    start.user = own.user;
    for (const auto& [path, _] : own.volumes) start.volumes.push_back(path);
    for (const auto& [text, _] : own.exposed_ports)
      if (auto port = port_of(text)) start.ports.push_back(*port);
    config = {own.entrypoint, own.cmd, own.env};
  }
  if (!entrypoint.empty()) {
    config.entrypoint = entrypoint;
    config.command.clear();
  }
  add_started_programs(opened.tree, config, start);
  return start;
}

}  // namespace bh::app
