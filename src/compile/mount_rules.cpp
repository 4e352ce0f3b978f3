// mount, remount, umount and pivot_root: `mount point NUL device NUL fstype NUL flags`.
//
// The kernel asks about five kinds of mount(2) by one form of string, and a rule of the language may mean
// several of them; each kind that it can mean becomes one expression. Flags are the numbers (bit + 1) of the
// bits that are set, ascending. Follows security/apparmor/mount.c.
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "compile/conditions.h"
#include "diag/render.h"
#include "policy/words.h"

namespace bh::compile {
namespace {

using automata::ExprId;
using automata::ExprPool;

constexpr std::uint32_t perm_pivot = 1, perm_mount = 2, perm_umount = 4;

// Flags of mount(2).
constexpr std::uint32_t remount = 1U << 5, bind = 1U << 12, move = 1U << 13, recursive = 1U << 14;
constexpr std::uint32_t no_user =
    1U << 31;  // of the kernel's own; mount(2) cannot pass it, so it chooses nothing
constexpr std::uint32_t make_flags =
    1U << 17 | 1U << 18 | 1U << 19 | 1U << 20;  // unbindable, private, slave, shared

/// What rules of the class that are told apart by nothing but what they are about (`mount,` and `umount,`)
/// have in common.
std::string family_key(const policy::ClassRule& rule, const policy::Qualifiers& qualifiers) {
  std::string key =
      fmt::format("{} {} {}", static_cast<int>(qualifiers.access), qualifiers.audit, qualifiers.priority);
  const auto add = [&](std::string_view what, std::string_view value) {
    key += fmt::format("\n{} {} {}", what, value.size(), value);
  };
  const bool pivots = rule.kind == policy::RuleClass::pivot_root;
  if (pivots && !rule.words.empty()) add("at", rule.words.front().value);
  if (rule.target) add(pivots ? "then" : "at", rule.target->value);
  if (rule.source) add("from", rule.source->value);
  std::set<std::string_view> types;
  const std::uint32_t implied = rule.kind == policy::RuleClass::remount ? remount : 0;
  bool said = implied == 0;
  for (const policy::Condition& condition : rule.conditions) {
    const std::string_view name = condition.key.value;
    if (name == "oldroot" && !condition.values.empty()) add("from", condition.values.front().value);
    if (name == "fstype" || name == "vfstype")
      for (const policy::Text& value : condition.values) types.insert(value.value);
    if (name != "options" && name != "option") continue;
    std::uint32_t flags = condition.in ? 0 : implied;
    said = said || !condition.in;
    for (const policy::Text& word : condition.values)
      if (const auto* option = policy::find_mount_option(word.value))
        flags |= option->set | (condition.in ? option->clear : 0);
    add("flags", fmt::format("{} {}", condition.in, flags));
  }
  if (!said) add("flags", fmt::format("{} {}", false, implied));
  for (const std::string_view type : types) add("type", type);
  return key;
}

std::uint32_t own_permission(policy::RuleClass kind) {
  if (kind == policy::RuleClass::umount) return perm_umount;
  return kind == policy::RuleClass::pivot_root ? perm_pivot : perm_mount;
}

/// The permissions that a rule's strings get. The reference reads a family as one rule and gives each of its
/// strings all of its permissions. The kernel asks a string of each form for one permission only, so the
/// others do no harm, and tools that compare policies find none changed.
std::uint32_t permissions_of(ProfileBuilder& builder, const policy::ClassRule& rule,
                             const RuleContext& context) {
  if (builder.mount_families.empty()) {
    using enum policy::RuleClass;
    for (const policy::ResolvedRule& each : builder.profile.rules) {
      const auto* body = std::get_if<policy::ClassRule>(&each.rule.body);
      if (body == nullptr) continue;
      if (body->kind == all) {
        builder.mount_families[family_key({}, each.rule.qualifiers)] |= perm_mount | perm_umount | perm_pivot;
      } else if (body->kind == mount || body->kind == remount || body->kind == umount ||
                 body->kind == pivot_root) {
        builder.mount_families[family_key(*body, each.rule.qualifiers)] |= own_permission(body->kind);
      }
    }
  }
  return builder.mount_families[family_key(rule, context.qualifiers)];
}

/// A kind of mount(2), with the flags that the kernel puts into the string.
struct Kind {
  std::uint32_t
      chosen_by;  ///< a rule with one of these flags means this kind alone; 0: the kind of what is left
  std::uint32_t flags;
  bool has_device;
  bool has_type;
};
/// In the order in which flags choose.
constexpr auto kinds = std::to_array<Kind>({
    {remount, 0x03bfddff, false, false},
    {bind, bind | recursive, true, false},
    {make_flags, 0x029ff1f1, false, false},
    {move, move, true, false},
    {0, 0x03a18ddf, true, true},  // a new mount
});

/// What one `options=(…)` says: flags that must be there and flags that may.
struct FlagChoice {
  std::uint32_t required = 0;
  std::uint32_t optional = 0;
  bool any = false;  ///< nothing was said
};

std::optional<std::uint32_t> flags_of(ProfileBuilder& builder, const RuleContext& context,
                                      const policy::Condition& options) {
  std::uint32_t flags = 0;
  bool good = true;
  for (const policy::Text& word : options.values) {
    if (const policy::MountOption* option = policy::find_mount_option(word.value)) {
      // `rw`, `atime` and their like ask for a bit to be clear, which is what a flag that is not named means
      // anyway; in a list of what may be (`in`) they stand for the bit as well.
      flags |= (option->set | (options.in ? option->clear : 0)) & ~no_user;
      continue;
    }
    good = false;
    builder
        .report(diag::Code::unknown_word, context, word.span,
                fmt::format("`{}` is no mount option that the kernel mediates", diag::printable(word.value)))
        .with_help(policy::suggest_mount_option(word.value));
  }
  if (!good) return std::nullopt;
  return flags;
}

/// Each `options=` is a choice of its own; all `options in` widen every choice.
std::optional<std::vector<FlagChoice>> read_options(ProfileBuilder& builder, const policy::ClassRule& rule,
                                                    const RuleContext& context) {
  std::vector<FlagChoice> choices;
  std::uint32_t optional = 0;
  bool said = false, good = true;
  for (const policy::Condition& condition : rule.conditions) {
    if (condition.key.value != "options" && condition.key.value != "option") continue;
    said = true;
    const auto flags = flags_of(builder, context, condition);
    good = good && flags;
    if (!flags) continue;
    if (condition.in) {
      optional |= *flags;
    } else {
      choices.push_back({*flags, 0, false});
    }
  }
  if (!good) return std::nullopt;
  if (choices.empty()) choices.push_back({0, 0, !said});
  for (FlagChoice& choice : choices) {
    choice.optional = optional;
    if (rule.kind == policy::RuleClass::remount) choice.required |= remount;
  }
  return choices;
}

/// The parts of the string as expressions.
struct Parts {
  std::optional<Language> mount_point, device, type;
};

std::optional<Language> type_language(ProfileBuilder& builder,
                                      const std::vector<const policy::Text*>& words) {
  ExprPool& pool = builder.policydb.pool();
  std::vector<ExprId> options;
  bool exact = true;
  for (const policy::Text* word : words) {
    const auto one = glob(pool, *word, "file system type", {.collapse_slashes = false}, builder.sink);
    if (!one) return std::nullopt;
    options.push_back(one->expr);
    exact = exact && one->exact;
  }
  return Language{pool.either(options), exact, 0};
}

std::optional<Parts> read_parts(ProfileBuilder& builder, const policy::ClassRule& rule,
                                const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"options", "option", "fstype", "vfstype"});
  bool good = check_keys(builder, context, rule.conditions, keys);
  good = check_no_words(builder, rule, context) && good;
  Parts parts;
  const auto read = [&](const std::optional<policy::Text>& text, std::string_view what,
                        std::optional<Language>& part) {
    if (!text) return;
    part = glob(builder.policydb.pool(), *text, what, {}, builder.sink);
    good = good && part;
  };
  read(rule.target, "mount point", parts.mount_point);
  if (rule.source && rule.source->value == "detached")
    parts.device = Language{builder.policydb.pool().empty(), true, 0};  // fsopen(2), open_tree(2): no name
  else
    read(rule.source, "device", parts.device);
  auto types = values_of(rule.conditions, "fstype");
  for (const policy::Text* word : values_of(rule.conditions, "vfstype")) types.push_back(word);
  if (!types.empty()) {
    parts.type = type_language(builder, types);
    good = good && parts.type;
  }
  if (!good) return std::nullopt;
  return parts;
}

