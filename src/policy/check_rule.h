// Whether the parts of one rule fit together: the conditions that a class knows, their values, and which
// accesses they exclude. Works on words as written (before variables are replaced), as apparmor_parser does.
// Follows apparmor.d(5).
#pragma once

#include <string_view>

#include "diag/diagnostic.h"
#include "policy/ast.h"

namespace bh::policy {

/// Whether rules of this class have a condition `key` (in the rule itself).
[[nodiscard]] bool knows_condition(RuleClass kind, std::string_view key);

/// Reports everything that is wrong with `rule`; `span` is the rule after its keyword.
void check_rule(const ClassRule& rule, diag::Span span, diag::Sink& sink);

/// Reports a mount rule that no mount fits. apparmor_parser looks only where the rule counts: not in the
/// branch of an `if` that is not taken.
void check_mount(const ClassRule& rule, diag::Span span, diag::Sink& sink);

}  // namespace bh::policy
