// What a kernel (or a policy's `abi`) can mediate: the tree that /sys/kernel/security/apparmor/features
// shows.
//
// The one idea: a feature is asked for by its path, and a word of a mask is one more step: `network_v8`,
// `policy/versions/v7`, `signal/mask/hup`. The text form is the reference's `-M` form: `name {words or more
// names}`. Follows apparmor.d(5) "abi" and the kernel's security/apparmor/apparmorfs.c (the tree itself).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "diag/source.h"

namespace bh::compile {

class Features {
 public:
  /// The entry is there, as a folder, a file or a word of a file's list, and does not say `no`.
  [[nodiscard]] bool has(std::string_view path) const;
  /// The entry's content as a number (decimal or 0x…); none when it is absent or not one number.
  [[nodiscard]] std::optional<std::uint64_t> value(std::string_view path) const;
  [[nodiscard]] bool empty() const { return entries_.empty(); }

  /// A folder or a file of the tree.
  struct Entry {
    std::string path;
    std::vector<std::string> words;  ///< the content, split at white space; folders have none

    bool operator==(const Entry&) const = default;
  };

  Features() = default;
  /// The entries in any order, those of one path joined; every folder above one is added.
  explicit Features(std::vector<Entry> entries);

  bool operator==(const Features&) const = default;

 private:
  friend std::string to_text(const Features&);
  friend Features intersect(const Features&, const Features&);
  [[nodiscard]] const Entry* find(std::string_view path) const;

  std::vector<Entry> entries_;  ///< sorted by path, one for each; words sorted, without repeats
};

/// Limits: 1 MiB of text, 16 levels, 65,536 entries. What is wrong goes to `sink`.
[[nodiscard]] std::optional<Features> parse_features(const diag::SourceMap& sources, diag::SourceId source,
                                                     diag::Sink& sink);

/// The same form as parse_features reads; entries sorted by path.
[[nodiscard]] std::string to_text(const Features& features);

/// What rules may use when the policy names an `abi`: entries and words that both have; numbers are the
/// kernel's.
[[nodiscard]] Features intersect(const Features& kernel, const Features& policy);

/// How permissions are written into the kernel's binary form. Follows the kernel side alone, never the
/// policy's `abi`.
enum class Dialect : std::uint8_t {
  accept_bits,  ///< permissions in the automaton's two accept tables: what every kernel from 3.x on reads
  perms_table,  ///< a table of permission entries: needs permstable32_version >= 2 (1, on 6.12, is known to
                ///< be broken)
};

[[nodiscard]] Dialect dialect(const Features& kernel);

}  // namespace bh::compile
