// AppArmor in the running kernel, spoken to through its own file system: one write(2) loads, replaces or
// removes policy, and everything else is reading files. Bytes in, bytes out: this knows no policy text and no
// binary format.
//
// The kernel is the only judge of permission: nothing is asked before the write that the write would not
// answer itself. Follows security/apparmor/{apparmorfs,policy,policy_unpack,lsm}.c of Linux 6.1 to 7.2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/os.h"

namespace bh::kernel {

/// Where the kernel shows itself. A test puts a folder tree of its own here.
struct Roots {
  std::string apparmorfs = "/sys/kernel/security/apparmor";
  std::string securityfs = "/sys/kernel/security";
  std::string modules = "/sys/module";
  std::string proc = "/proc";
  std::string kmsg = "/dev/kmsg";
  bool audit_socket = true;  ///< also listen to the audit multicast group for the kernel's reasons
};

/// Whether the running kernel enforces AppArmor policy and lets us see its file system.
struct Availability {
  enum class Kind : std::uint8_t {
    ready,
    no_sysfs,         ///< /sys is not mounted: a bare chroot or container
    not_built,        ///< kernel without CONFIG_SECURITY_APPARMOR
    switched_off,     ///< apparmor=0 on the command line
    other_choice,     ///< security= or lsm= on the command line leaves AppArmor out
    not_booted_with,  ///< built in, but not among the kernel's default security modules
    no_securityfs,    ///< enabled, but securityfs is not mounted here
  };
  Kind kind = Kind::ready;
  std::string cause;    ///< one sentence without full stop; empty when ready
  std::string way_out;  ///< what to do about it; empty when ready
  [[nodiscard]] bool ready() const { return kind == Kind::ready; }
};

struct LoadedProfile {
  std::string name;  ///< as the kernel lists it: `parent//child`, `:ns://name` in another namespace
  std::string mode;  ///< enforce, complain, kill, unconfined, user; newer kernels may know more words
};

/// What apparmorfs shows of one profile beyond its mode. A value that this kernel does not show is empty.
struct ProfileDetails {
  std::string folder;      ///< …/policy/profiles/NAME.N
  std::string attachment;  ///< as the kernel shows it; the name itself where there is none of its own
  std::string hash_name;   ///< `sha1` or `sha256`
  std::string hash;        ///< hex, over the version word and the profile's own bytes
  bool has_raw_data = false;
};

/// A task that policy confines. `label` may be a stack: `a//&b`, `a//&:ns:b`.
struct ConfinedProcess {
  int pid = 0;
  std::string command;  ///< /proc/PID/comm: at most 15 bytes, not to be trusted
  std::string label;
  std::string mode;  ///< of the label; `mixed` for a stack of several modes
};

/// True if one part of the stack `label` is `profile`, or a child or hat of it (`profile//…`): what happens
/// to `profile` happens to such a process.
[[nodiscard]] bool label_holds(std::string_view label, std::string_view profile);

class AppArmor {
 public:
  explicit AppArmor(Os& os, Roots roots = {}) : os_(os), roots_(std::move(roots)) {}

  [[nodiscard]] Availability availability() const;
  /// The same as an error: `cause (way_out)`, for those who cannot go on without.
  [[nodiscard]] Result<void> require() const;

  /// The features tree in the text form of /etc/apparmor.d/abi/*: `name {value` newline `}` newline, folders
  /// nested, names sorted by byte.
  [[nodiscard]] Result<std::string> features_text() const;

  /// One write(2) of `bytes`: new profiles only (`load`), or new and replaced ones (`replace`). All of
  /// `bytes` or nothing.
  [[nodiscard]] Result<void> load(std::string_view bytes) const;
  [[nodiscard]] Result<void> replace(std::string_view bytes) const;
  /// Also removes the profile's children and hats. Its processes become unconfined, for good.
  [[nodiscard]] Result<void> remove(const std::string& name) const;

  /// In the kernel's order. Errors: EACCES without the right to see policy.
  [[nodiscard]] Result<std::vector<LoadedProfile>> profiles() const;
  /// Empty: no such profile is loaded.
  [[nodiscard]] Result<std::optional<LoadedProfile>> find(std::string_view name) const;
  /// Errors: ENOENT if it is not loaded (any more), or the kernel shows no policy tree.
  [[nodiscard]] Result<ProfileDetails> details(std::string_view name) const;
  /// The bytes of the load that this profile came with: they may hold other profiles too.
  /// Errors: ENOENT where the kernel keeps none (parameter export_binary=N).
  [[nodiscard]] Result<std::string> raw_data(const ProfileDetails& details) const;
  /// details() and raw_data() of them.
  [[nodiscard]] Result<std::string> raw_data_of(std::string_view name) const;

  /// Every confined task (threads only where theirs differs from the process), by pid. Processes that
  /// ended, or end meanwhile, are left out.
  [[nodiscard]] Result<std::vector<ConfinedProcess>> processes() const;

 private:
  enum class Verb : std::uint8_t { load, replace, remove };
  [[nodiscard]] Result<void> submit(Verb verb, std::string_view bytes) const;
  [[nodiscard]] Error explain(Verb verb, int sys, const std::string& kernel_words) const;
  [[nodiscard]] Availability absent() const;

  Os& os_;
  Roots roots_;
};

}  // namespace bh::kernel
