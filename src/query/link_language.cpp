#include "query/link_language.h"

#include <array>
#include <map>
#include <vector>

#include "query/ask.h"

namespace bh::query {
namespace {

using automata::Dfa;
using compile::FilePerms;
using compile::Perms;
namespace perm = compile::perm;

constexpr std::uint32_t by_owner = 1, by_other = 2;

/// Three walks at once. Before the NUL only `pair` walks, as the new name.
struct Place {
  std::uint32_t pair = Dfa::trap;
  std::uint32_t existing = Dfa::trap;
  std::uint32_t name = 0;  ///< the new name's entry, one more than its number; 0: still in the new name
  auto operator<=>(const Place&) const = default;
};

class Builder {
 public:
  Builder(const compile::Pdb& pdb, std::uint32_t start, const automata::Budget& budget)
      : pdb_(pdb), start_(start), budget_(budget) {}

  Result<Dfa> build() {
    // As few classes as the policy's own, but NUL must stand alone.
    std::array<std::uint8_t, 256> classes = pdb_.dfa.classes;
    std::uint32_t count = 0;
    std::map<std::uint8_t, std::uint8_t> renamed;
    for (std::size_t byte = 1; byte < 256; ++byte) {
      const auto [at, fresh] = renamed.try_emplace(classes[byte], static_cast<std::uint8_t>(count));
      if (fresh) {
        ++count;
        bytes_.push_back(static_cast<std::uint8_t>(byte));
      }
      classes[byte] = at->second;
    }
    const std::uint32_t nul = count++;
    classes[0] = static_cast<std::uint8_t>(nul);
    bytes_.push_back(0);

    Dfa dfa = automata::blank_dfa(2, classes, count, Dfa::no_class);
    dfa.next.resize(count);  // rows are appended
    dfa.accept.resize(1);
    (void)find({start_, Dfa::trap, 0});
    for (std::size_t at = 0; at < places_.size(); ++at) {
      if (places_.size() > budget_.max_states)
        return fail("the hard links that it allows need more than {} states", budget_.max_states);
      const Place place = places_[at];
      dfa.accept.push_back(accept(place));
      for (const std::uint8_t byte : bytes_) dfa.next.push_back(step(place, byte));
    }
    return dfa;
  }

 private:
  [[nodiscard]] const FilePerms& entry(std::uint32_t state) const {
    return pdb_.perms[pdb_.dfa.accept[state]];
  }

  std::uint32_t find(const Place& place) {
    const auto [at, fresh] = ids_.try_emplace(place, static_cast<std::uint32_t>(places_.size()) + Dfa::start);
    if (fresh) places_.push_back(place);
    return at->second;
  }

  std::uint32_t step(const Place& place, std::uint8_t byte) {
    const std::uint32_t pair = pdb_.dfa.step(place.pair, byte);
    if (pair == Dfa::trap) return Dfa::trap;
    if (place.name != 0) {
      if (byte == 0) return Dfa::trap;  // no path holds one
      return find({pair, pdb_.dfa.step(place.existing, byte), place.name});
    }
    if (byte != 0) return find({pair, Dfa::trap, 0});
    const FilePerms& name = entry(place.pair);
    if (((name.owner.allow | name.other.allow) & perm::link) == 0) return Dfa::trap;
    return find({pair, start_, pdb_.dfa.accept[place.pair] + 1});
  }

  [[nodiscard]] std::uint32_t accept(const Place& place) const {
    if (place.name == 0) return 0;
    const FilePerms& name = pdb_.perms[place.name - 1];
    const auto may = [&](const Perms FilePerms::* half) {
      return may_link(name.*half, entry(place.pair).*half, entry(place.existing).*half);
    };
    return (may(&FilePerms::owner) ? by_owner : 0) | (may(&FilePerms::other) ? by_other : 0);
  }

  const compile::Pdb& pdb_;
  std::uint32_t start_;
  const automata::Budget& budget_;
  std::vector<std::uint8_t> bytes_;  ///< one of each class
  std::map<Place, std::uint32_t> ids_;
  std::vector<Place> places_;
};

}  // namespace

Result<Dfa> link_language(const FileTable& table, const automata::Budget& budget) {
  if (table.pdb == nullptr) return automata::blank_dfa(2, {}, 1, Dfa::no_class);
  return Builder(*table.pdb, table.start, budget).build();
}

}  // namespace bh::query
