// After a load: does the kernel hold what we gave it? The kernel's own copy of the bytes is compared, not its
// word.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/session.h"
#include "compile/policydb.h"

namespace bh::app {

enum class Verified : std::uint8_t {
  bytes,   ///< the kernel's copy of the load is ours, byte by byte
  digest,  ///< it keeps no copy, but its digest of each profile is that of our bytes
  listed,  ///< it shows neither; names and modes are as they should be
};

/// As the kernel lists it: `:ns://name` in another namespace.
[[nodiscard]] std::string listed_name(const compile::CompiledProfile& profile);
/// As the kernel lists it: enforce, complain, kill, unconfined, user.
[[nodiscard]] std::string_view listed_mode(const compile::KernelPolicy& policy,
                                           const compile::CompiledProfile& profile);

/// Errors: a profile is missing, in another mode, or not what was written.
[[nodiscard]] Result<Verified> verify_loaded(Session& session, const compile::KernelPolicy& policy,
                                             std::string_view bytes);

/// What the kernel hashes for each profile of a load, in order: the version word and the bytes of the
/// profile. Empty if `bytes` is not a well-formed load.
[[nodiscard]] std::vector<std::string> hashed_parts(std::string_view bytes);

}  // namespace bh::app
