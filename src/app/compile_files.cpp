#include "app/compile_files.h"

#include "app/verify.h"

namespace bh::app {
namespace {

std::size_t states_of(const std::optional<compile::Pdb>& pdb) { return pdb ? pdb->dfa.states() : 0; }

CompiledFile describe(const std::string& input, const Compiled& compiled) {
  CompiledFile file{.input = input, .bytes = compiled.bytes.size()};
  for (const auto& profile : compiled.policy.profiles)
    file.profiles.push_back({listed_name(profile), std::string(listed_mode(compiled.policy, profile)),
                             states_of(profile.file), states_of(profile.policydb)});
  return file;
}

}  // namespace

Result<CompileReport> compile_files(Session& session, Pipeline& pipeline,
                                    const std::vector<std::string>& inputs) {
  CompileReport report;
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  report.features = chosen.origin;
  report.assumed = chosen.assumed;
  report.why_assumed = chosen.why_assumed;
  std::size_t before = session.sink.errors();
  std::vector<std::string> world_errors;
  for (const std::string& input : inputs) {
    std::size_t errors = session.sink.errors();
    auto compiled = pipeline.open(input);
    if (compiled) {
      report.files.push_back(describe(input, *compiled));
      report.bytes += compiled->bytes;
    } else if (session.sink.errors() == errors) {
      world_errors.push_back(compiled.error().text);
    }
  }
  if (!world_errors.empty()) return fail("{}", fmt::join(world_errors, "; "));
  if (session.sink.errors() != before) return wrong_input(session, before);
  return report;
}

}  // namespace bh::app
