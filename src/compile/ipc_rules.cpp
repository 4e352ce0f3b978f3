// Small classes: userns, io_uring, mqueue, and `all`, which stands for a rule of every class.
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "compile/conditions.h"
#include "diag/render.h"

namespace bh::compile {
namespace {

using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t userns_create = 8;
constexpr std::uint32_t override_creds = 8, sqpoll = 0x10;
constexpr std::uint32_t mq_write = 2, mq_read = 4, mq_create = 0x10, mq_delete = 0x20, mq_open = 0x40;
constexpr std::uint32_t mq_setattr = 1U << 14, mq_getattr = 1U << 15;
constexpr std::uint32_t mq_all =
    mq_write | mq_read | mq_create | mq_delete | mq_open | mq_setattr | mq_getattr;
/// What the kernel asks about the name alone, before there is a queue with a label.
constexpr std::uint32_t mq_unlabelled = mq_create | mq_read | mq_write;
/// The class's mark at the rule's own priority: where a rule decides, the class is mediated, also by a deny
/// rule.
void add_mark(ProfileBuilder& builder, const RuleContext& context, ExprId cls) {
  Grant mark;
  mark.bits = perm::read;
  mark.exact = true;
  mark.priority = context.qualifiers.priority;
  builder.policydb.add(cls, mark, context.index);
}

void add(ProfileBuilder& builder, const RuleContext& context, ExprId expr, std::uint32_t bits) {
  if (bits != 0) builder.policydb.add(expr, ProfileBuilder::grant(context, bits, bits, false), context.index);
}

/// The key of a System V queue as the kernel asks for it, in four bytes.
std::optional<ExprId> queue_key(ProfileBuilder& builder, const RuleContext& context,
                                const policy::Text& text) {
  std::uint32_t key = 0;
  const std::string& digits = text.value;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), key);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    builder.report(diag::Code::bad_condition, context, text.span,
                   fmt::format("`{}` is no key of a System V message queue, which is a number",
                               diag::printable(digits)));
    return std::nullopt;
  }
  ExprPool& pool = builder.policydb.pool();
  return pool.concat(two_bytes(pool, key >> 16), two_bytes(pool, key & 0xffff));
}

/// `class name` and `class name NUL label`.
void add_queue(ProfileBuilder& builder, const RuleContext& context, ExprId queue, const policy::Text* label,
               std::uint32_t bits) {
  const auto its_label = label_language(builder, label);
  if (!its_label) return;
  ExprPool& pool = builder.policydb.pool();
  std::uint32_t unlabelled = bits;
  if (label != nullptr) unlabelled = (bits & mq_create) != 0 ? bits & mq_unlabelled : 0;
  add(builder, context, queue, unlabelled);
  const std::array<ExprId, 3> labelled{queue, pool.byte(0), its_label->expr};
  add(builder, context, pool.concat(labelled), bits);
}

}  // namespace

void add_userns_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  check_no_words(builder, rule, context);
  check_keys(builder, context, rule.conditions, {});
  const std::uint32_t bits = access_bits(rule, userns_create);
  if (!builder.usable.has("namespaces/mask/userns_create"))
    return builder.note_not_mediated(context, "userns");
  const ExprId cls = builder.policydb.pool().byte(medclass::userns);
  add(builder, context, cls, bits);
  add_mark(builder, context, cls);
}

void add_io_uring_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"label"});
  check_no_words(builder, rule, context);
  check_keys(builder, context, rule.conditions, keys);
  const std::uint32_t bits = access_bits(rule, sqpoll | override_creds);
  const policy::Text* label = value_of(builder, context, rule.conditions, "label");
  if (!builder.usable.has("io_uring")) return builder.note_not_mediated(context, "io_uring");
  ExprPool& pool = builder.policydb.pool();
  const ExprId cls = pool.byte(medclass::io_uring);
  // The reference grants override_creds on the bare class too, where a rule names a label; the kernel asks
  // with a label only.
  add(builder, context, cls, bits);
  add_mark(builder, context, cls);
  if ((bits & override_creds) == 0) return;
  std::optional<Language> of = Language{any_text(pool), false, 0};
  if (label != nullptr) of = glob(pool, *label, "label", {.collapse_slashes = false}, builder.sink);
  if (of) add(builder, context, pool.concat(cls, of->expr), bits);
}

