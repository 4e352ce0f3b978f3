#include "lab/modules.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>

#include "base/file.h"
#include "base/spawn.h"

namespace bh::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view wanted[] = {"virtio_pci", "virtio_blk", "ext4", "overlay", "bridge", "veth"};

/// `virtio-blk` and `virtio_blk` are one module.
std::string module_name(std::string file) {
  file = file.substr(0, file.find(".ko"));
  std::ranges::replace(file, '-', '_');
  return file;
}

struct ModuleFiles {
  std::map<std::string, std::string> files;
  std::set<std::string> built_in;
};

Result<void> read_built_in(const std::string& path, ModuleFiles& found) {
  BH_TRY(std::string lines, read_file(Os::real(), path));
  for (std::size_t at = 0; at < lines.size();) {
    std::size_t end = std::min(lines.find('\n', at), lines.size());
    std::string line = lines.substr(at, end - at);
    found.built_in.insert(module_name(line.substr(line.rfind('/') + 1)));
    at = end + 1;
  }
  return {};
}

Result<ModuleFiles> find_modules(const std::string& tree) {
  ModuleFiles found;
  for (const char* modules : {"/lib/modules", "/usr/lib/modules"}) {
    std::error_code error;
    for (fs::recursive_directory_iterator at(tree + modules, error), end; !error && at != end;
         at.increment(error)) {
      std::string name = at->path().filename().string();
      if (name == "modules.builtin") BH_TRY_DO(read_built_in(at->path(), found));
      if (name.find(".ko") != std::string::npos && at->is_regular_file())
        found.files.emplace(module_name(name), at->path());
    }
  }
  return found;
}

/// Unpacks `file` where it lies. Gives the path of what came out.
Result<std::string> unpacked(const std::string& file) {
  if (!file.ends_with(".xz")) return file;
  auto ended = spawn({"xz", "--decompress", "--force", file});
  if (!ended && ended.error().sys == ENOENT)
    return fail("xz is not on this machine (package xz-utils): the kernel's modules are packed with it");
  if (!ended) return tl::unexpected(std::move(ended.error()));
  if (ended->exit_code != 0) return fail("xz failed: {}", ended->err.substr(0, 600));
  return file.substr(0, file.size() - 3);
}

class Keep {
 public:
  Keep(ModuleFiles found, std::string into) : found_(std::move(found)), into_(std::move(into)) {}

  /// What it needs first. `depth` ends what a broken package could nest.
  Result<void> module(const std::string& name, int depth = 0) {
    auto file = found_.files.find(name);
    if (file == found_.files.end()) {
      if (found_.built_in.contains(name)) return {};
      return fail("the kernel's package has no module {}", name);
    }
    if (depth > 20) return fail("modules need each other: {}", name);
    if (!kept_.insert(name).second) return {};
    BH_TRY(std::string plain, unpacked(file->second));
    BH_TRY(std::string bytes, read_file(Os::real(), plain));
    for (const std::string& needed : module_needs(bytes)) BH_TRY_DO(module(module_name(needed), depth + 1));
    return write_file_atomic(Os::real(), fmt::format("{}/{:02}-{}.ko", into_, number_++, name), bytes);
  }

 private:
  ModuleFiles found_;
  std::string into_;
  std::set<std::string> kept_;
  int number_ = 0;
};

}  // namespace

std::vector<std::string> module_needs(std::string_view module) {
  // .modinfo is a run of `key=value`, each ended by a NUL.
  constexpr std::string_view key("\0depends=", 9);
  auto at = module.find(key);
  std::vector<std::string> needs;
  if (at == std::string_view::npos) return needs;
  std::string_view value = module.substr(at + key.size());
  value = value.substr(0, value.find('\0'));
  while (!value.empty()) {
    auto comma = std::min(value.find(','), value.size());
    needs.emplace_back(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
  }
  return needs;
}

Result<void> keep_modules(const std::string& tree, const std::string& into) {
  BH_TRY(ModuleFiles found, find_modules(tree));
  std::error_code error;
  fs::remove_all(into, error);
  fs::create_directories(into, error);
  if (error) return fail_errno(error.value(), into);
  Keep keep(std::move(found), into);
  for (std::string_view name : wanted) BH_TRY_DO(keep.module(std::string(name)));
  return {};
}

Result<std::vector<std::string>> kept_modules(const std::string& folder) {
  BH_TRY(std::vector<std::string> names, Os::real().list(folder));
  std::erase_if(names, [](const std::string& name) { return !name.ends_with(".ko"); });
  std::ranges::sort(names);
  for (std::string& name : names) name.insert(0, folder + "/");
  return names;
}

}  // namespace bh::lab
