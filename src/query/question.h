// An action as the kernel would look it up: which automaton, which string, which bits.
//
// The one idea: every check of the kernel is a walk through one automaton and a comparison of bits at its
// end, so a question is data and one function (lookup) answers all of them. Follows security/apparmor of
// Linux 6.1 to 7.2: file.c, net.c, af_unix.c, ipc.c, task.c, mount.c, domain.c, lsm.c; the strings are those
// of the project's description of the policy format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "compile/policydb.h"
#include "query/action.h"

namespace bh::query {

/// A stretch of the string. From the second on, the kernel goes on only if the entry it stands at lacks what
/// is asked and has this bit; otherwise it decides there.
struct Stretch {
  std::string bytes;
  std::uint32_t only_with = 0;
};

struct Question {
  enum class Table : std::uint8_t {
    file,
    policydb,
    capability,  ///< a bit of the profile's capability sets; `request` is its number
    family,      ///< the table of address families of old kernels; `walk` is unused
    unasked,     ///< the kernel never asks about this; `note` says why
  };
  /// How a label stands at the end of the string.
  enum class Label : std::uint8_t {
    none,
    whole_or_parts,  ///< `a//&b` as written, else each part for itself
    parts,           ///< each part for itself
  };

  std::string what;  ///< what exactly is asked, for people: `send term to unconfined`
  Table table = Table::file;
  std::uint8_t mediation_class = compile::medclass::file;
  std::uint32_t request = 0;
  std::vector<Stretch> walk;
  Label label_mode = Label::none;
  std::vector<std::string> label;   ///< its parts, in the kernel's order
  std::optional<std::string> link;  ///< of a hard link: the existing file, for the kernel's subset test
  std::uint32_t family = 0, type = 0;
  std::string note;
  /// The kernel lets a refusal of this question pass, and does not ask those behind it; `note` says why.
  bool refusal_passes = false;
};

/// All of a step's questions must be allowed; an action with several steps asks about each (signals, socket
/// types).
using Step = std::vector<Question>;

/// What the kernel that this profile was compiled for would ask.
[[nodiscard]] std::vector<Step> questions(const compile::CompiledProfile& profile, const Action& action);

/// Is the class known to the profile's policydb? (What is not is let through unasked.)
[[nodiscard]] bool mediates(const compile::CompiledProfile& profile, std::uint8_t mediation_class);

/// The profile's automaton for file rules and the state that paths start in; null: there is none, nothing is
/// allowed.
struct FileTable {
  const compile::Pdb* pdb = nullptr;
  std::uint32_t start = automata::Dfa::start;
};
[[nodiscard]] FileTable file_table(const compile::CompiledProfile& profile);

}  // namespace bh::query
