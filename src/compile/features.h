// What a kernel (or a policy's `abi`) can mediate: the tree that /sys/kernel/security/apparmor/features
// shows.
//
// The one idea: a feature is asked for by its path, and a word of a mask is one more step: `network_v8`,
// `policy/versions/v7`, `signal/mask/hup`; every path is kept once, in one hash table. The text form is the
// reference's `-M` form: `name {words or more names}`. Follows apparmor.d(5) "abi" and the kernel's
// security/apparmor/apparmorfs.c (the tree itself).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "automata/id_table.h"
#include "diag/diagnostic.h"
#include "diag/source.h"

namespace bh::compile {

class Features {
 public:
  /// The entry is there, as a folder, a file or a word of a file's list, and does not say `no`.
  [[nodiscard]] bool has(std::string_view path) const;
  /// The entry's content as a number (decimal or 0x…); none when it is absent or not one number.
  [[nodiscard]] std::optional<std::uint64_t> value(std::string_view path) const;
  [[nodiscard]] bool empty() const { return items_.empty(); }

  using ItemId = std::uint32_t;
  static constexpr ItemId none = 0xffffffff;

  /// The folder or file of a path, added where it is new, and every folder above it.
  ItemId add_entry(std::string_view path);
  /// The same for one directly below another entry, or at the top (none).
  ItemId add_entry_in(ItemId folder, std::string_view name);
  /// A word of a file's content.
  void add_word(ItemId entry, std::string_view word);
  [[nodiscard]] std::string_view path(ItemId item) const {
    return std::string_view(text_).substr(items_[item].begin, items_[item].size);
  }

 private:
  friend std::string to_text(const Features&);
  friend Features intersect(const Features&, const Features&);

  /// A folder or a file of the tree, or a word of a file: its path is the file's and the word.
  struct Item {
    std::uint32_t begin, size;  // in text_
    ItemId parent;
    bool word;
    std::uint32_t words = 0;  // that a file has
    ItemId last_word = none;
  };
  [[nodiscard]] ItemId find(std::string_view path, bool word) const;
  ItemId add(ItemId parent, std::string_view name, bool word);
  [[nodiscard]] std::string_view name(ItemId item) const;

  std::string text_;  ///< all paths
  std::vector<Item> items_;
  automata::IdTable table_;
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
