// What any checker of ours found, in the form that every report is made from. It knows nothing of Docker: the
// audit and the linters fill it, and text, JSON, JUnit and SARIF are functions from it to bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bh::report {

/// From harmless to bad: the worst of several pieces of evidence is the outcome.
enum class Outcome : std::uint8_t { not_applicable, pass, manual, warn, unknown, fail };
inline constexpr std::size_t outcome_count = 6;
/// "not-applicable", "pass" …
[[nodiscard]] std::string_view word(Outcome outcome);

struct Evidence {
  Outcome outcome = Outcome::pass;
  std::string
      subject;  ///< "container web", "image nginx:1", "/etc/docker/daemon.json"; empty: the host as a whole
  std::string text;   ///< what was seen, one clause
  std::string where;  ///< where it was set; may be empty
};

struct Finding {
  std::string id;   ///< number in the benchmark
  std::string key;  ///< name that is the same in all versions
  std::string section;
  std::string title;
  std::string help;  ///< the way out
  int level = 0;
  bool automated = true;
  Outcome outcome = Outcome::pass;
  std::string summary;
  std::vector<Evidence> evidence;
};

/// passed / (passed + warned + failed + unknown), a warning counting half as passed; what is manual or does
/// not apply does not count.
struct Score {
  std::size_t counts[outcome_count] = {};
  [[nodiscard]] std::size_t of(Outcome outcome) const { return counts[static_cast<std::size_t>(outcome)]; }
  [[nodiscard]] double percent() const;  ///< 0 to 100; 100 where nothing counts
};

struct Section {
  std::string name;   ///< a word
  std::string title;  ///< for people
  Score score;
};

struct Document {
  std::string package = "bulkhead.audit";  ///< of JUnit: which of our commands made it
  std::string tool_version;
  std::string standard;  ///< "CIS Docker Benchmark 1.8.0"
  std::string subject;   ///< "engine 28.5.2 at unix:///var/run/docker.sock"
  std::string host;      ///< its name; empty: not known
  std::string taken_at;  ///< RFC 3339
  std::vector<Finding> findings;
  std::vector<Section> sections;
  Score total;
};

}  // namespace bh::report
