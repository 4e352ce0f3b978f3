#include "lab/kernels.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "lab/debian.h"

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

/// Takes its folder away again, whatever happened.
struct Scratch {
  std::string path;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

Result<void> fetch(const KernelChoice& choice, const std::string& vmlinuz) {
  std::string cache = cache_folder();
  BH_TRY(DebianSuite suite, DebianSuite::open(choice.suite, fmt::format("{}/apt/{}", cache, choice.suite)));
  BH_TRY(std::string package, choose_package(suite, choice));
  Scratch scratch{fmt::format("{}/kernels/.{}.{}", cache, choice.name, ::getpid())};
  BH_TRY_DO(suite.unpack({package}, scratch.path));
  BH_TRY(std::string found, find_vmlinuz(scratch.path));
  std::error_code error;
  fs::create_directories(fs::path(vmlinuz).parent_path(), error);
  if (error) return fail_errno(error.value(), vmlinuz);
  BH_TRY_DO(write_file_atomic(Os::real(), fs::path(vmlinuz).parent_path() / "package", package + "\n"));
  return Os::real().rename(found, vmlinuz);
}

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
  if (choice.find('/') != std::string_view::npos) {
    std::string path(choice);
    BH_TRY_DO(Os::real().stat(path));
    return path;
  }
  std::string known;
  for (const KernelChoice& each : kernel_choices()) {
    known += fmt::format("{} ({}), ", each.name, each.alias);
    if (choice != each.name && choice != each.alias) continue;
    std::string vmlinuz = fmt::format("{}/kernels/{}/vmlinuz", cache_folder(), each.name);
    if (Os::real().stat(vmlinuz)) return vmlinuz;
    auto fetched = fetch(each, vmlinuz);
    if (!fetched)
      return tl::unexpected(std::move(fetched.error()).in(fmt::format("cannot get kernel {}", each.name)));
    return vmlinuz;
  }
  return fail("no kernel is called `{}`: {}or a path to a vmlinuz", choice, known);
}

}  // namespace bh::lab
