#include "lab/kernels.h"

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "lab/debian.h"
#include "lab/modules.h"
#include "lab/scratch.h"

namespace bh::lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view flavour = "-cloud-amd64";

/// Where a kernel package puts its kernel: boot/vmlinuz-VERSION, or usr/lib/modules/VERSION/vmlinuz.
Result<std::string> find_vmlinuz(const std::string& tree) {
  Os& os = Os::real();
  if (auto names = os.list(tree + "/boot"))
    for (const std::string& name : *names)
      if (name.starts_with("vmlinuz-")) return tree + "/boot/" + name;
  for (const char* modules : {"/usr/lib/modules/", "/lib/modules/"})
    if (auto versions = os.list(tree + modules))
      for (const std::string& version : *versions)
        if (os.stat(tree + modules + version + "/vmlinuz")) return tree + modules + version + "/vmlinuz";
  return fail("no vmlinuz in the kernel's package");
}

Result<std::string> choose_package(const DebianSuite& suite, const KernelChoice& choice) {
  for (const char* prefix : choice.packages) {
    BH_TRY(std::vector<std::string> names, suite.names(prefix));
    if (std::string best = newest(names, prefix, flavour); !best.empty()) return best;
  }
  return fail("Debian {} has no package {}…{}", choice.suite, choice.packages[0], flavour);
}

/// Newer suites have the modules, and the list of what is built in, in packages of their own.
std::vector<std::string> packages_of(const std::string& kernel) {
  constexpr std::string_view binary = "linux-binary-";
  if (!kernel.starts_with(binary)) return {kernel};
  std::string version = kernel.substr(binary.size());
  return {kernel, "linux-modules-" + version, "linux-base-" + version};
}

/// The kernel and its modules, together, so that they are of one version: `folder` is replaced as a whole.
Result<void> fetch(const KernelChoice& choice, const std::string& folder) {
  std::string cache = cache_folder();
  BH_TRY(DebianSuite suite, DebianSuite::open(choice.suite, fmt::format("{}/apt/{}", cache, choice.suite)));
  BH_TRY(std::string package, choose_package(suite, choice));
  BH_TRY(ScratchFolder scratch, ScratchFolder::make_in(fs::path(folder).parent_path()));
  std::string tree = scratch.path() + "/tree", made = scratch.path() + "/kernel";
  BH_TRY_DO(suite.unpack(packages_of(package), tree));
  BH_TRY(std::string found, find_vmlinuz(tree));
  BH_TRY_DO(keep_modules(tree, made + "/modules"));
  BH_TRY_DO(write_file_atomic(Os::real(), made + "/package", package + "\n"));
  BH_TRY_DO(Os::real().rename(found, made + "/vmlinuz"));
  std::error_code error;
  fs::remove_all(folder, error);
  if (error) return fail_errno(error.value(), folder);
  return Os::real().rename(made, folder);
}

/// The folder in the cache that holds `part` of the kernel, fetched if it is not there.
Result<std::string> cached(const KernelChoice& choice, const char* part) {
  std::string folder = fmt::format("{}/kernels/{}", cache_folder(), choice.name);
  if (Os::real().stat(fmt::format("{}/{}", folder, part))) return folder;
  auto fetched = fetch(choice, folder);
  if (!fetched)
    return tl::unexpected(std::move(fetched.error()).in(fmt::format("cannot get kernel {}", choice.name)));
  return folder;
}

Result<const KernelChoice*> named(std::string_view choice) {
  std::string known;
  for (const KernelChoice& each : kernel_choices()) {
    if (choice == each.name || choice == each.alias) return &each;
    known += fmt::format("{} ({}), ", each.name, each.alias);
  }
  return fail("no kernel is called `{}`: {}or a path to a vmlinuz", choice, known);
}

bool is_path(std::string_view choice) { return choice.find('/') != std::string_view::npos; }

}  // namespace

std::span<const KernelChoice> kernel_choices() {
  static const std::vector<KernelChoice> choices = {
      {"6.1", "oldest", "bookworm", {"linux-image-6.1."}},
      {"6.12", "stable", "trixie", {"linux-image-6.12."}},
      // sid moves on: when 7.2 is gone, its newest kernel stands in, and `package` beside it says which that
      // was.
      {"7.2", "newest", "sid", {"linux-binary-7.2.", "linux-binary-", "linux-image-"}},
  };
  return choices;
}

Result<std::string> find_kernel(std::string_view choice) {
  if (is_path(choice)) {
    std::string path(choice);
    BH_TRY_DO(Os::real().stat(path));
    return path;
  }
  BH_TRY(const KernelChoice* kernel, named(choice));
  BH_TRY(std::string folder, cached(*kernel, "vmlinuz"));
  return folder + "/vmlinuz";
}

Result<std::vector<std::string>> find_modules(std::string_view choice) {
  if (is_path(choice)) {
    std::string folder = fs::path(choice).parent_path() / "modules";
    auto modules = kept_modules(folder);
    if (!modules)
      return fail(
          "a guest with a disk needs kernel modules, and there are none in {}: give a kernel by its name "
          "(oldest, stable, newest)",
          folder);
    return modules;
  }
  BH_TRY(const KernelChoice* kernel, named(choice));
  BH_TRY(std::string folder, cached(*kernel, "modules"));
  return kept_modules(folder + "/modules");
}

}  // namespace bh::lab
