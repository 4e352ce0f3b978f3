// Load, replace, remove: one write(2) each, and what its errno means in the user's terms.
#include <fcntl.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"
#include "kernel/apparmor.h"
#include "kernel/audit_tail.h"

namespace bh::kernel {
namespace {

constexpr std::string_view file_of[] = {".load", ".replace", ".remove"};

constexpr std::string_view not_admin =
    "run as root, outside of any confined or user-namespaced shell (the kernel asks for CAP_MAC_ADMIN), or "
    "use --dry-run";

/// What an errno means for policy; `remove` says otherwise in one case. From policy.c and policy_unpack.c.
struct Meaning {
  int sys;
  std::string_view text;
};
constexpr Meaning meanings[] = {
    {EPERM, not_admin},
    {EACCES, not_admin},
    {EPROTO, "the kernel could not read the policy: it was compiled for another kernel, or is damaged"},
    {EPROTONOSUPPORT,
     "the kernel does not know this version of the policy format: compile for this kernel's features"},
    {EEXIST, "a profile of that name is loaded already; replace it instead"},
    {ENOENT, "the policy names a parent profile or a namespace that is not loaded"},
    {EINVAL, "the kernel did not recognise this as a policy"},
    {ENOMEM, "the kernel has no memory for it"},
    {EFBIG, "the kernel refuses policy of this size"},
};

/// A load that failed half way left its place in the policy tree taken: seen on 6.1 and 7.2.
constexpr std::string_view blocked =
    "an earlier load that the kernel gave up half way still holds the place of the next one, a fault of the "
    "kernel; "
    "removing any loaded profile frees it, and so does a boot";

std::string_view meaning_of(int sys) {
  for (const Meaning& meaning : meanings)
    if (meaning.sys == sys) return meaning.text;
  return {};
}

}  // namespace

Result<void> AppArmor::load(std::string_view bytes) const { return submit(Verb::load, bytes); }
Result<void> AppArmor::replace(std::string_view bytes) const { return submit(Verb::replace, bytes); }
Result<void> AppArmor::remove(const std::string& name) const { return submit(Verb::remove, name); }

Result<void> AppArmor::submit(Verb verb, std::string_view bytes) const {
  BH_TRY_DO(require());
  std::string file(file_of[static_cast<std::size_t>(verb)]);
  AuditTail tail(os_, roots_);
  auto fd = os_.open(roots_.apparmorfs + "/" + file, O_WRONLY);
  if (!fd) return tl::unexpected(explain(verb, fd.error().sys, {}));
  auto written = os_.write(*fd, bytes);
  os_.close(*fd);
  if (!written) return tl::unexpected(explain(verb, written.error().sys, readable_reason(tail.reason())));
  // The kernel takes all or nothing; anything else is not the file that we think it is.
  if (*written != bytes.size())
    return fail("write {}: the kernel took {} of {} bytes", file, *written, bytes.size());
  return {};
}

Error AppArmor::explain(Verb verb, int sys, const std::string& kernel_words) const {
  std::string_view file = file_of[static_cast<std::size_t>(verb)];
  std::string text = fmt::format("write {}: {}", file, std::generic_category().message(sys));
  std::string_view meaning =
      verb == Verb::remove && sys == ENOENT ? "no profile of that name is loaded" : meaning_of(sys);
  // A replacement never minds what is loaded already.
  if (sys == EEXIST && (verb == Verb::replace || kernel_words.find("raw_data") != std::string::npos))
    meaning = blocked;
  auto locked = read_file(os_, roots_.modules + "/apparmor/parameters/lock_policy", 64);
  if ((sys == EACCES || sys == EPERM) && locked && locked->starts_with("Y"))
    meaning = "policy is locked on this system (module parameter lock_policy) until the next boot";
  if (!meaning.empty()) text += fmt::format(" ({})", meaning);
  if (!kernel_words.empty()) text += fmt::format("; the kernel says: {}", kernel_words);
  return {text, sys};
}

}  // namespace bh::kernel
