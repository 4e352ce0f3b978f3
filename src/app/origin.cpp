#include "app/origin.h"

namespace bh::app {

std::optional<query::Origin> origin_of(const Session& session, const Compiled& compiled, std::size_t index) {
  // The order of both lists is the same (compile.h).
  if (!compiled.resolved || compiled.resolved->profiles.size() != compiled.policy.profiles.size())
    return std::nullopt;
  return query::Origin{session.sources, *compiled.resolved, compiled.resolved->profiles[index]};
}

}  // namespace bh::app
