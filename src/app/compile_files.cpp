#include "app/compile_files.h"

#include <sys/stat.h>

#include <algorithm>

#include "app/verify.h"
#include "policy/resolve.h"

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

/// The inputs with each folder replaced by its files, by name.
std::vector<std::string> files_of(Session& session, const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    const auto status = session.world.os.stat(input);
    auto names = status && S_ISDIR(status->st_mode) ? session.world.os.list(input) : std::vector<std::string>{};
    if (!status || !S_ISDIR(status->st_mode) || !names) {
      files.push_back(input);
      continue;
    }
    std::ranges::sort(*names);
    for (const std::string& name : *names) {
      std::string path = input + (input.ends_with('/') ? "" : "/") + name;
      const auto inner = session.world.os.stat(path);
      if (!policy::skipped_name(name) && (!inner || S_ISREG(inner->st_mode))) files.push_back(std::move(path));
    }
  }
  return files;
}

}  // namespace

Result<CompileReport> compile_files(Session& session, Pipeline& pipeline,
                                    const std::vector<std::string>& inputs) {
  CompileReport report;
  BH_TRY(ChosenFeatures chosen, pipeline.features());
  report.features = chosen.origin;
  report.assumed = chosen.assumed;
  report.why_assumed = chosen.why_assumed;
  for (const std::string& input : files_of(session, inputs)) {
    auto compiled = pipeline.open(input);
    if (compiled) {
      report.files.push_back(describe(input, *compiled));
      report.bytes += compiled->bytes;
    } else {
      report.failed.push_back({input, compiled.error().text});
    }
  }
  if (!report.failed.empty()) report.bytes.clear();
  return report;
}

}  // namespace bh::app
