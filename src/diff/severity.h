// How much a gain matters to who runs a container: a table, and the function that looks into it.
//
// The one idea: a gain is as severe as the worst thing that it contains; whether it contains it is decided by
// the automata, not by comparing texts.
#pragma once

#include <string>
#include <vector>

#include "automata/dfa.h"
#include "diff/diff.h"
#include "query/form.h"

namespace bh::diff {

struct Weight {
  Severity severity = Severity::low;
  std::string why;
};

/// A gain as the changes know it.
struct Gained {
  const query::Form& form;
  std::vector<std::string_view> accesses;  ///< of the form
  std::vector<std::vector<std::string>> choices;
  std::string transition;              ///< of an exec
  bool runs_what_it_writes = false;    ///< a file may be written and run, which was not so
  const automata::Dfa* set = nullptr;  ///< the strings behind the form's prefix; null: a form without fields
};

[[nodiscard]] Weight weigh(const Gained& gained);

/// Of a class that is not mediated any more.
[[nodiscard]] Weight weigh_unmediated(std::uint8_t mediation_class);

}  // namespace bh::diff
