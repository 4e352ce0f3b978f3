// Rules about paths: file, link, change_profile. All three live in the file automaton; a pair of names is
// `first NUL second`.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "compile/permissions.h"
#include "compile/profile_builder.h"
#include "diag/render.h"

namespace bh::compile {
namespace {

using automata::ByteSet;
using automata::ExprId;
using automata::ExprPool;
using policy::ExecTransition;

constexpr std::size_t max_targets = 12;
// Of a pair: the link may have no permission that its target lacks. Only the half of owners says so, also
// where a rule is about everybody; the reference has always written it like that, and kernels skip the test
// for others.
constexpr std::uint32_t subset = accept_bit::lock;

std::uint32_t both_halves(std::uint32_t half) { return half | half << accept_bit::other_shift; }

/// The halves that `owner` and `other` leave.
std::uint32_t halves_of(const policy::Qualifiers& qualifiers) {
  switch (qualifiers.owner) {
    case policy::Owner::any:
      return both_halves(accept_bit::half);
    case policy::Owner::owner:
      return accept_bit::half;
    case policy::Owner::other:
      return accept_bit::half << accept_bit::other_shift;
  }
  return 0;
}

ByteSet all_but(std::initializer_list<unsigned char> bytes) {
  ByteSet set;
  set.set();
  for (const unsigned char byte : bytes) set.reset(byte);
  return set;
}

ExprId any_text(ExprPool& pool) { return pool.star(pool.bytes(all_but({0}))); }

/// `first NUL second`
ExprId pair(ExprPool& pool, ExprId first, ExprId second) {
  const std::array<ExprId, 3> parts{first, pool.byte(0), second};
  return pool.concat(parts);
}

/// Every link target that a rule without one means: `/`, a byte that is not `/`, anything.
ExprId any_link_target(ExprPool& pool) {
  ByteSet every;
  every.set();
  const std::array<ExprId, 3> parts{pool.byte('/'), pool.bytes(all_but({'/'})), pool.star(pool.bytes(every))};
  return pool.concat(parts);
}

/// The executables that a change_profile rule without one means.
ExprId any_executable(ExprPool& pool) {
  const std::array<ExprId, 3> parts{pool.byte('/'), pool.bytes(all_but({'/', 0})), any_text(pool)};
  return pool.concat(parts);
}

std::optional<Language> path_language(ProfileBuilder& builder, const policy::Text& text,
                                      std::string_view what) {
  return glob(builder.file.pool(), text, what, {}, builder.sink);
}

std::optional<Language> label_language(ProfileBuilder& builder, const policy::Text& text,
                                       std::string_view what) {
  return glob(builder.file.pool(), text, what, {.collapse_slashes = false}, builder.sink);
}

/// A target's label as the kernel looks it up; `:ns:name` is two strings. As the reference writes it:
/// variables and escapes stay, and a child's target is prefixed by its own name without its parent's (BH2083
/// says where that names nothing).
std::string kernel_label(const ProfileBuilder& builder, const std::string& target, bool child) {
  std::string label = target;
  const bool in_namespace = label.substr(label.starts_with('&') ? 1 : 0).starts_with(':');
  if (child && !in_namespace) return builder.profile.own_name + "//" + label;
  if (label.starts_with(':')) {
    if (const std::size_t end = label.find(':', 1); end != std::string::npos) label[end] = '\0';
  }
  return label;
}

/// The index of a target in the table, or none (reported) when the table is full.
std::optional<std::uint32_t> target_index(ProfileBuilder& builder, const RuleContext& context,
                                          const policy::Text& target, bool child) {
  const std::string label = kernel_label(builder, target.value, child);
  if (child && builder.profile.parent.valid() && label.starts_with(builder.profile.own_name + "//")) {
    builder
        .report(diag::Code::bad_target, context, target.span,
                fmt::format("`cx` in a child profile names `{}`, and no profile has such a name: the kernel "
                            "will refuse to "
                            "execute",
                            diag::printable(label)))
        .with_help(fmt::format("write `px -> {}//{}`; apparmor_parser leaves the parent's name out too",
                               diag::printable(builder.profile.name), diag::printable(target.value)));
  }
  const auto known = std::find(builder.xtable.begin(), builder.xtable.end(), label);
  if (known != builder.xtable.end()) return static_cast<std::uint32_t>(known - builder.xtable.begin());
  if (builder.xtable.size() == max_targets) {
    builder
        .report(
            diag::Code::too_many_exec_targets, context, target.span,
            fmt::format("profile {} already names {} exec targets; the kernel's format has no room for `{}`",
                        diag::printable(builder.profile.name), max_targets, diag::printable(target.value)))
        .with_help(
            "let programs that run alike share a target, or leave the target out and let the name decide "
            "(`px`)");
    return std::nullopt;
  }
  builder.xtable.push_back(label);
  return static_cast<std::uint32_t>(builder.xtable.size() - 1);
}

bool check_target(ProfileBuilder& builder, const RuleContext& context, const policy::FileRule& rule) {
  const std::string& target = rule.target->value;
  std::string problem;
  if (target.size() > 4096) problem = "the target of `->` is longer than 4096 bytes";
  if (target.starts_with("::"))
    problem = "a namespace without a name in the target of `->`: no kernel loads that";
  if (target.starts_with(' '))
    problem = "the target of `->` starts with a space, which no profile's name does";
  if (problem.empty()) return true;
  builder.report(diag::Code::bad_exec_target, context, rule.target->span, problem)
      .with_help("name a profile: `px -> NAME`, `cx -> CHILD`, or a stack: `px -> &NAME`");
  return false;
}

/// The exec fields of a half: the bit itself and where it goes. None: reported.
std::optional<std::uint32_t> exec_bits(ProfileBuilder& builder, const RuleContext& context,
                                       const policy::FileRule& rule) {
  const ExecTransition& exec = rule.exec;
  if (context.qualifiers.access == policy::Access::deny) return accept_bit::exec;
  std::uint32_t bits = accept_bit::exec;
  std::uint32_t modifier = 0;
  const bool child = exec.kind == ExecTransition::Kind::child;
  switch (exec.kind) {
    case ExecTransition::Kind::bare:
      break;
    case ExecTransition::Kind::inherit:
      bits |= accept_bit::inherit;
      break;
    case ExecTransition::Kind::unconfined:
      modifier = 1;
      break;
    case ExecTransition::Kind::profile:
      modifier = 2;
      break;
    case ExecTransition::Kind::child:
      modifier = 3;
      break;
  }
  if (exec.fallback == ExecTransition::Fallback::inherit) bits |= accept_bit::inherit;
  if (exec.fallback == ExecTransition::Fallback::unconfined) bits |= accept_bit::pux;
  if (rule.unsafe_keyword || (exec.kind != ExecTransition::Kind::inherit && !exec.scrub))
    bits |= accept_bit::unsafe;
  if (rule.target) {
    if (!check_target(builder, context, rule)) return std::nullopt;
    const auto index = target_index(builder, context, *rule.target, child);
    if (!index) return std::nullopt;
    modifier = *index + 4;
  }
  return bits | modifier << accept_bit::modifier_shift;
}

std::optional<std::uint32_t> half_bits(ProfileBuilder& builder, const RuleContext& context,
                                       const policy::FileRule& rule) {
  std::uint32_t bits = 0;
  if ((rule.perms & policy::perm_read) != 0) bits |= accept_bit::read;
  if ((rule.perms & policy::perm_write) != 0) bits |= accept_bit::write | accept_bit::append;
  if ((rule.perms & policy::perm_append) != 0) bits |= accept_bit::append;
  if ((rule.perms & policy::perm_lock) != 0) bits |= accept_bit::lock;
  if ((rule.perms & policy::perm_mmap) != 0) bits |= accept_bit::mmap;
  if ((rule.perms & policy::perm_link) != 0) bits |= accept_bit::link;
  if ((rule.perms & policy::perm_exec) == 0) return bits;
  const auto exec = exec_bits(builder, context, rule);
  if (!exec) return std::nullopt;
  return bits | *exec;
}

/// A link: the name itself, and the pair of name and target. A deny rule speaks about the pair only.
void add_link(ProfileBuilder& builder, const RuleContext& context, const Language& name, ExprId target,
              bool exact_target, bool of_subset, bool name_too) {
  const std::uint32_t halves = halves_of(context.qualifiers);
  const std::uint32_t link = both_halves(accept_bit::link) & halves;
  const std::uint32_t pair_bits = link | (of_subset ? subset & halves : 0);
  if (name_too)
    builder.file.add(name.expr, ProfileBuilder::grant(context, link, link, name.exact), context.index);
  builder.file.add(pair(builder.file.pool(), name.expr, target),
                   ProfileBuilder::grant(context, pair_bits, link, name.exact && exact_target),
                   context.index);
}

}  // namespace

void add_file_rule(ProfileBuilder& builder, const policy::FileRule& rule, const RuleContext& context) {
  ExprPool& pool = builder.file.pool();
  std::optional<Language> path;
  policy::FileRule whole = rule;
  if (rule.path) {
    path = path_language(builder, *rule.path, "path");
  } else {
    path = Language{pool.concat(pool.byte('/'), any_text(pool)), false, 1};
    if (rule.perms == 0) {
      whole.perms = policy::perm_exec | policy::perm_write | policy::perm_read | policy::perm_link |
                    policy::perm_lock | policy::perm_mmap;
      whole.exec.kind = ExecTransition::Kind::inherit;
    }
  }
  const bool deny = context.qualifiers.access == policy::Access::deny;
  const auto half = half_bits(builder, context, whole);
  if (!path || !half) return;
  std::uint32_t bits = both_halves(*half) & halves_of(context.qualifiers);
  if (deny) bits &= ~both_halves(accept_bit::link);
  if (bits != 0)
    builder.file.add(path->expr, ProfileBuilder::grant(context, bits, bits, path->exact), context.index);
  if ((whole.perms & policy::perm_link) != 0)
    add_link(builder, context, *path, any_link_target(pool), false, true, false);
}

void add_link_rule(ProfileBuilder& builder, const policy::LinkRule& rule, const RuleContext& context) {
  const auto name = path_language(builder, rule.link, "path");
  const auto target = path_language(builder, rule.target, "link target");
  if (!name || !target) return;
  add_link(builder, context, *name, target->expr, target->exact, rule.subset,
           context.qualifiers.access != policy::Access::deny);
}

void add_change_profile_rule(ProfileBuilder& builder, const policy::ChangeProfileRule& rule,
                             const RuleContext& context) {
  ExprPool& pool = builder.file.pool();
  std::optional<Language> label = Language{any_text(pool), false, 0};
  if (rule.target) label = label_language(builder, *rule.target, "profile name");
  std::optional<Language> program = Language{any_executable(pool), false, 2};
  if (rule.exec) program = label_language(builder, *rule.exec, "path");  // `//` stays here, too
  if (!label || !program) return;
  // Its priority counts for nothing, as in the reference: a deny of change_profile wins, however low. And no
  // kernel asks anybody about a change of profile: `prompt` allows.
  const auto add = [&](ExprId expr, std::uint32_t bits, bool exact) {
    Grant grant = ProfileBuilder::grant(context, bits, 0, exact);
    grant.priority = 0;
    if (grant.access == policy::Access::prompt) grant.access = policy::Access::allow;
    builder.file.add(expr, grant, context.index);
  };
  add(label->expr, accept_bit::change_profile | accept_bit::onexec, label->exact);
  add(program->expr, accept_bit::onexec, program->exact);
  std::uint32_t bits = accept_bit::onexec;
  if (rule.exec) bits |= both_halves(accept_bit::exec);
  if (rule.mode == policy::ChangeProfileRule::Mode::unsafe) bits |= both_halves(accept_bit::unsafe);
  add(pair(pool, program->expr, label->expr), bits, program->exact && label->exact);
}

void add_implied_file_rules(ProfileBuilder& builder) {
  const bool changes_profile = std::any_of(
      builder.profile.rules.begin(), builder.profile.rules.end(), [](const policy::ResolvedRule& rule) {
        return std::holds_alternative<policy::ChangeProfileRule>(rule.rule.body);
      });
  // A child profile that is no hat implies the interface too: the reference does not tell them apart here.
  const bool changes_hat = builder.profile.hat || builder.has_children;
  const auto add = [&](const char* path, std::uint32_t bits) {
    const policy::Text text{path, builder.profile.span, false};
    const auto language = path_language(builder, text, "path");
    if (!language) return;
    Grant grant;
    grant.bits = bits;
    grant.exact = language->exact;
    builder.file.add(language->expr, grant, TagMeaning::implied);
  };
  if (changes_profile || changes_hat) {
    add("/proc/*/attr/apparmor/", accept_bit::read);
    add("/sys/module/apparmor/parameters/enabled", accept_bit::read);
  }
  if (changes_profile) add("/proc/*/attr/{apparmor/,}{current,exec}", accept_bit::write);
  if (changes_hat) add("/proc/[0-9]*/attr/{apparmor/,}current", accept_bit::write);
}

}  // namespace bh::compile
