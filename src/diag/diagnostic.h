// What is wrong with the input: a stable code, where, what was seen, what the rule is, and the way out.
//
// A stage gets a Sink, reports everything that it finds and recovers; nobody prints on the way. The table of
// codes is diag/codes*.def: adding a diagnostic is one line there, one report() and one golden case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "diag/source.h"

namespace bh::diag {

enum class Severity : std::uint8_t { note, warning, error };

/// The codes' C++ names. Their numbers (BH1001 …) are for users and never change meaning.
enum class Code : std::uint16_t {
#define BH_CODE(number, name, severity, title) name,
#include "diag/codes.def"
#undef BH_CODE
};

struct CodeInfo {
  std::uint16_t number;
  std::string_view name;
  Severity severity;
  std::string_view title;
};

[[nodiscard]] const CodeInfo& info(Code code);
/// Every code, in the order of the table.
[[nodiscard]] const std::vector<CodeInfo>& all_codes();

struct Label {
  Span span;
  std::string text;
};

struct Diagnostic {
  Code code;
  Severity severity;
  Span span;                  ///< may be invalid: about the input as a whole
  std::string message;        ///< one sentence without full stop: what was seen and the rule
  std::vector<Label> labels;  ///< other places, each with what it has to do with this
  std::string help;           ///< the way out; may be empty

  Diagnostic& label(Span place, std::string text) {
    labels.push_back({place, std::move(text)});
    return *this;
  }
  Diagnostic& with_help(std::string text) {
    help = std::move(text);
    return *this;
  }
};

class Sink {
 public:
  /// Severity is the code's own. The reference holds until the next report.
  Diagnostic& report(Code code, Span span, std::string message);

  /// A diagnostic of another sink (of a file that was parsed earlier).
  Diagnostic& report(Diagnostic diagnostic);
  /// Adds a label to everything reported since there were `first` diagnostics: where it happened, told by an
  /// outer stage.
  void label_since(std::size_t first, Span place, const std::string& text);

  [[nodiscard]] const std::vector<Diagnostic>& diagnostics() const { return diagnostics_; }
  [[nodiscard]] std::size_t errors() const { return errors_; }
  [[nodiscard]] std::size_t warnings() const { return warnings_; }
  [[nodiscard]] bool ok() const { return errors_ == 0; }

 private:
  std::vector<Diagnostic> diagnostics_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
};

}  // namespace bh::diag
