#include "query/action_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>

#include <bit>
#include <vector>

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

}  // namespace

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
