// Why AppArmor is not there: by the kernel's own files, from the outermost cause inwards.
#include <cerrno>
#include <string>

#include "base/file.h"
#include "kernel/apparmor.h"

namespace bh::kernel {
namespace {

using Kind = Availability::Kind;

bool exists(Os& os, const std::string& path) { return os.stat(path).has_value(); }

/// The value of `key=` on the kernel's command line; the last one wins, as in the kernel.
std::optional<std::string> command_line_value(std::string_view line, std::string_view key) {
  std::optional<std::string> value;
  while (!line.empty()) {
    std::size_t end = line.find_first_of(" \n");
    std::string_view word = line.substr(0, end);
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=')
      value = std::string(word.substr(key.size() + 1));
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
  }
  return value;
}

bool names_apparmor(std::string_view list) {
  return ("," + std::string(list) + ",").find(",apparmor,") != std::string::npos;
}

constexpr std::string_view boot_with =
    "boot with `apparmor=1 security=apparmor` on the kernel's command line (GRUB_CMDLINE_LINUX in "
    "/etc/default/grub, then update-grub)";

}  // namespace

Availability AppArmor::availability() const {
  if (exists(os_, roots_.apparmorfs)) return {};
  return absent();
}

Availability AppArmor::absent() const {
  if (!exists(os_, roots_.modules))
    return {Kind::no_sysfs, fmt::format("{} does not exist: sysfs is not mounted here", roots_.modules),
            "run on the host itself, not in a chroot or container, or mount sysfs and securityfs first"};
  std::string module = roots_.modules + "/apparmor";
  if (!exists(os_, module))
    return {
        Kind::not_built, "the running kernel was built without AppArmor",
        "boot a distribution kernel (Debian's and Ubuntu's have it), or try the profile with `bulkhead lab`"};

  auto enabled = read_file(os_, module + "/parameters/enabled", 64);
  // A kernel that hides the answer from the unprivileged (EPERM) is an enabled one.
  if (!enabled || enabled->starts_with("Y"))
    return {Kind::no_securityfs,
            fmt::format("AppArmor is enabled, but {} does not exist: securityfs is not mounted here",
                        roots_.apparmorfs),
            fmt::format("mount -t securityfs securityfs {}", roots_.securityfs)};

  auto line = read_file(os_, roots_.proc + "/cmdline", 64u << 10).value_or("");
  if (command_line_value(line, "apparmor") == "0")
    return {Kind::switched_off, "AppArmor is switched off by `apparmor=0` on the kernel's command line",
            "take `apparmor=0` away from the command line and boot again"};
  if (auto chosen = command_line_value(line, "lsm"); chosen && !names_apparmor(*chosen))
    return {Kind::other_choice,
            fmt::format("the kernel was booted with `lsm={}`, which leaves AppArmor out", *chosen),
            "add apparmor to that list and boot again"};
  if (auto chosen = command_line_value(line, "security"); chosen && *chosen != "apparmor")
    return {Kind::other_choice, fmt::format("the kernel was booted with `security={}`", *chosen),
            "boot with `security=apparmor` instead"};
  return {Kind::not_booted_with,
          "AppArmor is built into the kernel but not among the security modules that it starts",
          std::string(boot_with)};
}

Result<void> AppArmor::require() const {
  Availability state = availability();
  if (state.ready()) return {};
  return tl::unexpected(Error{fmt::format("{} ({})", state.cause, state.way_out), ENODEV});
}

}  // namespace bh::kernel
