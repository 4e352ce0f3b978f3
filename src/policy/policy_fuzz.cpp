// Any bytes as a policy file and as the files it includes: nothing may crash, run away or report nonsense,
// and what is accepted must come back the same through the printer.
//
// The input is split at "\n%%\n": the policy, then the files a, b, c of the base folder.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "diag/render.h"
#include "policy/fake_os.h"
#include "policy/print.h"
#include "policy/resolve.h"
#include "policy/same.h"

namespace {

using namespace bh;

void round_trip(const std::string& text, policy::Context context) {
  diag::SourceMap sources;
  diag::Sink sink;
  policy::Fragment first = policy::parse(sources, sources.add("first", text), context, sink);
  (void)diag::render(sources, sink);
  if (!sink.ok()) return;
  diag::Sink again;
  policy::Fragment second =
      policy::parse(sources, sources.add("second", policy::print(first.block)), context, again);
  BH_CHECK(again.ok());
  BH_CHECK(policy::same(first.block, second.block));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  policy::FakeOs os;
  std::string policy_text;
  constexpr std::string_view separator = "\n%%\n";
  for (char name = 'a' - 1; name <= 'c'; ++name) {
    std::size_t end = text.find(separator);
    std::string part = text.substr(0, end);
    text = end == std::string::npos ? std::string() : text.substr(end + separator.size());
    if (name < 'a')
      policy_text = std::move(part);
    else
      os.files[std::string("/b/") + name] = std::move(part);
  }
  round_trip(policy_text, policy::Context::preamble);
  round_trip(policy_text, policy::Context::profile_body);
  diag::SourceMap sources;
  policy::ResolveOptions options;
  options.base = "/b";
  options.max_expanded_bytes = 1 << 16;
  policy::Library library(os, sources, options);
  diag::Sink sink;
  policy::ResolvedPolicy resolved = policy::resolve(library, sources.add("policy", policy_text), sink);
  for (const policy::ResolvedProfile& profile : resolved.profiles)
    for (const policy::ResolvedRule& rule : profile.rules) (void)policy::print(rule.rule);
  (void)diag::render(sources, sink);
  return 0;
}
