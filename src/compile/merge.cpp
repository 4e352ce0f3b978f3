#include "compile/merge.h"

#include <algorithm>
#include <array>
#include <limits>

#include "compile/permissions.h"

namespace bh::compile {
namespace {

constexpr unsigned no_shift = 0;
constexpr std::array<unsigned, 2> halves{no_shift, accept_bit::other_shift};
constexpr std::uint32_t exec_fields = accept_bit::exec | accept_bit::exec_type;
constexpr std::uint32_t all_exec_fields = exec_fields | exec_fields << accept_bit::other_shift;
constexpr std::int64_t undecided = std::numeric_limits<std::int64_t>::min();

void apply(Merged& merged, const Grant& grant, std::uint32_t bits) {
  switch (grant.access) {
    case policy::Access::allow:
      merged.allow |= grant.bits & bits;
      merged.audit |= grant.audit & bits;
      break;
    case policy::Access::prompt:
      merged.prompt |= grant.bits & bits;
      merged.audit |= grant.audit & bits;
      break;
    case policy::Access::deny:
      merged.quiet |= grant.audit & bits;
      break;
  }
}

/// The highest rank that speaks about the exec bit of a half; `allowing`: of the rules that do not deny.
std::int64_t deciding_rank(std::span<const Grant* const> grants, std::uint32_t exec, bool allowing) {
  std::int64_t best = undecided;
  for (const Grant* grant : grants) {
    if (allowing && grant->access == policy::Access::deny) continue;
    if ((grant->bits & exec) != 0) best = std::max(best, rank(*grant, true));
  }
  return best;
}

/// Two rules that would decide where an exec goes, and say different things. As in the reference also where a
/// deny rule takes the exec away: the text contradicts itself all the same.
std::optional<ExecConflict> exec_conflict(std::span<const Grant* const> grants, unsigned shift) {
  const std::uint32_t exec = accept_bit::exec << shift, fields = exec_fields << shift;
  const std::int64_t best = deciding_rank(grants, exec, true);
  std::size_t decider = grants.size();
  for (std::size_t i = 0; i < grants.size(); ++i) {
    const Grant& grant = *grants[i];
    if (grant.access == policy::Access::deny || (grant.bits & exec) == 0 || rank(grant, true) != best)
      continue;
    if (decider == grants.size()) decider = i;
    if ((grant.bits & fields) != (grants[decider]->bits & fields)) return ExecConflict{decider, i};
  }
  return std::nullopt;
}

/// Everything but exec: rank by rank from the top, each with the bits that are still free.
void merge_plain(std::span<const Grant* const> grants, Merged& merged) {
  std::uint32_t free = ~all_exec_fields;
  std::int64_t below = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    std::int64_t level = undecided;
    for (const Grant* grant : grants) {
      const std::int64_t its = rank(*grant, false);
      if (its < below && (grant->bits & free) != 0) level = std::max(level, its);
    }
    if (level == undecided) return;
    std::uint32_t decided = 0;
    for (const Grant* grant : grants) {
      if (rank(*grant, false) != level) continue;
      apply(merged, *grant, free);
      decided |= grant->bits;
    }
    free &= ~decided;
    below = level;
  }
}

/// Exec of one half, with its transition. Then `ix` implies mapping the file, unless that is denied: also by
/// a rule of lower priority, which an implied permission does not overrule.
void merge_exec(std::span<const Grant* const> grants, unsigned shift, Merged& merged,
                std::optional<ExecConflict>& conflict) {
  const std::uint32_t exec = accept_bit::exec << shift;
  if (!conflict) conflict = exec_conflict(grants, shift);
  const std::int64_t best = deciding_rank(grants, exec, false);
  if (best == undecided) return;
  for (const Grant* grant : grants)
    if ((grant->bits & exec) != 0 && rank(*grant, true) == best) apply(merged, *grant, exec_fields << shift);
  const std::uint32_t mmap = accept_bit::mmap << shift;
  const bool unmappable = std::any_of(grants.begin(), grants.end(), [&](const Grant* grant) {
    return grant->access == policy::Access::deny && (grant->bits & mmap) != 0;
  });
  if ((merged.allow & exec) != 0 && (merged.allow & accept_bit::inherit << shift) != 0 && !unmappable)
    merged.allow |= mmap;
}

}  // namespace

std::int64_t rank(const Grant& grant, bool for_exec) {
  std::int64_t step = 0;
  switch (grant.access) {
    case policy::Access::prompt:
      step = 0;
      break;
    case policy::Access::allow:
      step = 1;
      break;
    case policy::Access::deny:
      step = 3;
      break;
  }
  if (for_exec && grant.exact) step = std::max<std::int64_t>(step, 2);
  return std::int64_t{grant.priority} * 4 + step;
}

Merged merge(std::span<const Grant* const> grants, std::optional<ExecConflict>& conflict) {
  Merged merged;
  merge_plain(grants, merged);
  for (const unsigned shift : halves) merge_exec(grants, shift, merged, conflict);
  return merged;
}

}  // namespace bh::compile
