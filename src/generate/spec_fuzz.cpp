// Any bytes as a spec, through both styles: no crash, no runaway, and what is generated has no line that a
// string of the spec could have opened.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "generate/generate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bh;
  diag::SourceMap sources;
  diag::SourceId id = sources.add("fuzz.toml", std::string(reinterpret_cast<const char*>(data), size));
  for (generate::Style style : {generate::Style::strict, generate::Style::bane}) {
    diag::Sink sink;
    auto spec = generate::read_spec(sources, id, sink);
    BH_CHECK(spec.has_value() == sink.ok());
    if (!spec) return 0;
    generate::Options options = generate::options_of(*spec);
    options.style = style;
    generate::Generated made = generate::generate(*spec, options, sources, sink);
    BH_CHECK(made.text.empty() == !sink.ok());
    if (style == generate::Style::strict) (void)generate::tightened_against_bane(*spec);
    if (spec->imports || spec->inner_imports) continue;
    // One profile, opened once and closed once, on lines of their own.
    std::size_t opened = 0, closed = 0;
    for (std::size_t at = 0; at < made.text.size(); at = made.text.find('\n', at) + 1) {
      opened += made.text.compare(at, 8, "profile ") == 0;
      closed += made.text.compare(at, 2, "}\n") == 0;
    }
    if (!made.text.empty()) BH_CHECK(opened == 1 && closed == 1);
  }
  return 0;
}
