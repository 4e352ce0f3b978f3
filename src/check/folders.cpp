// `dir/**` is what lies in a folder, never the folder: its name ends in a slash and nothing follows.
#include <fmt/format.h>

#include <variant>

#include "check/catalogue.h"
#include "compile/describe.h"

namespace bh::check {
namespace {

using diag::Code;
namespace perm = compile::perm;

/// The folder's own path is what stands before the two stars; nothing where the pattern ends otherwise.
std::string_view folder_of(std::string_view pattern) {
  if (!pattern.ends_with("/**") || pattern.ends_with("\\/**") || pattern.size() < 4) return {};
  pattern.remove_suffix(2);
  return pattern;
}

void add_edit(const ProfileView& view, const policy::Text& path, Finding& finding) {
  const std::string_view raw = view.raw(path.span);
  const std::size_t quote = raw.ends_with('"') ? 1 : 0;
  if (!raw.substr(0, raw.size() - quote).ends_with("/**")) return;  // the stars came with a variable
  const std::uint32_t end = path.span.end - static_cast<std::uint32_t>(quote);
  finding.edits.push_back({{path.span.source, end - 2, end}, "{,**}"});
}

void judge_deny(const ProfileView& view, const WrittenRule& written, const policy::Text& path,
                const automata::Dfa& folder, Findings& out) {
  const std::uint32_t denied = view.bits_of(written) & (perm::write | perm::read);
  for (const ProfileView::Meeting& meeting : view.meetings(folder)) {
    const std::uint32_t left = view.allowed(meeting.set) & denied;
    if (left == 0) continue;
    Finding& finding =
        out.report(Code::folder_left_out, path.span,
                   fmt::format("`**` after a slash does not match the folder itself: `{}` can still be {}",
                               compile::escaped(meeting.path),
                               (left & perm::write) != 0 ? "renamed, removed and given another mode or owner"
                                                         : "listed"));
    finding.with_help("end the pattern in `/{,**}`: the folder and all that is in it");
    add_edit(view, path, finding);
    return;
  }
}

void judge_allow(const ProfileView& view, const WrittenRule& written, const policy::Text& path,
                 const automata::Dfa& folder, Findings& out) {
  if ((view.bits_of(written) & perm::read) == 0) return;
  std::string example;
  for (const ProfileView::Meeting& meeting : view.meetings(folder)) {
    if ((view.allowed(meeting.set) & perm::read) != 0) return;
    if (example.empty()) example = meeting.path;
  }
  Finding& finding = out.report(
      Code::folder_unlisted, path.span,
      fmt::format("what is in `{}` can be read, but the folder cannot be listed: `**` after a slash does not "
                  "match it",
                  compile::escaped(example)));
  finding.with_help("where programs look for files there, end the pattern in `/{,**}`");
  add_edit(view, path, finding);
}

}  // namespace

void find_folders_left_out(const ProfileView& view, Findings& out) {
  for (const WrittenRule& written : view.own()) {
    const policy::Rule& rule = view.rule(written);
    const auto* file = std::get_if<policy::FileRule>(&rule.body);
    if (file == nullptr || !file->path) continue;
    const std::string_view folder = folder_of(file->path->value);
    const auto language = folder.empty() ? std::nullopt : language_of(folder);
    if (!language) continue;
    if (rule.qualifiers.access == policy::Access::deny)
      judge_deny(view, written, *file->path, *language, out);
    else
      judge_allow(view, written, *file->path, *language, out);
  }
}

}  // namespace bh::check
