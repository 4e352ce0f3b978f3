// Names that the kernel never sees: it follows links first and asks about what they lead to.
//
// The one idea: such a rule is fine where the profile says the same of the real name, whichever rule does, so
// the real names are asked for. With an image its links are known; without one, those that every current
// distribution has.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>
#include <vector>

#include "check/catalogue.h"
#include "compile/describe.h"

namespace bh::check {
namespace {

using diag::Code;
namespace perm = compile::perm;

struct Link {
  std::string_view name;
  std::string_view real;
  std::string_view both;  ///< a pattern for the two
};
constexpr Link links[] = {
    {"/bin/", "/usr/bin/", "/{,usr/}bin/"},       {"/sbin/", "/usr/sbin/", "/{,usr/}sbin/"},
    {"/lib/", "/usr/lib/", "/{,usr/}lib/"},       {"/lib32/", "/usr/lib32/", "/{,usr/}lib32/"},
    {"/lib64/", "/usr/lib64/", "/{,usr/}lib64/"}, {"/libx32/", "/usr/libx32/", "/{,usr/}libx32/"},
    {"/var/run/", "/run/", "/{,var/}run/"},       {"/var/lock/", "/run/lock/", "/{var,run}/lock/"},
};
/// What /bin/sh is a link to, somewhere.
constexpr std::array<std::string_view, 3> shells = {"/usr/bin/dash", "/usr/bin/bash", "/{,usr/}bin/busybox"};

/// A rule's pattern, as it would have to name the real files.
struct Translation {
  std::string real;  ///< a glob
  std::string both;  ///< what to write instead; empty: nothing can be said
};

std::optional<Translation> by_table(std::string_view pattern) {
  for (const Link& link : links)
    if (pattern.starts_with(link.name)) {
      const std::string_view rest = pattern.substr(link.name.size());
      return Translation{fmt::format("{}{}", link.real, rest), fmt::format("{}{}", link.both, rest)};
    }
  return std::nullopt;
}

/// As far as no wildcard has come the image knows what the path is called.
std::optional<Translation> by_image(const generate::ImageNames& image, std::string_view pattern) {
  const std::size_t glob = pattern.find_first_of("*?[{\\");
  const std::size_t known = glob == std::string_view::npos ? pattern.size() : pattern.rfind('/', glob) + 1;
  const std::string_view head = pattern.substr(0, known);
  const std::string real = image.real(head);
  if (real == head) return std::nullopt;
  const std::string whole = real + std::string(pattern.substr(known));
  return Translation{whole, whole};
}

/// The profile says of all that `language` holds what the rule says of the link.
bool is_said_of(const ProfileView& view, const WrittenRule& written, const automata::Dfa& language,
                std::string& missing) {
  const policy::Qualifiers& qualifiers = view.rule(written).qualifiers;
  const std::uint32_t bits = view.bits_of(written) & (perm::read | perm::write | perm::exec);
  for (const ProfileView::Meeting& meeting : view.meetings(language)) {
    const compile::FilePerms& perms = view.perms(meeting.set);
    const bool said =
        qualifiers.access == policy::Access::deny
            ? (view.allowed(meeting.set) & bits) == 0
            : (bits & ~(qualifiers.owner == policy::Owner::other ? perms.other : perms.owner).allow) == 0;
    if (said) continue;
    missing = meeting.path;
    return false;
  }
  return true;
}

void judge(const ProfileView& view, const WrittenRule& written, const policy::Text& path,
           const Translation& translation, Findings& out) {
  const auto language = language_of(translation.real);
  std::string missing;
  if (!language || is_said_of(view, written, *language, missing)) return;
  const bool deny = view.rule(written).qualifiers.access == policy::Access::deny;
  const generate::ImageNames* image = view.subject().image;
  Finding& finding = out.report(
      Code::name_never_seen, path.span,
      fmt::format("the kernel follows links before it asks: {} it asks about `{}`, which this rule does not "
                  "{} and no other does",
                  image != nullptr ? fmt::format("in {}", image->words()) : "on current systems",
                  compile::escaped(missing), deny ? "deny" : "allow"));
  finding.with_help(fmt::format("write `{}`{}", translation.both,
                                image != nullptr ? "" : "; --rootfs or --image say how it is in an image"));
  const std::string_view raw = view.raw(path.span);
  if (!path.quoted && raw == path.value) finding.edits.push_back({path.span, translation.both});
}

/// `sh` is a link wherever it lies; which shell it leads to is known of an image only.
void judge_shell(const ProfileView& view, const WrittenRule& written, const policy::Text& path,
                 Findings& out) {
  std::vector<std::string> targets;
  if (const generate::ImageNames* image = view.subject().image) {
    targets.push_back(image->real("/bin/sh"));
    if (targets.front().ends_with("/sh")) return;
  } else {
    targets.assign(shells.begin(), shells.end());
  }
  const bool deny = view.rule(written).qualifiers.access == policy::Access::deny;
  std::vector<std::string> missing;
  for (const std::string& target : targets) {
    const auto language = language_of(target);
    std::string path_left;
    if (language && !is_said_of(view, written, *language, path_left)) missing.push_back(path_left);
  }
  // One of them is what is run; all of them are what is kept from running.
  if (missing.empty() || (!deny && missing.size() < targets.size())) return;
  out.report(Code::name_never_seen, path.span,
             fmt::format("`sh` is a link, and the kernel asks about what it leads to: this rule {} nothing, "
                         "and `{}` is {}",
                         deny ? "denies" : "allows", compile::escaped(missing.front()),
                         deny ? "allowed" : "not allowed"))
      .with_help("name the shells: `/{,usr/}bin/{dash,bash,busybox}`");
}

}  // namespace

void find_names_never_seen(const ProfileView& view, Findings& out) {
  static const auto sh = language_of("/{,usr/}bin/sh");
  for (const WrittenRule& written : view.own()) {
    const auto* file = std::get_if<policy::FileRule>(&view.rule(written).body);
    if (file == nullptr || !file->path) continue;
    const policy::Text& path = *file->path;
    if (path.value.ends_with("sh") && (view.bits_of(written) & perm::exec) != 0) {
      const auto language = language_of(path.value);
      if (language && is_within(*language, *sh).value_or(false)) {
        judge_shell(view, written, path, out);
        continue;
      }
    }
    const generate::ImageNames* image = view.subject().image;
    const auto translation = image != nullptr ? by_image(*image, path.value) : by_table(path.value);
    if (translation) judge(view, written, path, *translation, out);
  }
}

}  // namespace bh::check
