// What the checks share: joining evidence into a verdict, "for each container", words for capabilities.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "audit/check.h"

namespace bh::audit::checks {

[[nodiscard]] inline Verdict verdict(Outcome outcome, std::string summary) {
  return {outcome, std::move(summary), {}};
}
[[nodiscard]] inline Verdict passed(std::string summary) {
  return verdict(Outcome::pass, std::move(summary));
}
[[nodiscard]] inline Verdict failed(std::string summary) {
  return verdict(Outcome::fail, std::move(summary));
}
[[nodiscard]] inline Verdict not_applicable(std::string summary) {
  return verdict(Outcome::not_applicable, std::move(summary));
}
[[nodiscard]] inline Verdict manual(std::string summary) {
  return verdict(Outcome::manual, std::move(summary));
}

/// The verdict "unknown" with the reason that a fact gives.
template <class T>
[[nodiscard]] Verdict unknown(const Fact<T>& fact) {
  return verdict(Outcome::unknown, fact.unknown.empty() ? "the snapshot does not say" : fact.unknown);
}

/// The worst of the evidence, with a summary that counts: "2 of 5 containers: web, db".
[[nodiscard]] Verdict joined(std::vector<Evidence> evidence, std::string_view plural,
                             std::string_view when_none);

/// What one container or image shows; the subject is filled in.
struct Seen {
  Outcome outcome = Outcome::pass;
  std::string text;
  std::string where;
};

template <class Look>
[[nodiscard]] Verdict each_container(const Input& in, Look look) {
  if (!in.facts.containers) return unknown(in.facts.containers);
  std::vector<Evidence> evidence;
  for (const auto* container : in.containers) {
    auto subject = "container " + container->name;
    if (!container->inspect) {
      evidence.push_back({Outcome::unknown, subject, container->inspect.unknown, ""});
      continue;
    }
    Seen seen = look(*container, *container->inspect);
    evidence.push_back({seen.outcome, subject, std::move(seen.text), std::move(seen.where)});
  }
  return joined(std::move(evidence), "containers", "there are no containers");
}

template <class Look>
[[nodiscard]] Verdict each_image(const Input& in, Look look) {
  if (!in.facts.images) return unknown(in.facts.images);
  std::vector<Evidence> evidence;
  for (const auto* image : in.images) {
    auto subject = "image " + image->name;
    if (!image->inspect) {
      evidence.push_back({Outcome::unknown, subject, image->inspect.unknown, ""});
      continue;
    }
    Seen seen = look(*image, *image->inspect);
    evidence.push_back({seen.outcome, subject, std::move(seen.text), std::move(seen.where)});
  }
  return joined(std::move(evidence), "images", "there are no images");
}

template <class Range>
[[nodiscard]] std::string joined_words(const Range& range) {
  return fmt::format("{}", fmt::join(range, ", "));
}

/// `name=apparmor` in the engine's SecurityOptions; `name=seccomp,profile=default` gives "profile=default".
[[nodiscard]] std::optional<std::string> engine_option(const docker::Info& info, std::string_view name);

// Capabilities, by the kernel's numbers (include/uapi/linux/capability.h).
[[nodiscard]] std::string_view capability_name(unsigned number);  ///< "NET_RAW"; "" above the last known
/// Number of "CAP_NET_RAW", "net_raw"; nothing where it is none.
[[nodiscard]] std::optional<unsigned> capability_number(std::string_view name);
[[nodiscard]] constexpr std::uint64_t capability_bit(unsigned number) { return std::uint64_t{1} << number; }
inline constexpr std::uint64_t all_capabilities = (std::uint64_t{1} << 41) - 1;
/// What the engine grants with --cap-add, --cap-drop and --privileged to a container's first process when it
/// is root.
[[nodiscard]] std::uint64_t granted_capabilities(const docker::HostConfig& config);
[[nodiscard]] std::vector<std::string> capability_names(std::uint64_t set);
/// Docker's default set.
[[nodiscard]] std::uint64_t default_capabilities();
/// Those that lead out of a container, each with what it allows.
struct DangerousCapability {
  std::string_view name;
  std::string_view allows;
};
[[nodiscard]] std::span<const DangerousCapability> dangerous_capabilities();

/// The daemon's setting as one value with its place.
struct Configured {
  std::string value;
  std::string where;
};
[[nodiscard]] std::optional<Configured> configured(const Fact<Daemon>& daemon, const std::string& key);
[[nodiscard]] std::vector<std::string> configured_list(const Fact<Daemon>& daemon, const std::string& key);

[[nodiscard]] std::vector<const FileFact*> files_of(const Snapshot& facts, std::string_view role);

/// A container's mount source that is, holds or lies in a sensitive place.
enum class Reach { none, extended, sensitive, socket, root };
struct Reached {
  Reach reach = Reach::none;
  std::string place;
};
[[nodiscard]] Reached reach_of(const Snapshot& facts, const MountFact& mount);
/// Files that the engine itself mounts (hosts, resolv.conf, hostname), and such as are harmless.
[[nodiscard]] bool is_benign_mount(const Snapshot& facts, const MountFact& mount);

}  // namespace bh::audit::checks
