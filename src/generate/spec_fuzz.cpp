// Any bytes as a spec, through both styles and every abi: no crash, no runaway, and what is generated is
// policy: it parses, as one profile, and no string of the spec has opened a line of its own.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "generate/generate.h"
#include "policy/parse.h"

namespace {

using namespace bh;

void check(const generate::Spec& spec, const generate::Options& options, diag::SourceMap& sources) {
  diag::Sink sink;
  generate::Generated made = generate::generate(spec, options, sources, sink);
  BH_CHECK(made.text.empty() == !sink.ok());
  if (made.text.empty() || spec.imports || spec.inner_imports) return;
  diag::Sink wrong;
  auto text = sources.add("made", made.text);
  (void)policy::parse(sources, text, policy::Context::preamble, wrong);
  BH_CHECK(wrong.ok());
  // One profile, opened once and closed once, on lines of their own.
  std::size_t opened = 0, closed = 0;
  for (std::size_t at = 0; at < made.text.size(); at = made.text.find('\n', at) + 1) {
    opened += made.text.compare(at, 8, "profile ") == 0;
    closed += made.text.compare(at, 2, "}\n") == 0;
  }
  BH_CHECK(opened == 1 && closed == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  diag::SourceMap sources;
  diag::SourceId id = sources.add("fuzz.toml", std::string(reinterpret_cast<const char*>(data), size));
  diag::Sink sink;
  auto spec = generate::read_spec(sources, id, sink);
  BH_CHECK(spec.has_value() == sink.ok());
  if (!spec) return 0;
  generate::Options options = generate::options_of(*spec);
  options.style = generate::Style::bane;
  check(*spec, options, sources);
  options.style = generate::Style::strict;
  for (generate::Abi abi : generate::abis) {
    options.abi = abi;
    check(*spec, options, sources);
  }
  (void)generate::tightened_against_bane(*spec);
  return 0;
}
