// What is to be said about a profile that compiles, and what would mend it.
//
// A finding is a diagnostic (code, place, what was seen, the rule, the way out) with the edits that its help
// describes. `keeps_policy` is a promise: with these edits the compiled policy is the one it was. Edits
// without it change what is allowed, and are made only where somebody asked for just that.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "diag/diagnostic.h"

namespace bh::check {

/// Bytes of the text, and what shall stand there. An empty span is a place to insert at.
struct Edit {
  diag::Span span;
  std::string text;
};

struct Finding {
  diag::Diagnostic diagnostic;
  std::vector<Edit> edits;  ///< none: nothing that a program may decide
  bool keeps_policy = false;

  Finding& label(diag::Span place, std::string text) {
    diagnostic.label(place, std::move(text));
    return *this;
  }
  Finding& with_help(std::string text) {
    diagnostic.with_help(std::move(text));
    return *this;
  }
};

/// Where checks put what they find.
class Findings {
 public:
  /// Severity is the code's own. The reference holds until the next report.
  Finding& report(diag::Code code, diag::Span span, std::string message) {
    return all_.emplace_back(
        Finding{{code, diag::info(code).severity, span, std::move(message), {}, {}}, {}, false});
  }
  [[nodiscard]] std::vector<Finding> take() { return std::move(all_); }

 private:
  std::vector<Finding> all_;
};

}  // namespace bh::check
