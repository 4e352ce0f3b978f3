// Section 4: images and how they were built.
#include <algorithm>
#include <array>

#include "audit/build_history.h"
#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/secrets.h"

namespace bh::audit::checks {
namespace {

/// The user part of `user[:group]`.
std::string_view user_part(std::string_view user) { return user.substr(0, user.find(':')); }

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What Config.User says, and the image's /etc/passwd where that was read.
Seen configured_user(std::string_view user, const ImageFacts* image) {
  auto name = user_part(user);
  if (name.empty()) return {Outcome::fail, "no USER: runs as root", ""};
  if (name == "root") return {Outcome::fail, fmt::format("USER is {}", user), ""};
  if (is_number(name)) {
    bool zero = name.find_first_not_of('0') == std::string_view::npos;
    return {zero ? Outcome::fail : Outcome::pass, fmt::format("USER is {}", user), ""};
  }
  if (image != nullptr && image->layers)
    for (const auto& account : image->layers->accounts)
      if (account.name == name) {
        return {account.uid == 0 ? Outcome::fail : Outcome::pass,
                fmt::format("USER is {}, uid {} in the image", user, account.uid), ""};
      }
  return {Outcome::pass, fmt::format("USER is {}", user), ""};
}

Seen container_user(const ContainerFacts& facts, const docker::Container& container,
                    const ImageFacts* image) {
  auto said = configured_user(container.config.user, image);
  if (!facts.init) return said;
  const auto& init = *facts.init;
  bool mapped = !init.uid_map.empty() && !init.uid_map.starts_with("0 0 ");
  if (init.uid == 0)
    return {Outcome::fail, fmt::format("its first process is root on the host (pid {})", init.pid), ""};
  if (mapped)
    return {
        Outcome::pass,
        fmt::format("its first process is uid {} on the host (user namespace {})", init.uid, init.uid_map),
        ""};
  if (said.outcome == Outcome::fail)
    return {Outcome::manual,
            fmt::format("started as root, its first process is uid {} now: does all of it drop its rights?",
                        init.uid),
            ""};
  return {Outcome::pass, fmt::format("its first process is uid {}", init.uid), ""};
}

const ImageFacts* image_of(const Input& in, const std::string& id) {
  if (!in.facts.images) return nullptr;
  for (const auto& image : *in.facts.images)
    if (image.id == id) return &image;
  return nullptr;
}

/// Program name of a command, past `sudo`, assignments and shell words.
std::size_t program_at(const ShellCommand& command) {
  std::size_t at = 0;
  constexpr std::array<std::string_view, 8> skipped = {"sudo", "env", "set",  "then",
                                                       "do",   "if",  "else", "exec"};
  while (at < command.words.size() && (command.words[at].find('=') != std::string::npos ||
                                       std::ranges::find(skipped, command.words[at]) != skipped.end()))
    ++at;
  return at;
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

struct PackageUse {
  bool update = false;
  bool install = false;
};

/// Words that make a package manager refresh its index, and such that make it install.
struct PackageManager {
  std::string_view program;
  std::vector<std::string_view> update;
  std::vector<std::string_view> install;
};
const std::vector<PackageManager>& package_managers() {
  static const std::vector<PackageManager> table = {
      {"apt-get", {"update"}, {"install", "upgrade", "dist-upgrade", "build-dep"}},
      {"apt", {"update"}, {"install", "upgrade", "full-upgrade", "build-dep"}},
      {"aptitude", {"update"}, {"install", "upgrade", "safe-upgrade", "full-upgrade"}},
      {"apk", {"update"}, {"add", "upgrade"}},
      {"yum", {"makecache", "check-update"}, {"install", "update", "upgrade", "groupinstall"}},
      {"dnf", {"makecache", "check-update"}, {"install", "update", "upgrade", "groupinstall"}},
      {"microdnf", {"makecache"}, {"install", "update", "upgrade"}},
      {"zypper", {"refresh", "ref"}, {"install", "in", "update", "up", "dist-upgrade", "dup"}},
      {"pacman", {"-Sy", "-Syy"}, {"-S", "-Syu", "-Su", "-Syyu", "-U"}},
  };
  return table;
}

PackageUse package_use(std::string_view run) {
  PackageUse out;
  for (const auto& command : shell_commands(run)) {
    auto at = program_at(command);
    if (at >= command.words.size()) continue;
    for (const auto& manager : package_managers()) {
      if (base_name(command.words[at]) != manager.program) continue;
      for (auto word = command.words.begin() + static_cast<std::ptrdiff_t>(at) + 1;
           word != command.words.end(); ++word) {
        if (std::ranges::find(manager.update, *word) != manager.update.end()) out.update = true;
        if (std::ranges::find(manager.install, *word) != manager.install.end()) out.install = true;
      }
      // `pacman -Sy vim` installs as well.
      if (manager.program == "pacman" && out.update && !command.words.back().starts_with('-') &&
          command.words.size() > at + 2)
        out.install = true;
    }
  }
  return out;
}

/// A sign that something is installed without being verified, in words; empty: none.
std::string unverified(std::string_view run) {
  bool downloads = false;
  for (const auto& command : shell_commands(run)) {
    auto at = program_at(command);
    if (at >= command.words.size()) continue;
    auto program = base_name(command.words[at]);
    bool shell = program == "sh" || program == "bash" || program == "ash" || program == "python" ||
                 program == "python3" || program == "perl";
    if (command.piped && downloads && shell) return fmt::format("a download piped into {}", program);
    bool fetcher = program == "curl" || program == "wget";
    downloads = command.piped ? downloads || fetcher : fetcher;
    for (const auto& word : command.words) {
      if (word == "--allow-unauthenticated" || word == "--nogpgcheck" || word == "--no-gpg-checks" ||
          word == "--allow-untrusted" || word.starts_with("--trusted-host") ||
          word == "--no-check-certificate" ||
          (fetcher && program == "curl" && (word == "-k" || word == "--insecure")))
        return fmt::format("{} {}", program, word);
    }
  }
  return {};
}

std::string shortened(std::string_view text) {
  return text.size() <= 100 ? std::string(text) : std::string(text.substr(0, 99)) + "…";
}

/// `look` at the instructions that are not the base image's.
template <class Look>
Verdict each_history(const Input& in, Look look) {
  std::vector<const ImageFacts*> all;
  if (in.facts.images)
    for (const auto& image : *in.facts.images) all.push_back(&image);
  return each_image(in, [&](const ImageFacts& image, const docker::Image&) -> Seen {
    if (!image.history) return {Outcome::unknown, image.history.unknown, ""};
    return look(instructions(image, all));
  });
}

}  // namespace

Verdict image_user(const Input& in) {
  auto containers = each_container(in, [&](const ContainerFacts& facts, const docker::Container& container) {
    return container_user(facts, container, image_of(in, container.image));
  });
  auto images = each_image(in, [&](const ImageFacts& facts, const docker::Image& image) {
    return configured_user(image.config.user, &facts);
  });
  if (!in.facts.containers) return containers;
  if (!in.facts.images) return images;
  auto evidence = std::move(containers.evidence);
  evidence.insert(evidence.end(), images.evidence.begin(), images.evidence.end());
  return joined(std::move(evidence), "containers and images", "there are no containers and no images");
}

Verdict image_trusted_base(const Input& in) {
  const auto& trusted = in.policy.trusted_registries;
  if (trusted.empty()) return manual("name the registries you trust with --trusted-registry");
  return each_image(in, [&](const ImageFacts&, const docker::Image& image) -> Seen {
    auto names = image.repo_tags;
    names.insert(names.end(), image.repo_digests.begin(), image.repo_digests.end());
    if (names.empty()) return {Outcome::warn, "has neither tag nor digest", ""};
    for (const auto& name : names)
      if (std::ranges::none_of(trusted, [&](const std::string& prefix) { return name.starts_with(prefix); }))
        return {Outcome::fail, name + " is from no trusted registry", ""};
    if (image.repo_digests.empty())
      return {Outcome::warn, "from a trusted registry by its name, but not pinned by a digest", ""};
    return {Outcome::pass, "from a trusted registry", ""};
  });
}

Verdict image_rebuild_patches(const Input& in) {
  return each_image(in, [&](const ImageFacts& facts, const docker::Image&) -> Seen {
    return {Outcome::manual,
            fmt::format("made {} days ago: does it hold the current patches?",
                        (in.facts.taken - facts.created) / 86'400),
            ""};
  });
}

Verdict image_content_trust(const Input& in) {
  if (!in.facts.local) return verdict(Outcome::unknown, in.facts.host.mounts.unknown);
  const auto& places = in.facts.host.content_trust;
  if (!places.empty()) return passed("DOCKER_CONTENT_TRUST=1 in " + joined_words(places));
  return failed("no file of this host exports DOCKER_CONTENT_TRUST=1");
}

Verdict image_healthcheck(const Input& in) {
  return each_image(in, [](const ImageFacts&, const docker::Image& image) -> Seen {
    const auto& check = image.config.healthcheck;
    if (!check || check->test.empty()) return {Outcome::fail, "has no HEALTHCHECK", ""};
    if (check->test.front() == "NONE") return {Outcome::fail, "HEALTHCHECK NONE", ""};
    return {Outcome::pass, "HEALTHCHECK " + shortened(redact_text(joined_words(check->test))), ""};
  });
}

Verdict image_update_alone(const Input& in) {
  return each_history(in, [](const std::vector<Instruction>& history) -> Seen {
    for (const auto& step : history) {
      if (step.name != "RUN" || step.base) continue;
      auto use = package_use(step.text);
      if (use.update && !use.install)
        return {Outcome::fail, "updates the index without installing: RUN " + shortened(step.text), ""};
    }
    return {Outcome::pass, "no update of a package index without an install", ""};
  });
}

Verdict image_setuid(const Input& in) {
  return each_image(in, [](const ImageFacts& facts, const docker::Image&) -> Seen {
    if (!facts.layers) {
      bool not_asked = facts.layers.unknown.find("--layers") != std::string::npos;
      return {not_asked ? Outcome::manual : Outcome::unknown, facts.layers.unknown, ""};
    }
    if (facts.layers->set_id.empty()) return {Outcome::pass, "no set-id files and no file capabilities", ""};
    std::vector<std::string> names;
    for (const auto& file : facts.layers->set_id)
      names.push_back(
          fmt::format("{} ({:o}{})", file.path, file.mode, file.capabilities ? ", capabilities" : ""));
    return {Outcome::warn, joined_words(names), ""};
  });
}

Verdict image_copy_not_add(const Input& in) {
  return each_history(in, [](const std::vector<Instruction>& history) -> Seen {
    for (const auto& step : history)
      if (step.name == "ADD" && !step.base) return {Outcome::fail, "ADD " + shortened(step.text), ""};
    return {Outcome::pass, "no ADD above its base image", ""};
  });
}

Verdict image_secrets(const Input& in) {
  return each_image(in, [&](const ImageFacts& facts, const docker::Image& image) -> Seen {
    auto holds = [](const std::string& text) { return text.find(redaction_mark) != std::string::npos; };
    for (const auto& assignment : image.config.env)
      if (holds(assignment)) return {Outcome::fail, "in its environment: " + shortened(assignment), "ENV"};
    for (const auto& [key, value] : image.config.labels)
      if (holds(value))
        return {Outcome::fail, fmt::format("in its label {}: {}", key, shortened(value)), "LABEL"};
    for (const auto* words : {&image.config.cmd, &image.config.entrypoint})
      for (const auto& word : *words)
        if (holds(word)) return {Outcome::fail, "in its command: " + shortened(word), "CMD"};
    if (!facts.history) return {Outcome::unknown, facts.history.unknown, ""};
    for (const auto& entry : *facts.history)
      if (holds(entry.created_by))
        return {Outcome::fail, "in its history: " + shortened(entry.created_by), "history"};
    return {Outcome::pass, "none in environment, labels, command and history", ""};
  });
}

Verdict image_verified_packages(const Input& in) {
  return each_history(in, [](const std::vector<Instruction>& history) -> Seen {
    for (const auto& step : history)
      if (step.name == "RUN" && !step.base)
        if (auto sign = unverified(step.text); !sign.empty())
          return {Outcome::warn, fmt::format("{}: RUN {}", sign, shortened(step.text)), ""};
    return {Outcome::manual, "nothing in its history says that a check was left out", ""};
  });
}

}  // namespace bh::audit::checks
