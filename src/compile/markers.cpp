// The class markers of the policydb automaton. A kernel asks about a class only if the state after its byte
// is not the trap, so a mediated class without rules needs one.
#include <array>
#include <string_view>

#include "compile/network_rules.h"

namespace bh::compile {
namespace {

constexpr std::int32_t above_rules = 1001, below_rules = -1001;

struct Marker {
  std::uint8_t cls;
  std::string_view feature;
  std::int32_t priority;
};

/// Where rules also mark their class (userns, io_uring), a deny rule of any priority must be able to take the
/// mark away.
constexpr auto markers = std::to_array<Marker>({
    {medclass::file, "policy/versions/v6", above_rules},
    {medclass::file, "policy/versions/v7", above_rules},
    {medclass::mount, "mount", above_rules},
    {medclass::dbus, "dbus", above_rules},
    {medclass::signal, "signal", above_rules},
    {medclass::ptrace, "ptrace", above_rules},
    {medclass::net_v8, "network_v8", above_rules},
    {medclass::net_v9, "network_v9", above_rules},
    {medclass::net_skb, "network_v9_skb", above_rules},
    {medclass::posix_mqueue, "ipc/posix_mqueue", above_rules},
    {medclass::sysv_mqueue, "ipc/sysv_mqueue", above_rules},
    {medclass::userns, "namespaces/mask/userns_create", below_rules},
    {medclass::io_uring, "io_uring", below_rules},
});

void add_marker(ProfileBuilder& builder, std::string_view bytes, std::int32_t priority) {
  Grant grant;
  grant.bits = perm::read;
  grant.exact = true;
  grant.priority = priority;
  builder.policydb.add(builder.policydb.pool().literal(bytes), grant, TagMeaning::implied);
}

}  // namespace

void add_class_markers(ProfileBuilder& builder) {
  const bool confined = builder.out.mode != static_cast<std::uint32_t>(Mode::unconfined);
  for (const Marker& marker : markers) {
    // An unconfined profile is still asked about user namespaces.
    if (!builder.usable.has(marker.feature) || (!confined && marker.cls != medclass::userns)) continue;
    const char byte = static_cast<char>(marker.cls);
    add_marker(builder, {&byte, 1}, marker.priority);
  }
  if (!confined || !unix_class(builder.usable)) return;
  // The family, 1, in the reference's spelling: the digit `1`, not the number. The kernel never asks about
  // it, so it does no harm, and tools that compare policies find none changed.
  if (builder.usable.has("network_v9/af_unix"))
    return add_marker(builder,
                      {"\x0f\0"
                       "1",
                       3},
                      above_rules);
  add_marker(builder, "\x04", above_rules);
  add_marker(builder,
             {"\x04\0"
              "1",
              3},
             above_rules);
}

}  // namespace bh::compile
