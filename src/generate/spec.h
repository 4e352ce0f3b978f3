// A container's spec: the small TOML file that says what the container may do. bane's files are specs as they
// are.
//
// The one idea: the keys stand in one table (spec_keys.h). The reader, the reference page (docs/spec.md) and
// the JSON Schema (docs/spec.schema.json) are made from it and cannot disagree. Every value keeps the place
// that it was written at, so that a rule, a warning and a refusal can name the line that asked for it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "diag/diagnostic.h"

namespace bh::generate {

/// A string of the spec and its place (quotes included).
struct Entry {
  std::string text;
  diag::Span span;
};

/// A list that was written, possibly empty: `AllowExec = []` is not the same as no `AllowExec`.
struct List {
  diag::Span key;
  std::vector<Entry> entries;
};

template <class T>
struct Located {
  T value{};
  diag::Span span;
};

enum class Mode : std::uint8_t { enforce, complain };
enum class Style : std::uint8_t { strict, bane };
enum class Unlisted : std::uint8_t { writable, readonly };
enum class Floor : std::uint8_t { standard, custom };

struct Filesystem {
  std::optional<List> read_only_paths;
  std::optional<List> log_on_write_paths;
  std::optional<List> writable_paths;
  std::optional<List> allow_exec;
  std::optional<List> deny_exec;
  std::optional<List> read_paths;
  std::optional<List> deny_paths;
};

struct Capabilities {
  std::optional<List> allow;  ///< lower case, without `cap_`
  std::optional<List> deny;
};

struct Network {
  std::optional<diag::Span> table;
  std::optional<Located<bool>> raw;
  std::optional<Located<bool>> packet;
  std::optional<List> protocols;
  std::optional<List> families;
};

/// Peers by profile name; globs are allowed.
struct Signals {
  std::optional<List> send;
  std::optional<List> receive;
};

struct Ptrace {
  std::optional<List> trace;
  std::optional<List> read;
  std::optional<List> traced_by;
  std::optional<List> read_by;
};

struct Userns {
  std::optional<Located<bool>> create;
};

/// What a query must answer: `[[Expect]]`.
struct Expectation {
  Entry action;  ///< as in `bulkhead query`
  bool allow = false;
};

struct Spec {
  diag::SourceId source;
  Entry name;  ///< the profile's name, prefix included
  std::optional<Located<Mode>> mode;
  std::optional<Located<Style>> style;
  std::optional<Located<Unlisted>> unlisted;
  std::optional<Located<Floor>> floor;
  std::optional<List> quiet;
  std::optional<List> imports;        ///< preamble lines, verbatim
  std::optional<List> inner_imports;  ///< profile lines, verbatim
  Filesystem filesystem;
  Capabilities capabilities;
  Network network;
  Signals signals;
  Ptrace ptrace;
  Userns userns;
  std::vector<Expectation> expectations;
};

/// Reads and checks a spec. Nothing if anything is wrong that a profile cannot be made of; `sink` has every
/// reason, and the warnings of a file that can be used.
[[nodiscard]] std::optional<Spec> read_spec(const diag::SourceMap& sources, diag::SourceId source,
                                            diag::Sink& sink);

/// The `[[Expect]]` tables alone, of a file that holds nothing else or of a whole spec. Nothing, and an
/// error: it cannot be read, or expects nothing.
[[nodiscard]] std::optional<std::vector<Expectation>> read_expectations(const diag::SourceMap& sources,
                                                                        diag::SourceId source,
                                                                        diag::Sink& sink);

/// The JSON Schema of a spec (docs/spec.schema.json), and its reference page (docs/spec.md).
[[nodiscard]] std::string spec_schema_json();
[[nodiscard]] std::string spec_reference_markdown();

}  // namespace bh::generate
