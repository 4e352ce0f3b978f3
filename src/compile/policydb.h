// A compiled policy as the kernel holds it, in neither of the two binary dialects: automata whose states
// carry permission entries.
//
// The one idea: permissions are the kernel's own (security/apparmor/include/perms.h), so a policy that was
// compiled, decoded from old bytes or decoded from new bytes can be asked, compared and encoded by the same
// code. permissions.h converts to and from the bits of the old dialect.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "automata/dfa.h"
#include "automata/run_dfa.h"
#include "automata/tag_match.h"
#include "compile/features.h"
#include "compile/merge.h"

namespace bh::compile {

/// Bits of Perms::allow and its like. Classes other than file reuse the low ones (signal: send = write,
/// receive = read).
namespace perm {
inline constexpr std::uint32_t exec = 0x1;
inline constexpr std::uint32_t write = 0x2;
inline constexpr std::uint32_t read = 0x4;
inline constexpr std::uint32_t append = 0x8;
inline constexpr std::uint32_t create = 0x10;
inline constexpr std::uint32_t remove = 0x20;
inline constexpr std::uint32_t open = 0x40;
inline constexpr std::uint32_t rename = 0x80;
inline constexpr std::uint32_t setattr = 0x100;
inline constexpr std::uint32_t getattr = 0x200;
inline constexpr std::uint32_t chmod = 0x1000;
inline constexpr std::uint32_t chown = 0x2000;
inline constexpr std::uint32_t lock = 0x8000;  ///< of a link pair: the target's permissions must be a subset
inline constexpr std::uint32_t mmap = 0x10000;
inline constexpr std::uint32_t link = 0x40000;
inline constexpr std::uint32_t accept = 0x100000;
inline constexpr std::uint32_t bind = 0x200000;
inline constexpr std::uint32_t listen = 0x400000;
inline constexpr std::uint32_t setopt = 0x1000000;
inline constexpr std::uint32_t getopt = 0x2000000;
inline constexpr std::uint32_t cont_match = 0x8000000;
inline constexpr std::uint32_t onexec = 0x20000000;
inline constexpr std::uint32_t change_profile = 0x40000000;

inline constexpr std::uint32_t send = write;
inline constexpr std::uint32_t receive = read;
inline constexpr std::uint32_t connect = open;
}  // namespace perm

/// Perms::xindex: where an exec goes. Index of a transition table in the low 24 bits, what it means above.
namespace xindex {
inline constexpr std::uint32_t index_mask = 0x00ffffff;
inline constexpr std::uint32_t name = 0x04000000;     ///< the profile that attaches to the executable's name
inline constexpr std::uint32_t table = 0x08000000;    ///< Pdb::xtable[index]
inline constexpr std::uint32_t unsafe = 0x10000000;   ///< no AT_SECURE
inline constexpr std::uint32_t child = 0x20000000;    ///< looked up among this profile's children
inline constexpr std::uint32_t inherit = 0x40000000;  ///< `ix`, or the fallback of `pix`, `cix`
inline constexpr std::uint32_t unconfined = 0x80000000;  ///< `ux`, or the fallback of `pux`, `cux`
}  // namespace xindex

/// The classes of the policydb automaton: the first byte of every string it is asked.
namespace medclass {
inline constexpr std::uint8_t file = 2, capability = 3, unix_v7 = 4, mount = 7, ptrace = 9, signal = 10,
                              net_v8 = 14, net_v9 = 15, label = 16, posix_mqueue = 17, sysv_mqueue = 18,
                              userns = 21, io_uring = 22, net_skb = 30, dbus = 32;
}

/// One permission entry; the fields are those of the kernel's `struct aa_perms`. Compiled policies use allow,
/// prompt, audit, quiet and xindex; the others appear in decoded ones.
struct Perms {
  std::uint32_t allow = 0, deny = 0, subtree = 0, cond = 0, kill = 0, complain = 0, prompt = 0;
  std::uint32_t audit = 0;  ///< log even when allowed
  std::uint32_t quiet = 0;  ///< do not log when denied
  std::uint32_t hide = 0, xindex = 0, tag = 0, label = 0;

  auto operator<=>(const Perms&) const = default;
};

/// What a file rule means for the file's owner (fsuid equals the inode's uid) and for anybody else.
struct FilePerms {
  Perms owner, other;
  auto operator<=>(const FilePerms&) const = default;
};

/// What one tag of an automaton stands for: a rule of the text, or one that the compiler implies.
struct TagMeaning {
  static constexpr std::uint32_t implied = 0xffffffff;
  std::uint32_t rule = implied;  ///< index in ResolvedProfile::rules
  std::int64_t rank = 0;         ///< effective priority; the higher decides, bit by bit
  std::int64_t exec_rank = 0;    ///< the same for the exec bit, where exact paths beat globs
  bool deny = false;
  bool prompt = false;
  FilePerms perms;  ///< kernel bits that the rule speaks about, in allow (also for a deny rule); audit;
                    ///< xindex. Not file: both equal
};

/// Kept with Options::keep_tags: which rules speak about a string.
struct Trace {
  automata::TagMatch rules;          ///< a tag for each pattern that a rule became
  std::vector<TagMeaning> meanings;  ///< by tag
};

/// Kept with Options::keep_meetings: every set of rules that speaks about some string, for asking what a rule
/// changes. May be many times larger than the automaton that decides.
struct Meetings {
  automata::Determinised states;     ///< accept[s] indexes tag_sets; the tags are those of Trace
  std::vector<std::uint32_t> rules;  ///< by tag: index in ResolvedProfile::rules, or TagMeaning::implied
  std::vector<Grant> grants;         ///< by tag
  bool of_files = false;             ///< of the file automaton; else of the policydb's

