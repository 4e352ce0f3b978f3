#include "generate/text.h"

#include <fmt/format.h>

namespace bh::generate {

void Text::line(std::string_view text) {
  if (text.empty() && (text_.empty() || text_.ends_with("\n\n"))) return;
  text_ += text;
  text_ += '\n';
  ++lines_;
}

void Text::section(std::string_view title) {
  line();
  line(fmt::format("  # ---- {}", title));
}

void Text::note(std::string_view text) { line(fmt::format("  # {}", text)); }

void Text::rule(std::string_view rule, std::string_view key, diag::Span span) {
  std::string out = fmt::format("  {},", rule);
  if (span.valid()) {
    out += fmt::format("  # {}, line {}", key, sources_.position(span.source, span.begin).line);
    origins_.push_back({lines_ + 1, span});
  } else if (!key.empty()) {
    out += fmt::format("  # {}", key);
  }
  line(out);
}

}  // namespace bh::generate
