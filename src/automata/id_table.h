// The hash-consing table: finds the id of a value that lives in the caller's own flat array.
//
// The one idea: it stores ids and parts of their hashes only, never values, so that interning costs one probe
// and no allocation per value, and the values stay dense. (A general map would keep each key twice.) Open
// addressing, linear probes, power of two.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bh::automata {

class IdTable {
 public:
  /// The id of the value with this hash for which `equal(id)` holds, or `fresh` after remembering it under
  /// the hash. The caller appends the value if the answer is `fresh`.
  template <class Equal>
  std::uint32_t find_or_insert(std::uint64_t hash, std::uint32_t fresh, Equal equal) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    const std::size_t mask = slots_.size() - 1;
    const auto kept = static_cast<std::uint32_t>(hash);
    for (std::size_t at = kept & mask;; at = (at + 1) & mask) {
      Slot& slot = slots_[at];
      if (slot.id == vacant) {
        slot = {kept, fresh};
        ++used_;
        return fresh;
      }
      if (slot.hash == kept && equal(slot.id)) return slot.id;
    }
  }

  /// The id of the value with this hash for which `equal(id)` holds, or `absent`.
  template <class Equal>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, std::uint32_t absent, Equal equal) const {
    if (slots_.empty()) return absent;
    const std::size_t mask = slots_.size() - 1;
    const auto kept = static_cast<std::uint32_t>(hash);
    for (std::size_t at = kept & mask; slots_[at].id != vacant; at = (at + 1) & mask) {
      if (slots_[at].hash == kept && equal(slots_[at].id)) return slots_[at].id;
    }
    return absent;
  }

  [[nodiscard]] std::size_t bytes() const { return slots_.size() * sizeof(Slot); }

 private:
  static constexpr std::uint32_t vacant = 0xffffffff;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t id = vacant;
  };
  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(old.empty() ? 64 : old.size() * (old.size() < 65'536 ? 4 : 2), Slot{});
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.id == vacant) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].id != vacant) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

/// A 64-bit number whose every bit depends on every bit of the argument (the finaliser of splitmix64).
constexpr std::uint64_t scramble(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace bh::automata