  /// What the rules behind these tags allow together, any others away.
  [[nodiscard]] FilePerms perms_of(std::span<const std::uint32_t> tags) const;
};

/// An automaton and what its states allow.
struct Pdb {
  automata::Dfa dfa;      ///< accept[s] indexes `perms`; without states if only `runs` was wanted
  automata::RunDfa runs;  ///< the same as it was built, for packing; without states in a decoded policy
  std::vector<FilePerms> perms;  ///< [0] is the trap's. Not file: both halves equal
  std::vector<std::string>
      xtable;  ///< targets of exec transitions, as the kernel reads them (`:ns:name` holds a NUL)
  std::optional<Trace> trace;
  std::optional<Meetings> meetings;

  [[nodiscard]] std::size_t states() const { return runs.states() > 0 ? runs.states() : dfa.states(); }
  [[nodiscard]] const std::vector<std::uint32_t>& accept() const {
    return runs.states() > 0 ? runs.accept : dfa.accept;
  }
};

enum class Mode : std::uint8_t { enforce = 0, complain = 1, kill = 2, unconfined = 3, user = 4 };

/// Bits 0…63: kernel capability numbers.
struct CapabilitySets {
  std::uint64_t allow = 0, audit = 0, quiet = 0, extended = 0;
  auto operator<=>(const CapabilitySets&) const = default;
};

struct Rlimits {
  static constexpr std::uint64_t infinity = ~std::uint64_t{0};
  std::uint32_t mask = 0;                  ///< bit i: values[i] is set
  std::array<std::uint64_t, 16> values{};  ///< by the asm-generic RLIMIT number
  auto operator<=>(const Rlimits&) const = default;
};

/// Socket types (bit = SOCK_ number) per address family, for kernels before network_v8.
struct NetworkFamily {
  std::uint16_t allow = 0, audit = 0, quiet = 0;
  auto operator<=>(const NetworkFamily&) const = default;
};

namespace profile_flag {
inline constexpr std::uint32_t hat = 1, debug = 2, debug2 = 4, interruptible = 8, prompt_compat = 16;
}
namespace path_flag {
inline constexpr std::uint32_t attach_disconnected = 4, chroot_relative = 8, chroot_attach = 0x10,
                               ipc_attach = 0x20, mediate_deleted = 0x10000;
}

struct CompiledProfile {
  std::string name;        ///< `parent//child`
  std::string name_space;  ///< empty: the loader's own

  std::optional<std::string> rename, attach;  ///< old parsers' fields, seen in decoded policies only
  std::optional<Pdb> xmatch;                  ///< attachment; bit perm::exec of an accepting state
  std::uint32_t xmatch_len = 0;               ///< least length of a path that attaches: ranks attachments
  std::vector<std::string> xattrs;            ///< names; values are in xmatch

  std::optional<std::string> disconnected, disconnected_ipc;
  std::optional<std::uint32_t> kill_signal, error;
  std::uint32_t flags = 0;                  ///< profile_flag
  std::uint32_t mode = 0;                   ///< Mode
  std::uint32_t audit = 0;                  ///< not 0: every access is logged
  std::optional<std::uint32_t> path_flags;  ///< path_flag; none: the kernel takes mediate_deleted

  CapabilitySets capabilities;
  std::vector<std::string> identity;
  Rlimits rlimits;
  std::vector<NetworkFamily> network;  ///< by address family; empty on kernels from network_v8 on
  std::optional<Pdb> policydb;         ///< every class but file
  std::optional<Pdb> file;
  std::vector<std::pair<std::string, std::string>> data;  ///< decoded policies only
  /// Of a kernel that mediates networks as net_v9 (Linux 6.17): it answers dbus-daemon from the policy only
  /// where that mediates net_v9 too. A decoded policy's dialect tells it.
  bool dbus_needs_net_v9 = false;
};

struct KernelPolicy {
  std::vector<CompiledProfile> profiles;
  std::uint32_t kernel_abi = 7;            ///< low bits of the version word
  bool force_complain = false;             ///< bit 11 of the version word
  Dialect dialect = Dialect::accept_bits;  ///< as decoded; encode() follows the kernel's features instead
};

}  // namespace bh::compile
