#include "automata/dfa.h"

#include <fmt/format.h>

#include <algorithm>

#include "automata/id_table.h"
#include "base/check.h"

namespace bh::automata {

Dfa blank_dfa(std::size_t states, const std::array<std::uint8_t, 256>& classes, std::uint32_t class_count,
              std::uint32_t oob_class) {
  BH_CHECK(states >= 2 && class_count > 0);
  Dfa dfa(Alphabet{classes, class_count, oob_class});
  dfa.next.assign(states * class_count, Dfa::trap);
  dfa.accept.assign(states, 0);
  return dfa;
}

Dfa merge_classes(const Dfa& dfa) {
  // Columns with equal hashes are compared in full; the hash of a column is a sum over states, so rows are
  // read once.
  std::vector<std::uint64_t> hashes(dfa.class_count);
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    const std::span<const std::uint32_t> row = dfa.row(state);
    const std::uint64_t weight = scramble(state) | 1;
    for (std::uint32_t column = 0; column < dfa.class_count; ++column) hashes[column] += weight * row[column];
  }
  const auto equal = [&](std::uint32_t a, std::uint32_t b) {
    if (hashes[a] != hashes[b]) return false;
    for (std::uint32_t state = 0; state < dfa.states(); ++state) {
      if (dfa.row(state)[a] != dfa.row(state)[b]) return false;
    }
    return true;
  };

  // Byte columns in the order of their first byte, so that equal automata get equal classes; out of band
  // last, on its own.
  std::vector<std::uint32_t> kept;
  std::vector<std::uint32_t> renamed(dfa.class_count, Dfa::no_class);
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint32_t& name = renamed[dfa.classes[byte]];
    if (name == Dfa::no_class) {
      const auto same =
          std::ranges::find_if(kept, [&](std::uint32_t other) { return equal(other, dfa.classes[byte]); });
      name = static_cast<std::uint32_t>(same - kept.begin());
      if (same == kept.end()) kept.push_back(dfa.classes[byte]);
    }
    classes[byte] = static_cast<std::uint8_t>(name);
  }
  std::uint32_t oob_class = Dfa::no_class;
  if (dfa.oob_class != Dfa::no_class && hashes[dfa.oob_class] != 0) {
    oob_class = static_cast<std::uint32_t>(kept.size());
    kept.push_back(dfa.oob_class);
  }

  Dfa merged = blank_dfa(dfa.states(), classes, static_cast<std::uint32_t>(kept.size()), oob_class);
  merged.accept = dfa.accept;
  std::size_t at = 0;
  for (std::uint32_t state = 0; state < dfa.states(); ++state) {
    const std::span<const std::uint32_t> row = dfa.row(state);
    for (const std::uint32_t column : kept) merged.next[at++] = row[column];
  }
  return merged;
}

namespace {

std::string byte_text(std::size_t byte) {
  const auto character = static_cast<char>(byte);
  if (character == '\\' || character == '-' || character == ' ') return fmt::format("\\{}", character);
  if (byte > 0x20 && byte < 0x7f) return std::string(1, character);
  return fmt::format("\\x{:02x}", byte);
}

/// The bytes that lead from a state to `target`, as ranges.
std::string bytes_text(const Dfa& dfa, std::uint32_t state, std::uint32_t target) {
  std::string text;
  for (std::size_t byte = 0; byte < 256;) {
    if (dfa.step(state, static_cast<std::uint8_t>(byte)) != target) {
      ++byte;
      continue;
    }
    std::size_t end = byte + 1;
    while (end < 256 && dfa.step(state, static_cast<std::uint8_t>(end)) == target) ++end;
    text += byte_text(byte);
    if (end - byte > 2) text += '-';
    if (end - byte > 1) text += byte_text(end - 1);
    byte = end;
  }
  return text;
}

}  // namespace

std::string to_text(const Dfa& dfa) {
  std::string text;
  for (std::uint32_t state = Dfa::start; state < dfa.states(); ++state) {
    text += fmt::format("{} accept {}:", state, dfa.accept[state]);
    std::vector<std::uint32_t> targets;  // in the order of their first bytes
    std::vector<std::size_t> counts;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t target = dfa.step(state, static_cast<std::uint8_t>(byte));
      const auto found = std::ranges::find(targets, target);
      if (found == targets.end()) {
        targets.push_back(target);
        counts.push_back(1);
      } else {
        ++counts[static_cast<std::size_t>(found - targets.begin())];
      }
    }
    const auto most = std::ranges::max_element(counts) - counts.begin();
    const std::uint32_t other = targets[static_cast<std::size_t>(most)];
    for (const std::uint32_t target : targets) {
      if (target != other) text += fmt::format(" {} -> {}", bytes_text(dfa, state, target), target);
    }
    if (dfa.step_oob(state) != Dfa::trap) text += fmt::format(" oob -> {}", dfa.step_oob(state));
    if (other != Dfa::trap) text += fmt::format(" else -> {}", other);
    text += '\n';
  }
  return text;
}

}  // namespace bh::automata