ExprId flag_expression(ExprPool& pool, const FlagChoice& options, const Kind& kind) {
  // What is required and optional is optional; what a rule without options leaves open, its own words still
  // require.
  const std::uint32_t required = options.required & ~options.optional & kind.flags;
  const std::uint32_t optional = (options.any ? kind.flags : options.optional & kind.flags) & ~required;
  if ((required | optional) == 0) return pool.optional(pool.byte(0xfe));  // the kernel's form of "no flags"
  std::vector<ExprId> parts;
  for (unsigned bit = 0; bit < 32; ++bit) {
    const ExprId number = pool.byte(static_cast<std::uint8_t>(bit + 1));
    if ((required >> bit & 1) != 0) parts.push_back(number);
    if ((optional >> bit & 1) != 0) parts.push_back(pool.optional(number));
  }
  return pool.concat(parts);
}

/// Adds the expression of one kind. False: the rule's device or type has no place in it.
bool add_kind(ProfileBuilder& builder, const RuleContext& context, const Parts& parts,
              const FlagChoice& options, const Kind& kind, std::uint32_t permissions) {
  std::optional<Language> point = parts.mount_point;
  std::optional<Language> device = parts.device;
  if (device && !kind.has_device) {
    // `mount options=private /a` names its only path as if it were the device.
    if (kind.chosen_by != make_flags || point) return false;
    point = device;
    device.reset();
  }
  if (parts.type && !kind.has_type) return false;
  ExprPool& pool = builder.policydb.pool();
  const auto or_any = [&](const std::optional<Language>& part) { return part ? part->expr : any_text(pool); };
  const ExprId end = pool.byte(0);
  const std::array<ExprId, 8> string{
      pool.byte(medclass::mount),          or_any(point), end, or_any(device), end, or_any(parts.type), end,
      flag_expression(pool, options, kind)};
  builder.policydb.add(pool.concat(string), ProfileBuilder::grant(context, permissions, permissions, false),
                       context.index);
  return true;
}

