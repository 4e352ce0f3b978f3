// Questions about everything that a pattern matches: `any write under /etc/**`. Is one of them allowed,
// which, or is there a proof that none is?
//
// The one idea: the pattern becomes an automaton of the strings that the kernel would look up (form.h), which
// is walked together with the policy's; what both accept is the answer, all of it, so an empty set is a
// proof.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "diag/source.h"
#include "query/ask.h"
#include "query/explain.h"
#include "query/glob_set.h"

namespace bh::query {

/// The first word is `any`.
[[nodiscard]] bool is_any(std::string_view question);

/// One form of a question with patterns for its fields, by position; empty: anything.
struct AnyForm {
  Form form;  ///< its accesses are those that were asked for
  std::vector<std::string> patterns;
};

struct AnyQuestion {
  std::string text;  ///< as it was asked, blanks squeezed
  std::vector<AnyForm> forms;
};

/// `any VERB [under] [PATTERN] [KEY=PATTERN] [-> PATTERN]`; what is left out may be anything. Errors go to
/// `sink`.
[[nodiscard]] std::optional<AnyQuestion> parse_any(const diag::SourceMap& sources, diag::Span where,
                                                   const compile::CompiledProfile& profile, diag::Sink& sink);

/// What of it is allowed to anybody (the owner of a file, or others).
struct AnyAnswer {
  bool allowed = false;
  std::vector<std::string> allowed_texts;  ///< actions with patterns, or patterns; empty: nothing is allowed
  std::vector<std::string> except_texts;   ///< that are not, although those match them
  bool exact = true;                       ///< false: of what the texts match, only a part is allowed
  std::optional<Action> example;          ///< a shortest one that is allowed; if none is, one that is refused
  std::vector<std::string> not_mediated;  ///< classes that the profile is not asked about, so all is allowed
};

/// Errors: the pattern needs too large an automaton.
[[nodiscard]] Result<AnyAnswer> ask_any(const compile::CompiledProfile& profile, const AnyQuestion& question,
                                        const std::vector<std::string>& hints = {});

/// Several lines, ends with a newline. `of_example`: ask() of the answer's example, if it has one; `origin`
/// may be null, as in explain.h.
[[nodiscard]] std::string explain(const AnyQuestion& question, const AnyAnswer& answer,
                                  const Answer& of_example, const Origin* origin);

}  // namespace bh::query
