#include <algorithm>

#include "audit/check.h"
#include "audit/checks.h"
#include "audit/host_fs.h"

namespace bh::audit {
namespace {

constexpr bool automated = true;
constexpr bool manual = false;

constexpr Check entries[] = {
#define BH_CHECK_ENTRY(key, section, level, assessment, function, parameter, title, help, ids, own_id) \
  Check{key, Section::section, level, assessment, checks::function, parameter, title, help, ids, own_id},
#include "audit/catalogue.def"
#undef BH_CHECK_ENTRY
};

}  // namespace

std::span<const Check> catalogue() { return entries; }

std::string_view Check::id(std::string_view benchmark) const {
  auto version = std::ranges::find(benchmark_versions, benchmark);
  if (version != benchmark_versions.end()) {
    auto column = words(ids)[static_cast<std::size_t>(version - benchmark_versions.begin())];
    if (column != "-") return column;
  }
  return own_id;
}

std::string_view word(Section section) {
  switch (section) {
    case Section::host:
      return "host";
    case Section::daemon:
      return "daemon";
    case Section::daemon_files:
      return "daemon-files";
    case Section::images:
      return "images";
    case Section::runtime:
      return "runtime";
    case Section::operations:
      return "operations";
    case Section::swarm:
      return "swarm";
    case Section::enterprise:
      return "enterprise";
    case Section::community:
      return "community";
    case Section::beyond:
      return "beyond";
  }
  return "";
}

std::string_view title(Section section) {
  switch (section) {
    case Section::host:
      return "Host";
    case Section::daemon:
      return "Docker daemon";
    case Section::daemon_files:
      return "Docker daemon's files";
    case Section::images:
      return "Images";
    case Section::runtime:
      return "Containers";
    case Section::operations:
      return "Operations";
    case Section::swarm:
      return "Swarm";
    case Section::enterprise:
      return "Docker Enterprise";
    case Section::community:
      return "Community checks";
    case Section::beyond:
      return "Beyond the benchmark";
  }
  return "";
}

}  // namespace bh::audit
