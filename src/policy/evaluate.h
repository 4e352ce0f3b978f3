// Internal: the value of an `if` expression.
#pragma once

#include "policy/ast.h"
#include "policy/variables.h"

namespace bh::policy {

/// Errors (an unset boolean, numbers compared with words) are reported; the value is then false.
[[nodiscard]] bool evaluate(const Conditional& conditional, Variables& variables, diag::Sink& sink);

}  // namespace bh::policy
