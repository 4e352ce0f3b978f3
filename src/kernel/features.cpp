// The features tree as text. An explicit stack, with limits: the tree is the kernel's, but it may also be a
// folder that a user named.
#include <sys/stat.h>

#include <cerrno>

#include "base/file.h"
#include "kernel/apparmor.h"
#include "kernel/features.h"

namespace bh::kernel {
namespace {

constexpr std::size_t max_depth = 16;
constexpr std::size_t max_entries = 10'000;
constexpr std::size_t max_value = 64u << 10;

struct Level {
  std::string path;
  std::vector<std::string> names;
  std::size_t next = 0;
};

}  // namespace

Result<std::string> features_folder_text(Os& os, const std::string& folder) {
  std::string text;
  std::size_t entries = 0;
  BH_TRY(auto names, os.list(folder));
  std::vector<Level> stack;
  stack.push_back({folder, std::move(names)});
  while (!stack.empty()) {
    Level& level = stack.back();
    if (level.next == level.names.size()) {
      stack.pop_back();
      if (!stack.empty()) text += "}\n";
      continue;
    }
    const std::string name = level.names[level.next++];
    std::string path = level.path + "/" + name;
    if (++entries > max_entries)
      return fail("{}: more than {} entries; this is not a features tree", folder, max_entries);
    BH_TRY(auto info, os.stat(path));
    text += name + " {";
    if (S_ISDIR(info.st_mode)) {
      if (stack.size() == max_depth)
        return fail("{}: deeper than {} folders; this is not a features tree", path, max_depth);
      BH_TRY(auto inner, os.list(path));
      stack.push_back({std::move(path), std::move(inner)});
    } else {
      BH_TRY(std::string value, read_file(os, path, max_value));
      text += value;
      if (!text.ends_with('\n')) text += '\n';
      text += "}\n";
    }
  }
  return text;
}

Result<std::string> AppArmor::features_text() const {
  BH_TRY_DO(require());
  auto text = features_folder_text(os_, roots_.apparmorfs + "/features");
  if (!text) return tl::unexpected(std::move(text.error()).in("cannot read the kernel's AppArmor features"));
  return text;
}

}  // namespace bh::kernel
