// compile: profiles to the bytes of one load, and what came of each.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "app/pipeline.h"

namespace bh::app {

struct CompiledEntry {
  std::string name;  ///< as the kernel will list it
  std::string mode;
  std::size_t file_states = 0;    ///< of the automaton of file rules, 0 where there is none
  std::size_t policy_states = 0;  ///< of the automaton of everything else
};

struct CompiledFile {
  std::string input;  ///< as the user wrote it
  std::vector<CompiledEntry> profiles;
  std::size_t bytes = 0;
};

/// An input that could not be compiled. The errors of its text are in the session's sink.
struct FailedFile {
  std::string input;
  std::string why;
};

struct CompileReport {
  std::vector<CompiledFile> files;
  std::vector<FailedFile> failed;
  std::string features;  ///< whose: ChosenFeatures::origin
  bool assumed = false;
  std::string why_assumed;
  std::string bytes;  ///< of all files, in their order: one load. Empty where one of them failed
};

/// A folder stands for the files in it, but for those that policy folders pass over (`README`, `x.dpkg-old`, …). Every
/// input is looked at, whatever came of those before it. Errors: the features to compile for.
[[nodiscard]] Result<CompileReport> compile_files(Session& session, Pipeline& pipeline,
                                                  const std::vector<std::string>& inputs);

}  // namespace bh::app
