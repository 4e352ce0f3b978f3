// What a container's profile must stop and what it must let be: the attacks and the functions by which
// profiles are scored.
//
// The one idea: a row is data. Its questions are answered by query from the compiled policy, and tried for
// real by a probe of the same id inside a confined process; a test holds the two against each other. An
// attack counts as blocked when every one of its questions is refused, a function as kept when every one is
// allowed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bh::query {

enum class RowKind : std::uint8_t { attack, function };

/// Who can stop it at all.
enum class RowLayer : std::uint8_t {
  apparmor,  ///< the profile, on every kernel with AppArmor
  kernel,    ///< the profile, on kernels that mediate it (the answer says `not mediated` elsewhere)
  flags,     ///< the profile's flags, not its rules
  other,     ///< seccomp, capabilities or the runtime only
  running,   ///< only a running container can show it
};

struct CatalogueRow {
  std::string_view id;  ///< `A01`, `F5`
  RowKind kind;
  RowLayer layer;
  std::string_view title;
  std::string_view questions;   ///< actions (query/action.h), one a line; empty where rules decide nothing
  std::string_view probe;       ///< the harmless test in a confined process
  std::string_view remedy;      ///< the rule that blocks it (attack), or that allows it (function)
  std::string_view stands_for;  ///< CVE, CIS recommendation, advisory
};

/// In the order of their ids: attacks, then functions.
[[nodiscard]] std::span<const CatalogueRow> catalogue();

/// The row of an id, or nullptr.
[[nodiscard]] const CatalogueRow* find_row(std::string_view id);

}  // namespace bh::query
