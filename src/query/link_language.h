// The hard links that a profile allows, as one language: `new name NUL existing file`.
//
// The one idea: the kernel looks up three strings for a link (the new name, the pair, the existing file) and
// may want the existing file to allow all that the new name does (file.c, profile_path_link). The three walks
// are states of one automaton here, so that what is allowed can be compared like any other language.
#pragma once

#include "automata/budget.h"
#include "automata/dfa.h"
#include "base/result.h"
#include "compile/policydb.h"
#include "query/question.h"

namespace bh::query {

/// Accepts with bit 0 what an owner may link, with bit 1 what others may. Errors: more states than the
/// budget.
[[nodiscard]] Result<automata::Dfa> link_language(const FileTable& table, const automata::Budget& budget);

}  // namespace bh::query
