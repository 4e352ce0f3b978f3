// Something that a confined process might do, in the field's words: `write /etc/passwd`, `signal send kill
// peer=unconfined`.
//
// The one idea: one table of verbs (action.cpp) says how each action is written and what it is to the kernel;
// question.h turns an Action into the strings that the kernel would look up. Words follow apparmor.d(5); an
// action names one concrete thing, a rule a set of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/diagnostic.h"
#include "diag/source.h"

namespace bh::query {

enum class ActionKind : std::uint8_t {
  file,
  rename,
  link,
  capability,
  network,
  unix,
  signal,
  ptrace,
  mount,
  umount,
  pivot_root,
  change_profile,
  userns,
  io_uring,
  mqueue,
  dbus,
};

/// Which members count depends on the kind; the others are empty.
struct Action {
  ActionKind kind = ActionKind::file;
  std::string text;  ///< as it was asked, blanks squeezed
  std::uint32_t request =
      0;  ///< bits of compile::perm that the kernel would ask for; of capability: its number
  /// file: the path; link, rename: the new and old name in the order written; mount: the source; umount,
  /// pivot_root: the mount point; change_profile: the executable; unix: an address (`@x`, `/path`, `none`);
  /// mqueue: its name; dbus: the bus
  std::optional<std::string> subject;
  std::optional<std::string> target;  ///< what stands after `->`, and pivot_root's second path
  std::optional<std::string> peer;    ///< label of the other side; `self` is replaced by the profile's name
  std::uint32_t family = 0;           ///< AF_
  std::vector<std::uint32_t> types;   ///< SOCK_, each is asked
  std::uint32_t protocol = 0;
  std::vector<std::uint8_t> signals;  ///< as the kernel numbers them, each is asked
  std::uint32_t mount_flags = 0;      ///< MS_
  std::optional<std::string> fstype;
  std::optional<std::string> data;                           ///< mount: its option string
  std::optional<std::string> name, path, interface, member;  ///< dbus
  std::optional<std::string> peer_name;                      ///< dbus: of the receiver
};

/// Longest action that is read.
inline constexpr std::size_t max_action_bytes = 16384;

/// The whole of `source` is one action. What is wrong goes to `sink` (bad_action, with the way to write it).
[[nodiscard]] std::optional<Action> parse_action(const diag::SourceMap& sources, diag::Span where,
                                                 diag::Sink& sink);

/// One that the program wrote itself, where nobody is to be told what is wrong with it.
[[nodiscard]] std::optional<Action> read_action(std::string_view text);

/// How each action is written, one line each: for help texts.
struct ActionUsage {
  std::string_view verb;
  std::string_view form;
  std::string_view meaning;
};
[[nodiscard]] std::vector<ActionUsage> action_usages();

}  // namespace bh::query
