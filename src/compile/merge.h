// What a state of an automaton allows, from the rules that match there: priorities, deny over allow, exact
// paths over globs for exec, audit and quiet.
//
// The one idea: bits are decided by the highest rank that speaks about them; what is decided is out of reach
// of lower ranks, what has the same rank adds up. Works on the accept bits of the old dialect
// (permissions.h), in which exec has its own fields.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "policy/ast.h"

namespace bh::compile {

/// What a rule says about the strings that it matches.
struct Grant {
  std::uint32_t bits = 0;  ///< accept bits it speaks about
  std::uint32_t audit =
      0;  ///< of an allow or prompt rule: those logged when used. Of a deny rule: those *not* logged
  policy::Access access = policy::Access::allow;
  bool exact = false;  ///< the language holds no wildcard
  std::int32_t priority = 0;
  auto operator<=>(const Grant&) const = default;
};

/// A rule's place in the order of deciding: by priority, then deny, allow, prompt. `for_exec`: exact allow
/// rules come before globs.
[[nodiscard]] std::int64_t rank(const Grant& grant, bool for_exec);

struct Merged {
  std::uint32_t allow = 0, prompt = 0, audit = 0, quiet = 0;
  bool operator==(const Merged&) const = default;
};

/// Two rules of the same rank that send one exec to different places: positions in the span given to merge().
struct ExecConflict {
  std::size_t first, second;
};

/// The order of `grants` does not matter to the result.
[[nodiscard]] Merged merge(std::span<const Grant* const> grants, std::optional<ExecConflict>& conflict);

}  // namespace bh::compile
