// `--style bane`: the policy that bane itself would have written for the same file, rule for rule in its
// order, so that people can move in two steps. The warnings (bane_warnings.cpp) say where that policy does
// less than the file seems to. Equality is checked on the compiled policy.
#pragma once

#include <span>
#include <string_view>

#include "generate/generate.h"

namespace bh::generate {

[[nodiscard]] Generated generate_bane(const Spec& spec, const Options& options,
                                      const diag::SourceMap& sources, diag::Sink& sink);

/// The rules that bane puts into every profile, without their comma.
[[nodiscard]] std::span<const std::string_view> bane_fixed_rules();

/// One warning for each line of the spec that does nothing or less than it says in bane's policy, with what
/// strict does.
void warn_about_bane(const Spec& spec, diag::Sink& sink);

}  // namespace bh::generate
