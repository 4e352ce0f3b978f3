// The table: one row an action. A new one is a row in actions.def, and a function where no general one fits.
#include "lab/probe/probe.h"

namespace bh::probe {
namespace {

const std::vector<Action>& table() {
  static const std::vector<Action> rows = {
#define BH_ACTION(id, questions, ...) {id, __VA_ARGS__},
#include "lab/probe/actions.def"
#undef BH_ACTION
      // General forms, for expectations.
      {"file", stage_file, act_file},
      {"program", stage_program, act_exec},
      {"exec", nullptr, act_exec},
      {"chmod", stage_file, act_chmod},
      {"socket", nullptr, act_socket},
      {"capability", nullptr, act_capability},
      {"connect", stage_socket, act_connect_unix},
      {"bind-socket", stage_parent, act_bind_unix},
      {"mount", stage_folder, act_mount},
      {"bind", stage_folder, act_bind},
      {"remount", stage_folder, act_remount},
      {"umount", stage_covered, act_umount},
      {"pivot_root", stage_folder, act_pivot_root},
      {"signal-unconfined", stage_peer, act_signal_peer},
      {"signal-self", nullptr, act_signal_child},
      {"signal-from", stage_sender, act_receive_signal},
      {"ptrace-unconfined", stage_peer, act_ptrace_peer},
      {"ptrace-self", nullptr, act_ptrace_child},
      {"change_profile", nullptr, act_change_profile},
      {"userns", nullptr, act_userns},
      {"io_uring", nullptr, act_io_uring},
  };
  return rows;
}

}  // namespace

std::span<const Action> actions() { return table(); }

}  // namespace bh::probe
