// The probe: a small static program that does one harmless action and says which call decided and what errno
// it gave.
//
// The one idea: every action is run twice by the lab, without and with the profile, from a process that is
// already inside; the difference is AppArmor's doing. So an action need not succeed without a profile, it
// must only fail in another way. "Harmless": opens with the right flag and closes, or a call that ends
// cleanly; nothing is written to what is not its own. A row stands for spec/attacks (the catalogue of
// container attacks and functions); ids are the catalogue's, the second object of an id is `ID.2`. It needs
// nothing but libc and runs anywhere, also inside a container.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bh::probe {

/// What came of an action: the call that decides, and its errno (0: it succeeded).
struct Tried {
  const char* call = "";
  int sys = 0;
};

/// What the stage prepares, unconfined and in a mount namespace of its own, and the action uses under the
/// profile.
struct Staged {
  pid_t peer = 0;      ///< an unconfined process that ignores SIGTERM
  int leaked_fd = -1;  ///< an open folder that is no longer mounted anywhere
  /// A process under another profile: it reads a pid from us, signals it and answers with an errno (ints
  /// both).
  int ask_fd = -1;
  int answer_fd = -1;
};

using Arguments = std::span<const std::string>;

struct Action {
  const char* id;
  /// Prepares what the action needs, so that a refusal can be told from "no such file". False: cannot be
  /// staged here. May be null.
  bool (*stage)(Staged&, Arguments);
  Tried (*act)(const Staged&, Arguments);
  std::vector<std::string> arguments = {};  ///< used if the command line gives none
  const char* stacked = "";                 ///< appended to the profile's name: the label that is entered
};

/// All actions, in catalogue order, then the general ones (`file PATH MODE`, `socket FAMILY TYPE`,
/// `capability NAME`, …).
[[nodiscard]] std::span<const Action> actions();

// Stages, for the table.
bool stage_file(
    Staged&, Arguments);  ///< a file at arguments[0], a stand-in on a tmpfs where it cannot be made in place
bool stage_program(Staged&, Arguments);  ///< the same, an executable file
bool stage_block_device(Staged&, Arguments);
bool stage_socket(Staged&, Arguments);  ///< a listening unix stream socket; `@name` is abstract
bool stage_folder(Staged&, Arguments);
bool stage_parent(Staged&, Arguments);   ///< the folder that arguments[0] would lie in
bool stage_covered(Staged&, Arguments);  ///< arguments[0] with a mount over it, as runtimes mask paths
bool stage_peer(Staged&, Arguments);
bool stage_leaked_folder(Staged&, Arguments);
bool stage_sender(
    Staged&,
    Arguments);  ///< a process under the profile arguments[0], ready to send arguments[1] (term, kill)

/// Takes away what the stages made.
void strike_stage();

// Actions, for the table.
Tried act_file(const Staged&, Arguments);  ///< PATH and a mode: r, w, a, c, x, m, k, l
Tried act_chmod(const Staged&, Arguments);
Tried act_leaked_folder(const Staged&, Arguments);
Tried act_open_by_handle(const Staged&, Arguments);
Tried act_exec(const Staged&, Arguments);  ///< a program and its arguments
Tried act_drop_and_run(const Staged&, Arguments);
Tried act_memfd_exec(const Staged&, Arguments);
Tried act_socket(const Staged&, Arguments);  ///< family and type, by name
Tried act_socketpair(const Staged&, Arguments);
Tried act_connect_unix(const Staged&, Arguments);
Tried act_bind_unix(const Staged&, Arguments);
Tried act_own_socket(const Staged&, Arguments);  ///< listen at an address, connect from a child, and talk
Tried act_mount(const Staged&, Arguments);       ///< file system type, options if any, mount point
Tried act_bind(const Staged&, Arguments);
Tried act_remount(const Staged&, Arguments);
Tried act_umount(const Staged&, Arguments);
Tried act_pivot_root(const Staged&, Arguments);
Tried act_move_mount(const Staged&, Arguments);
Tried act_capability(const Staged&, Arguments);  ///< name without CAP_, lower case
Tried act_ptrace_peer(const Staged&, Arguments);
Tried act_read_peer(const Staged&, Arguments);
Tried act_ptrace_child(const Staged&, Arguments);
Tried act_signal_peer(const Staged&, Arguments);
Tried act_signal_child(const Staged&, Arguments);
Tried act_receive_signal(const Staged&, Arguments);
Tried act_list_processes(const Staged&, Arguments);
Tried act_userns(const Staged&, Arguments);
Tried act_io_uring(const Staged&, Arguments);
Tried act_change_profile(const Staged&, Arguments);

/// Enters `profile` at once or with the next exec. 0 or errno.
[[nodiscard]] int enter_profile(bool on_exec, const std::string& profile);
/// Starts `argv` (an absolute path first) in a child and waits for it. Errno of execve, or 0 if the program
/// started.
[[nodiscard]] int exec_errno(const std::vector<std::string>& argv);
/// Runs `f` in a forked child, which `f` should end with _exit. The child's pid, or -1.
pid_t fork_child(void (*f)());

}  // namespace bh::probe