/// Without a required flag a rule means every kind.
bool chooses(const FlagChoice& options, const Kind& kind) {
  if (options.required == 0 || (options.required & kind.chosen_by) != 0) return true;
  const std::uint32_t flags = options.required | options.optional | (options.any ? kind.flags : 0);
  return kind.chosen_by == 0 && (flags & kind.flags) != 0;
}

}  // namespace

void add_mount_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  const auto parts = read_parts(builder, rule, context);
  const auto choices = read_options(builder, rule, context);
  if (!parts || !choices) return;
  if (!builder.usable.has("mount")) return builder.note_not_mediated(context, "mount");
  const std::uint32_t permissions = permissions_of(builder, rule, context);
  for (const FlagChoice& options : *choices) {
    bool added = false;
    bool passed_over = false;
    for (const Kind& kind : kinds) {
      if (!chooses(options, kind)) continue;
      if (!add_kind(builder, context, *parts, options, kind, permissions)) {
        passed_over = options.required != 0;
        continue;
      }
      added = true;
      if (passed_over) builder.note_passed_over(context);
      if (options.required != 0) break;
    }
    if (!added) {
      builder
          .report(diag::Code::impossible_mount, context,
                  "no mount has this combination of options, device, mount point and file system type")
          .with_help(
              "remount and make-… options take only a mount point; a file system type goes with a new mount "
              "only");
    }
  }
}

void add_umount_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  const auto parts = read_parts(builder, rule, context);
  const auto choices = read_options(builder, rule, context);
  if (!parts || !choices) return;
  if (!builder.usable.has("mount")) return builder.note_not_mediated(context, "mount");
  if (!rule.conditions.empty()) builder.note_downgraded(context, "types and options in umount rules");
  ExprPool& pool = builder.policydb.pool();
  const ExprId point = parts->mount_point ? parts->mount_point->expr : any_text(pool);
  const std::uint32_t permissions = permissions_of(builder, rule, context);
  builder.policydb.add(pool.concat(pool.byte(medclass::mount), point),
                       ProfileBuilder::grant(context, permissions, permissions, false), context.index);
}

void add_pivot_root_rule(ProfileBuilder& builder, const policy::ClassRule& rule, const RuleContext& context) {
  static constexpr auto keys = std::to_array<std::string_view>({"oldroot"});
  check_keys(builder, context, rule.conditions, keys);
  const auto old_roots = values_of(rule.conditions, "oldroot");  // the last one counts
  const policy::Text* old_root = old_roots.empty() ? nullptr : old_roots.back();
  ExprPool& pool = builder.policydb.pool();
  std::optional<Language> to = Language{any_text(pool), false, 0};
  std::optional<Language> from = to;
  if (!rule.words.empty()) to = glob(pool, rule.words.front(), "new root", {}, builder.sink);
  if (old_root != nullptr) from = glob(pool, *old_root, "old root", {}, builder.sink);
  if (!to || !from) return;
  if (!builder.usable.has("mount")) return builder.note_not_mediated(context, "mount");
  if (rule.target) builder.note_downgraded(context, "profile changes in pivot_root rules");
  const std::array<ExprId, 4> string{pool.byte(medclass::mount), to->expr, pool.byte(0), from->expr};
  const std::uint32_t permissions = permissions_of(builder, rule, context);
  builder.policydb.add(pool.concat(string),
                       ProfileBuilder::grant(context, permissions, permissions, to->exact && from->exact),
                       context.index);
}

}  // namespace bh::compile
