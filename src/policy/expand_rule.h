// Internal: the words of a rule with their variables replaced, and the checks that only then can be made
// (complete patterns, paths that start at `/`, addresses of unix sockets).
#pragma once

#include <vector>

#include "policy/ast.h"
#include "policy/variables.h"

namespace bh::policy {

/// One rule, as a rule; several only where a value cannot stand in an alternation (`addr=` of unix rules).
[[nodiscard]] std::vector<Rule> expand_rule(const Rule& rule, Variables& variables, diag::Sink& sink);

}  // namespace bh::policy
