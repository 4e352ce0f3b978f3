// compile: profiles to the bytes of one load, and what came of each.
//
// The one idea: files have nothing to do with each other, so each worker has a session of its own (sources,
// diagnostics, parsed includes) and nothing is shared but the list of inputs. What is reported is in the
// order of the inputs, however many workers there were.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "app/pipeline.h"
#include "base/pass_times.h"

namespace bh::app {

struct CompiledFile {
  std::string input;  ///< as the user wrote it
  std::vector<CompiledEntry> profiles;
  std::size_t bytes = 0;
  CacheUse cache = CacheUse::off;
  std::string not_kept;  ///< Ready::not_kept
};

/// An input that could not be compiled. The errors of its text are in the session's sink.
struct FailedFile {
  std::string input;
  std::string why;
};

/// What was said about one input: some of a session's diagnostics.
struct Said {
  const Session* session = nullptr;
  std::size_t begin = 0, end = 0;
};

struct CompileReport {
  std::vector<CompiledFile> files;
  std::vector<FailedFile> failed;
  std::string features;  ///< whose: ChosenFeatures::origin
  bool assumed = false;
  std::string why_assumed;
  std::string cache_distrust;  ///< why the cache was not used; empty: it was, or none was wanted
  std::string bytes;           ///< of all files, in their order: one load. Empty where one of them failed
  std::vector<Said> said;      ///< for each input
  std::vector<std::unique_ptr<Session>> sessions{};  ///< of the workers beside the first
};

struct CompileOptions {
  /// Threads, the caller's own among them: for files, and where they are few for profiles.
  std::size_t jobs = 1;
  PassTimes* times = nullptr;  ///< where the time goes, if somebody wants to know
};

/// The inputs with each folder replaced by the files in it, by name, but for those that policy folders pass
/// over.
[[nodiscard]] std::vector<std::string> files_of(Session& session, const std::vector<std::string>& inputs);

/// A folder stands for the files in it, but for those that policy folders pass over (`README`, `x.dpkg-old`,
/// …). Every input is looked at, whatever came of those before it, by at most `options.jobs` threads. Errors:
/// the features to compile for.
[[nodiscard]] Result<CompileReport> compile_files(Session& session, const PolicySettings& settings,
                                                  const std::vector<std::string>& inputs,
                                                  const CompileOptions& options);

}  // namespace bh::app
