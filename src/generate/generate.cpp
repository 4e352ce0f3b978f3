#include "generate/generate.h"

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

}  // namespace bh::generate
