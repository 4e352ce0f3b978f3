#include "audit/run.h"

#include <algorithm>

#include "audit/daemon_facts.h"
#include "audit/file_facts.h"
#include "audit/host_fs.h"
#include "audit/snapshot.h"
#include "base/file.h"

namespace bh::audit {
namespace {
constexpr std::size_t snapshot_bytes_max = 256u << 20;
}

Result<Snapshot> obtain(Os& os, const docker::Environment& environment, const Source& source,
                        std::string tool_version) {
  if (!source.from.empty()) {
    BH_TRY(auto text, read_file(os, source.from, snapshot_bytes_max));
    auto snapshot = read_snapshot(text);
    if (!snapshot) return tl::unexpected(std::move(snapshot.error()).in(source.from));
    return snapshot;
  }
  BH_TRY(auto target, docker::find_engine(os, environment, source.host, source.context));
  BH_TRY(auto engine, docker::Engine::connect(target));
  BH_TRY(auto snapshot, collect(os, engine, source.collect));
  snapshot.tool = std::move(tool_version);
  return snapshot;
}

bool is_bad(const report::Document& document, std::string_view fail_on) {
  if (fail_on == "never") return false;
  auto limit = fail_on == "warn" ? Outcome::warn : fail_on == "unknown" ? Outcome::unknown : Outcome::fail;
  return std::ranges::any_of(document.findings,
                             [&](const report::Finding& finding) { return finding.outcome >= limit; });
}

std::vector<FileFact> watchable_files(Os& os, const docker::Environment& environment, const Source& source) {
  HostFs fs(os);
  net::Endpoint asked;
  std::string data_root;
  if (auto target = docker::find_engine(os, environment, source.host, source.context)) {
    asked = target->endpoint;
    if (auto engine = docker::Engine::connect(*target))
      if (auto info = engine->info()) data_root = info->docker_root_dir;
  }
  return collect_files(fs, collect_daemon(fs, asked), asked.path, data_root);
}

}  // namespace bh::audit
