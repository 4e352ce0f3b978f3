// What a user may name where a profile is asked for, told apart by what it holds, never by trust in its name.
//
// A spec (TOML), profile text, a compiled policy, `bane:SPEC` for what bane makes of a spec, `docker-default`
// (also `@containerd`, `@podman`) for what containers get when nobody names a profile, `loaded:NAME` for what
// the kernel holds, `-` for stdin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/session.h"
#include "generate/runtime_default.h"

namespace bh::app {

enum class InputKind : std::uint8_t { spec, text, compiled };

struct Input {
  InputKind kind = InputKind::text;
  std::string name;         ///< as the user wrote it
  diag::SourceId source;    ///< of a spec or text
  std::string bytes;        ///< of a compiled policy
  std::string loaded_name;  ///< not empty: it came from the kernel, as part of the load of this profile
};

/// Errors: it cannot be read; or it is none of these (then `sink` says what was seen). `base`: the policy
/// folder that the runtimes' default profiles include from.
[[nodiscard]] Result<Input> read_input(Session& session, const std::string& name,
                                       const std::string& base = "/etc/apparmor.d");

/// `bane:SPEC` -> `SPEC`; any other name is left as it is.
[[nodiscard]] std::string without_style(const std::string& name);

/// What runtimes and bane look at under `base`, the policy folder.
[[nodiscard]] generate::HostIncludes includes_of(Os& os, const std::string& base);

/// What an input is called as one of several: `examples/web.toml` -> `web`, `bane:web.toml` -> `bane's web`.
[[nodiscard]] std::string title_of(const std::string& input);

/// The first bytes of every compiled policy: the element `version`.
[[nodiscard]] bool looks_compiled(std::string_view bytes);

/// Whether the first line that says anything is TOML's (`[table]`, `key = …`) and not the policy language's.
/// A text without such a line is none.
[[nodiscard]] bool looks_like_spec(std::string_view text);

/// The error of a verb whose input was wrong: how many errors the sink got since it had `before`.
[[nodiscard]] tl::unexpected<Error> wrong_input(const Session& session, std::size_t before);

}  // namespace bh::app
