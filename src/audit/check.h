// A check: one entry of the catalogue and one pure function from facts to a verdict. No check reads anything
// but its input.
//
// A check that concerns many things (containers, images, files) gives one piece of evidence for each; the
// verdict is the worst of them. "Could not look" is `unknown`, never `pass`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/facts.h"
#include "report/findings.h"

namespace bh::audit {

using report::Evidence;
using report::Outcome;

enum class Section : std::uint8_t {
  host,
  daemon,
  daemon_files,
  images,
  runtime,
  operations,
  swarm,
  enterprise,
  community,
  beyond
};
[[nodiscard]] std::string_view word(Section section);
[[nodiscard]] std::string_view title(Section section);

struct Verdict {
  Outcome outcome = Outcome::pass;
  std::string summary;  ///< one sentence without full stop
  std::vector<Evidence> evidence;
};

/// What the owner of the host has decided; the defaults are the benchmark's.
struct Policy {
  std::set<std::string> trusted_users;
  std::vector<std::string> trusted_registries;  ///< prefixes of image names
  std::set<std::uint32_t> allowed_ports;
  std::set<std::string> allowed_cgroup_parents;
  bool swarm_needed = false;
};

struct Input {
  const Snapshot& facts;
  const Policy& policy;
  std::string_view benchmark;                         ///< "1.8.0"
  std::string_view parameter;                         ///< of the catalogue's entry
  std::span<const ContainerFacts* const> containers;  ///< those that were selected
  std::span<const ImageFacts* const> images;
};

using CheckFunction = Verdict (*)(const Input&);

inline constexpr std::array<std::string_view, 12> benchmark_versions = {"1.0.0", "1.11.0", "1.12.0", "1.13.0",
                                                                        "1.1.0", "1.2.0",  "1.3.1",  "1.4.0",
                                                                        "1.5.0", "1.6.0",  "1.7.0",  "1.8.0"};

struct Check {
  std::string_view key;
  Section section;
  int level;       ///< 1 or 2; 0: none is known
  bool automated;  ///< what the benchmark says of it
  CheckFunction function;
  std::string_view parameter;
  std::string_view title;
  std::string_view help;
  std::string_view ids;     ///< by version, blank-separated
  std::string_view own_id;  ///< outside the benchmark

  /// The number in that version of the benchmark (or the own one); empty where it is in neither.
  [[nodiscard]] std::string_view id(std::string_view benchmark) const;
};

/// All of them, in the order of the newest benchmark.
[[nodiscard]] std::span<const Check> catalogue();

}  // namespace bh::audit
