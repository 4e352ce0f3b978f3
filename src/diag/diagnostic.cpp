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
  const CodeInfo& about = info(code);
  (about.severity == Severity::error ? errors_ : warnings_) += about.severity == Severity::note ? 0 : 1;
  diagnostics_.push_back({code, about.severity, span, std::move(message), {}, {}});
  return diagnostics_.back();
}

}  // namespace bh::diag
