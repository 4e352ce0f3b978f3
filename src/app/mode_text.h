// The mode flag in the text of a profile, set with nothing else touched: what complain and enforce mean in
// the kernel must also hold for whoever reads the file later, the boot service or a person.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/resolve.h"

namespace bh::app {

enum class WantedMode : std::uint8_t { enforce, complain };

/// The flags of a head that name a mode.
[[nodiscard]] bool is_mode_flag(const policy::Flag& flag);

/// `profile` is `name`, or a child or hat of it.
[[nodiscard]] bool is_under(std::string_view profile, std::string_view name);

/// A deny rule that says nothing of audit. Whoever compiles such a rule for complain mode as it stands gets a
/// refusal without a line in the log; we compile it as `audit deny`, the distributions' parser does not.
[[nodiscard]] bool has_silent_denies(const policy::ResolvedPolicy& policy);

struct ModeText {
  std::string text;
  std::vector<std::string> elsewhere;  ///< profiles whose heads stand in a file that this one includes
};

/// `policy` is what `source` (whose whole text is `text`) resolves to. `name`: that profile with its children
/// and hats; empty: all. Enforce takes `complain` away; other modes (kill, unconfined, …) give way to
/// complain only.
[[nodiscard]] ModeText with_mode(std::string_view text, diag::SourceId source,
                                 const policy::ResolvedPolicy& policy, std::string_view name,
                                 WantedMode mode);

}  // namespace bh::app
