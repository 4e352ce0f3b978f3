#include "app/compile_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <future>

#include "policy/resolve.h"

namespace bh::app {
namespace {

/// What came of one input.
struct Outcome {
  std::optional<Ready> ready;
  std::string why;  // it was not
  Said said;
};

/// A session and its pipeline.
class Worker {
 public:
  Worker(Session& session, const PolicySettings& settings)
      : session_(session), pipeline_(session, settings) {}

  [[nodiscard]] Pipeline& pipeline() { return pipeline_; }

  /// Takes inputs until there are none left.
  void work(const std::vector<std::string>& inputs, std::atomic<std::size_t>& next,
            std::vector<Outcome>& outcomes) {
    for (std::size_t at; (at = next++) < inputs.size();) {
      Outcome& outcome = outcomes[at];
      outcome.said = {&session_, session_.sink.diagnostics().size(), 0};
      auto ready = pipeline_.ready(inputs[at]);
      outcome.said.end = session_.sink.diagnostics().size();
      if (ready) {
        ready->policy.reset();  // the bytes and the entries are what is reported
        outcome.ready = std::move(*ready);
      } else {
        outcome.why = std::move(ready.error().text);
      }
    }
  }

 private:
  Session& session_;
  Pipeline pipeline_;
};

/// One worker on this thread, the others on threads of their own; whichever throws, all have ended.
std::vector<Outcome> compile_all(Worker& first, std::vector<std::unique_ptr<Worker>>& others,
                                 const std::vector<std::string>& inputs, PassTimes* times) {
  std::vector<Outcome> outcomes(inputs.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::future<void>> running;
  for (auto& worker : others)
    running.push_back(std::async(std::launch::async, [&, other = worker.get()] {
      const PassRecording recording(times);
      other->work(inputs, next, outcomes);
    }));
  first.work(inputs, next, outcomes);
  for (auto& one : running) one.get();
  return outcomes;
}

}  // namespace

std::vector<std::string> files_of(Session& session, const std::vector<std::string>& inputs) {
  std::vector<std::string> files;
  for (const std::string& input : inputs) {
    const auto status = session.world.os.stat(input);
    auto names =
        status && S_ISDIR(status->st_mode) ? session.world.os.list(input) : std::vector<std::string>{};
    if (!status || !S_ISDIR(status->st_mode) || !names) {
      files.push_back(input);
      continue;
    }
    std::ranges::sort(*names);
    for (const std::string& name : *names) {
      std::string path = input + (input.ends_with('/') ? "" : "/") + name;
      const auto inner = session.world.os.stat(path);
      if (!policy::skipped_name(name) && (!inner || S_ISREG(inner->st_mode)))
        files.push_back(std::move(path));
    }
  }
  return files;
}

Result<CompileReport> compile_files(Session& session, const PolicySettings& settings,
                                    const std::vector<std::string>& inputs, const CompileOptions& options) {
  const PassRecording recording(options.times);
  CompileReport report;
  const std::vector<std::string> files = files_of(session, inputs);
  PolicySettings of_worker = settings;
  of_worker.jobs = std::max<std::size_t>(options.jobs / std::max<std::size_t>(files.size(), 1), 1);
  Worker first(session, of_worker);
  BH_TRY(ChosenFeatures chosen, first.pipeline().features());
  report.features = chosen.origin;
  report.assumed = chosen.assumed;
  report.why_assumed = chosen.why_assumed;
  report.cache_distrust = first.pipeline().cache_distrust();
  std::vector<std::unique_ptr<Worker>> others;
  while (others.size() + 1 < std::min(options.jobs, files.size())) {
    report.sessions.push_back(std::make_unique<Session>(session.world));
    others.push_back(std::make_unique<Worker>(*report.sessions.back(), of_worker));
  }
  std::vector<Outcome> outcomes = compile_all(first, others, files, options.times);
  for (std::size_t i = 0; i < files.size(); ++i) {
    report.said.push_back(outcomes[i].said);
    if (!outcomes[i].ready) {
      report.failed.push_back({files[i], outcomes[i].why});
      continue;
    }
    Ready& ready = *outcomes[i].ready;
    report.bytes += ready.bytes;
    report.files.push_back(
        {files[i], std::move(ready.profiles), ready.bytes.size(), ready.cache, ready.not_kept});
  }
  if (!report.failed.empty()) report.bytes.clear();
  return report;
}

}  // namespace bh::app
