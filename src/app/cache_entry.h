// What is kept of one compile: the policy's bytes, what was said about the text, and everything that the
// result depends on beside the text and the settings, as questions with their answers.
//
// The one idea: a compile asks the world only two things, where an include's name leads and what a file
// holds. An entry lists both with what was answered. It is good exactly as long as the same questions get the
// same answers; no time stamp is asked for one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "diag/diagnostic.h"
#include "policy/resolve.h"

namespace bh::app {

/// What is reported of a compiled profile.
struct CompiledEntry {
  std::string name;  ///< as the kernel will list it
  std::string mode;
  std::uint32_t file_states = 0;    ///< of the automaton of file rules, 0 where there is none
  std::uint32_t policy_states = 0;  ///< of the automaton of everything else

  bool operator==(const CompiledEntry&) const = default;
};

/// A place in the text itself (0) or in CacheEntry::files[file - 1].
struct KeptSpan {
  static constexpr std::uint32_t nowhere = 0xffffffff;
  std::uint32_t file = nowhere, begin = 0, end = 0;

  bool operator==(const KeptSpan&) const = default;
};

struct KeptDiagnostic {
  std::uint16_t number = 0;  ///< of the code, as users see it
  KeptSpan span;
  std::string message, help;
  std::vector<std::pair<KeptSpan, std::string>> labels;

  bool operator==(const KeptDiagnostic&) const = default;
};

struct CacheEntry {
  struct File {
    std::string path;
    std::string sha256;  ///< hex, of what it held
    bool operator==(const File&) const = default;
  };
  std::vector<policy::LookedUp> lookups;
  std::vector<File> files;
  std::vector<KeptDiagnostic> said;  ///< never errors: what is wrong is not kept
  std::vector<CompiledEntry> profiles;
  std::string bytes;  ///< of one load

  bool operator==(const CacheEntry&) const = default;
};

/// A head and a checksum, and `body` behind them.
[[nodiscard]] std::string sealed(std::string_view body);

/// A file's bytes: a head, a checksum over the rest, `key` and the entry.
[[nodiscard]] std::string packed(const CacheEntry& entry, std::string_view key);

/// Any bytes. Errors: torn, altered, of another form, or of another key.
[[nodiscard]] Result<CacheEntry> unpacked(std::string_view bytes, std::string_view key);

}  // namespace bh::app
