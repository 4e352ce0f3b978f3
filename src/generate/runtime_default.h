// The profile that a container runtime gives a container when nobody names one: docker-default and its
// relatives, stated from what is known of them. What bane's users and ours leave behind, so what a spec is
// compared with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bh::generate {

enum class Runtime : std::uint8_t { docker, containerd, podman };
inline constexpr std::array runtimes = {Runtime::docker, Runtime::containerd, Runtime::podman};

/// `docker`, `containerd`, `podman` (whose profile cri-o shares).
[[nodiscard]] std::string_view name_of(Runtime runtime);

/// `docker-default`, or `docker-default@RUNTIME`; nothing for any other word.
[[nodiscard]] std::optional<Runtime> runtime_named(std::string_view word);

/// Runtimes look at their host, as bane did: the tunables and the base abstraction are included where they
/// are, and the manager (daemon) may signal as the profile that it has itself.
struct HostIncludes {
  bool tunables = true;
  bool base = true;
  std::string_view manager = {};  ///< empty: `dockerd`, `containerd`, …
  bool rootless = true;           ///< containerd: rootlesskit may signal too
  std::string_view name = {};     ///< of the profile, where a runtime numbers it; empty: profile_of()
};

/// `docker-default`, `cri-containerd.apparmor.d`, `containers-default`.
[[nodiscard]] std::string_view profile_of(Runtime runtime);

/// Docker's as of 2026-06, containerd's as of 2026-08.
[[nodiscard]] std::string runtime_default(Runtime runtime, HostIncludes host);

}  // namespace bh::generate
