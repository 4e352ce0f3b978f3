#include "diag/diagnostic.h"

namespace bh::diag {
namespace {

constexpr CodeInfo table[] = {
#define BH_CODE(number, name, severity, title) {number, #name, Severity::severity, title},
#include "diag/codes.def"
#undef BH_CODE
};

}  // namespace

const CodeInfo& info(Code code) { return table[static_cast<std::size_t>(code)]; }

const std::vector<CodeInfo>& all_codes() {
  static const std::vector<CodeInfo> codes(std::begin(table), std::end(table));
  return codes;
}

Diagnostic& Sink::report(Code code, Span span, std::string message) {
  return report(Diagnostic{code, info(code).severity, span, std::move(message), {}, {}});
}

Diagnostic& Sink::report(Diagnostic diagnostic) {
  if (diagnostic.severity == Severity::error) ++errors_;
  if (diagnostic.severity == Severity::warning) ++warnings_;
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

void Sink::label_since(std::size_t first, Span place, const std::string& text) {
  for (std::size_t i = first; i < diagnostics_.size(); ++i) diagnostics_[i].label(place, text);
}

}  // namespace bh::diag
