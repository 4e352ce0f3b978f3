#include "compile/conditions.h"

namespace bh::compile {
namespace {
void not_yet(ProfileBuilder& builder, const RuleContext& context, const char* what) {
  builder.report(diag::Code::unsupported_construct, context,
                 std::string(what) + " rules are not compiled yet");
}
}  // namespace
void add_mount_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "mount");
}
void add_umount_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "umount");
}
void add_pivot_root_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "pivot_root");
}
void add_dbus_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "dbus");
}
void add_userns_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "userns");
}
void add_io_uring_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "io_uring");
}
void add_mqueue_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) {
  not_yet(b, c, "mqueue");
}
void add_all_rule(ProfileBuilder& b, const policy::ClassRule&, const RuleContext& c) { not_yet(b, c, "all"); }
}  // namespace bh::compile
