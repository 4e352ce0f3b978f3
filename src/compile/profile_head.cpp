// The head of a profile: name, attachment with extended attributes, flags; and the fields that are no
// automaton.
#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "compile/profile_builder.h"
#include "diag/render.h"
#include "policy/words.h"

namespace bh::compile {
namespace {

using automata::ExprId;
using automata::ExprPool;

struct PathFlag {
  std::string_view name;
  std::uint32_t bit;  ///< 0: the default, said aloud
};
constexpr auto path_flags = std::to_array<PathFlag>({
    {"attach_disconnected", path_flag::attach_disconnected},
    {"no_attach_disconnected", 0},
    {"attach_disconnected.path", path_flag::attach_disconnected},
    {"attach_disconnected.ipc", path_flag::ipc_attach},
    {"chroot_relative", path_flag::chroot_relative},
    {"namespace_relative", 0},
    {"chroot_attach", path_flag::chroot_attach},
    {"chroot_no_attach", 0},
    {"mediate_deleted", path_flag::mediate_deleted},
    {"delegate_deleted", 0},
});

struct ModeFlag {
  std::string_view name;
  Mode mode;
};
constexpr auto mode_flags = std::to_array<ModeFlag>({
    {"enforce", Mode::enforce},
    {"complain", Mode::complain},
    {"kill", Mode::kill},
    {"unconfined", Mode::unconfined},
    {"default_allow", Mode::unconfined},
    {"prompt", Mode::user},
});

template <class Table>
const auto* find_flag(const Table& table, std::string_view name) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

void report_flag(ProfileBuilder& builder, const policy::Flag& flag, std::string message) {
  builder.sink.report(diag::Code::unknown_word, flag.value ? flag.value->span : flag.name.span,
                      std::move(message));
}

void add_path_flag(ProfileBuilder& builder, const policy::Flag& flag, const PathFlag& entry) {
  CompiledProfile& out = builder.out;
  out.path_flags = out.path_flags.value_or(0) | entry.bit;
  if (!flag.value) return;
  if (!flag.value->value.starts_with('/')) {
    report_flag(builder, flag,
                fmt::format("`{}` wants a path that begins with `/`, not `{}`", entry.name,
                            diag::printable(flag.value->value)));
    return;
  }
  if (entry.bit == path_flag::ipc_attach) {
    // Mainline kernels do not know this element and would refuse the profile.
    if (builder.usable.has("domain/disconnected.ipc")) out.disconnected_ipc = unescape(flag.value->value);
  } else {
    out.disconnected = unescape(flag.value->value);
  }
}

/// `kill.signal=` and `error=`: in the profile only where the kernel announces that it reads them.
void add_valued_flag(ProfileBuilder& builder, const policy::Flag& flag, std::string_view name) {
  const std::string value = flag.value ? flag.value->value : "";
  if (name == "kill.signal") {
    const auto number = policy::signal_number(value);
    if (!number) {
      return report_flag(builder, flag,
                         fmt::format("`kill.signal={}`: no such signal", diag::printable(value)));
    }
    // A kernel takes none above 35.
    if (*number <= 35 &&
        (builder.usable.has("policy/profile/kill.signal") || builder.usable.has("domain/kill.signal"))) {
      builder.out.kill_signal = *number;
    }
    return;
  }
  std::string upper = value;
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto number = policy::number_of(policy::error_names(), upper);
  if (!number)
    return report_flag(builder, flag, fmt::format("`error={}`: no such error", diag::printable(value)));
  if (builder.usable.has("policy/profile/error")) builder.out.error = *number;
}

void add_flag(ProfileBuilder& builder, const policy::Flag& flag) {
  const std::string_view name = flag.name.value;
  if (const PathFlag* path = find_flag(path_flags, name)) return add_path_flag(builder, flag, *path);
  if (const ModeFlag* mode = find_flag(mode_flags, name)) {
    builder.out.mode = static_cast<std::uint32_t>(mode->mode);
    // Kernels without it refuse the profile; nobody there could be asked, so what is not allowed is refused.
    if (mode->mode == Mode::user && !builder.kernel.has("policy/permstable32/prompt"))
      builder.out.mode = static_cast<std::uint32_t>(Mode::enforce);
    return;
  }
  if (name == "audit") {
    builder.out.audit = 1;
  } else if (name == "debug") {
    // As in the reference, which forgets it where another flag stands before it.
    if (&flag == &builder.profile.flags.front()) builder.out.flags |= profile_flag::debug;
  } else if (name == "interruptible") {
    if (builder.usable.has("policy/profile/interruptible")) builder.out.flags |= profile_flag::interruptible;
  } else if (name == "kill.signal" || name == "error") {
    add_valued_flag(builder, flag, name);
  } else {
    report_flag(builder, flag, fmt::format("`{}` is no flag of a profile", diag::printable(name)));
  }
}

/// The automaton of the attachment: the path, then for each attribute out-of-band, NUL and its value;
/// accepting after each.
void add_attachment(ProfileBuilder& builder) {
  const policy::ResolvedProfile& profile = builder.profile;
  const bool has_xattrs = !profile.xattrs.empty() && builder.usable.has("domain/attach_conditions/xattr");
  if (!profile.attachment && !has_xattrs) return;
  RuleSet xmatch(RuleSet::Kind::attachment, false);
  ExprPool& pool = xmatch.pool();
  const policy::Text path =
      profile.attachment ? *profile.attachment : policy::Text{profile.own_name, profile.span, false};
  const auto language = glob(pool, path, "attachment", {}, builder.sink);
  if (!language) return;
  Grant grant;
  grant.bits = perm::exec;
  ExprId whole = language->expr;
  xmatch.add(whole, grant, TagMeaning::implied);
  if (has_xattrs) {
    // The last attribute written comes first; kernel and reference agree on the order by the list of names.
    for (auto xattr = profile.xattrs.rbegin(); xattr != profile.xattrs.rend(); ++xattr) {
      policy::Text value{"**", xattr->key.span, false};
      if (!xattr->values.empty()) value = xattr->values.front();
      const auto matches = glob(pool, value, "attribute's value", {.may_match_nul = true}, builder.sink);
      if (!matches) return;
      const std::array<ExprId, 4> parts{whole, pool.out_of_band(), pool.byte(0), matches->expr};
      whole = pool.concat(parts);
      xmatch.add(whole, grant, TagMeaning::implied);
      builder.out.xattrs.push_back(xattr->key.value);
    }
  }
  builder.out.xmatch = xmatch.build(
      {builder.policy, profile, builder.options.budget, builder.options.dense, false, false, builder.sink});
  builder.out.xmatch_len = static_cast<std::uint32_t>(language->leading_bytes);
}

}  // namespace

void add_profile_head(ProfileBuilder& builder, bool complain) {
  CompiledProfile& out = builder.out;
  out.name = builder.profile.name;
  out.name_space = builder.profile.name_space;
  const auto check_name = [&](const std::string& name, std::string_view what) {
    if (name.size() <= 4096 && name.find('\0') == std::string::npos && name.find('\n') == std::string::npos)
      return;
    builder.sink.report(diag::Code::unusable_name, builder.profile.span,
                        fmt::format("a {} has at most 4096 bytes, and no newline or NUL", what));
  };
  check_name(out.name, "profile's name");
  check_name(out.name_space, "namespace's name");
  if (builder.profile.hat) out.flags |= profile_flag::hat;
  for (const policy::Flag& flag : builder.profile.flags) add_flag(builder, flag);
  if (complain) out.mode = static_cast<std::uint32_t>(Mode::complain);
  if (builder.usable.has("domain/identity")) {
    for (const policy::Text& identity : builder.profile.identities)
      out.identity.push_back(unescape(identity.value));
  }
  add_attachment(builder);
}

void finish_fields(ProfileBuilder& builder) {
  const ProfileBuilder::CapabilityMasks& masks = builder.capabilities;
  builder.out.capabilities = {masks.allow & ~masks.deny, masks.allow & ~masks.deny & masks.audit, masks.quiet,
                              0};
  for (const ProfileBuilder::FamilyMasks& family : builder.families) {
    builder.out.network.push_back(
        {static_cast<std::uint16_t>(family.allow & ~family.deny), family.audit, family.quiet});
  }
}

}  // namespace bh::compile
