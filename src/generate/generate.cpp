#include "generate/generate.h"

#include <algorithm>

#include "generate/bane.h"
#include "generate/strict.h"

namespace bh::generate {

Options options_of(const Spec& spec) {
  Options options;
  if (spec.style) options.style = spec.style->value;
  if (spec.mode) options.mode = spec.mode->value;
  return options;
}

Generated generate(const Spec& spec, const Options& options, const diag::SourceMap& sources,
                   diag::Sink& sink) {
  return options.style == Style::bane ? generate_bane(spec, options, sources, sink)
                                      : generate_strict(spec, options, sources, sink);
}

bool is_strict_text(std::string_view text) {
  while (text.starts_with('#')) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (line.ends_with(strict_notice)) return true;
    text.remove_prefix(std::min(line.size() + 1, text.size()));
  }
  return false;
}

}  // namespace bh::generate