void add_mqueue_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"type", "label"});
  check_keys(builder, context, rule.conditions, keys);
  const std::uint32_t bits = access_bits(rule, mq_all);
  const auto types = values_of(rule.conditions, "type");
  const policy::Text* type = types.empty() ? nullptr : types.front();
  const policy::Text* label = value_of(builder, context, rule.conditions, "label");
  const policy::Text* name = rule.words.empty() ? nullptr : &rule.words.front();
  const bool named_posix = name != nullptr && name->value.starts_with('/');
  const bool posix = type != nullptr ? type->value == "posix" : name == nullptr || named_posix;
  const bool sysv = type != nullptr ? type->value == "sysv" : name == nullptr || !named_posix;
  // A rule about both kinds is compiled for both where one is mediated, as in the reference; the kernel does
  // not ask about the other.
  const bool about_both = posix && sysv;
  const bool any_mediated = builder.usable.has("ipc/posix_mqueue") || builder.usable.has("ipc/sysv_mqueue");
  const bool posix_mediated = about_both ? any_mediated : builder.usable.has("ipc/posix_mqueue");
  const bool sysv_mediated = about_both ? any_mediated : builder.usable.has("ipc/sysv_mqueue");
  if (!(posix && posix_mediated) && !(sysv && sysv_mediated))
    return builder.note_not_mediated(context, "mqueue");
  ExprPool& pool = builder.policydb.pool();
  if (posix && posix_mediated) {
    std::optional<Language> which = Language{any_text(pool), false, 0};
    if (name != nullptr) which = glob(pool, *name, "queue name", {.collapse_slashes = false}, builder.sink);
    if (which)
      add_queue(builder, context, pool.concat(pool.byte(medclass::posix_mqueue), which->expr), label, bits);
  }
  if (sysv && sysv_mediated) {
    const ExprId any = any_byte(pool);
    const std::array<ExprId, 4> any_key{any, any, any, any};
    std::optional<ExprId> which = pool.concat(any_key);
    if (name != nullptr) which = queue_key(builder, context, *name);
    policy::Text twice;
    if (label != nullptr && about_both) {
      // As the reference writes it; no kernel asks about System V queues.
      twice = *label;
      twice.value += label->value;
    }
    if (which)
      add_queue(builder, context, pool.concat(pool.byte(medclass::sysv_mqueue), *which),
                twice.value.empty() ? label : &twice, bits);
  }
}

void add_all_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  check_no_words(builder, rule, context);
  // Any other exec rule, of the usual priority, decides before the `ix` that `all` means.
  policy::FileRule file;
  file.perms =
      policy::perm_write | policy::perm_read | policy::perm_link | policy::perm_lock | policy::perm_mmap;
  add_file_rule(builder, file, context);
  policy::FileRule exec;
  exec.perms = policy::perm_exec;
  exec.exec.kind = policy::ExecTransition::Kind::inherit;
  policy::Qualifiers low = context.qualifiers;
  low.priority -= 2;
  add_file_rule(builder, exec, {context.index, context.span, low});
  add_capability_rule(builder, {}, context);
  using enum policy::RuleClass;
  const auto whole = [&](policy::RuleClass kind) {
    policy::ClassRule every;
    every.kind = kind;
    return every;
  };
  const auto mediated = [&](std::string_view feature) { return builder.usable.has(feature); };
  if (mediated("network_v9") || mediated("network_v8") || mediated("network/af_mask")) {
    add_network_rule(builder, whole(network), context);
  }
  if (mediated("dbus")) add_dbus_rule(builder, whole(dbus), context);
  if (mediated("io_uring")) add_io_uring_rule(builder, whole(io_uring), context);
  if (mediated("ipc/posix_mqueue")) add_mqueue_rule(builder, whole(mqueue), context);
  if (mediated("ptrace")) add_ptrace_rule(builder, whole(ptrace), context);
  if (mediated("signal")) add_signal_rule(builder, whole(signal), context);
  if (mediated("namespaces/mask/userns_create")) add_userns_rule(builder, whole(userns), context);
  if (mediated("mount")) {
    add_mount_rule(builder, whole(mount), context);
    add_mount_rule(builder, whole(remount), context);
    add_umount_rule(builder, whole(umount), context);
    add_pivot_root_rule(builder, whole(pivot_root), context);
  }
}

}  // namespace bh::compile
