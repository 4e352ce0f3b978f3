#include "query/action_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>

#include <algorithm>
#include <bit>
#include <iterator>

namespace bh::query {
namespace {

constexpr std::uint32_t ms_nosymfollow = 256;  // not in this C library's <sys/mount.h>

constexpr NamedBits options[] = {
    {"ro", MS_RDONLY},
    {"rw", 0},
    {"nosuid", MS_NOSUID},
    {"suid", 0},
    {"nodev", MS_NODEV},
    {"dev", 0},
    {"noexec", MS_NOEXEC},
    {"exec", 0},
    {"sync", MS_SYNCHRONOUS},
    {"async", 0},
    {"remount", MS_REMOUNT},
    {"mand", MS_MANDLOCK},
    {"nomand", 0},
    {"dirsync", MS_DIRSYNC},
    {"nosymfollow", ms_nosymfollow},
    {"symfollow", 0},
    {"noatime", MS_NOATIME},
    {"atime", 0},
    {"nodiratime", MS_NODIRATIME},
    {"diratime", 0},
    {"bind", MS_BIND},
    {"rbind", MS_BIND | MS_REC},
    {"move", MS_MOVE},
    {"silent", MS_SILENT},
    {"verbose", 0},
    {"acl", MS_POSIXACL},
    {"noacl", 0},
    {"unbindable", MS_UNBINDABLE},
    {"runbindable", MS_UNBINDABLE | MS_REC},
    {"private", MS_PRIVATE},
    {"rprivate", MS_PRIVATE | MS_REC},
    {"slave", MS_SLAVE},
    {"rslave", MS_SLAVE | MS_REC},
    {"shared", MS_SHARED},
    {"rshared", MS_SHARED | MS_REC},
    {"relatime", MS_RELATIME},
    {"norelatime", 0},
    {"iversion", MS_I_VERSION},
    {"noiversion", 0},
    {"strictatime", MS_STRICTATIME},
    {"nostrictatime", 0},
};

bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

tl::expected<std::vector<Word>, BadWord> split_words(std::string_view text, diag::Span where) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (blank(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    bool quoted = false;
    std::size_t depth = 0;  // peer=(name=a label=b) is one word
    while (at < text.size() && (quoted || depth > 0 || !blank(text[at]))) {
      if (text[at] == '"') quoted = !quoted;
      if (!quoted && text[at] == '(') ++depth;
      if (!quoted && text[at] == ')' && depth > 0) --depth;
      ++at;
    }
    const auto from = static_cast<std::uint32_t>(where.begin + begin),
               to = static_cast<std::uint32_t>(where.begin + at);
    words.push_back({text.substr(begin, at - begin), {where.source, from, to}});
    if (quoted || depth > 0)
      return tl::unexpected(BadWord{
          words.back().span, quoted ? "a quote that is not closed" : "a parenthesis that is not closed"});
  }
  return words;
}

std::string unquoted(std::string_view word) {
  std::string out;
  std::ranges::copy_if(word, std::back_inserter(out), [](char c) { return c != '"'; });
  return out;
}

std::span<const NamedBits> mount_options() { return options; }

std::string mount_options_text(std::uint32_t flags) {
  std::vector<std::string> words;
  for (const int bits_at_once : {2, 1}) {
    for (const NamedBits& option : options) {
      if (std::popcount(option.bits) != bits_at_once || (flags & option.bits) != option.bits) continue;
      words.emplace_back(option.word);
      flags &= ~option.bits;
    }
  }
  if (flags != 0) words.push_back(fmt::format("{:#x}", flags));
  return fmt::format("{}", fmt::join(words, ","));
}

}  // namespace bh::query
