#include "lab/debian.h"

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "base/spawn.h"
#include "lab/scratch.h"

namespace bh::lab {
namespace {

constexpr const char* debian_keys = "/usr/share/keyrings/debian-archive-keyring.gpg";

Result<SpawnOutcome> run(const std::vector<std::string>& argv, const std::string& folder,
                         const char* package) {
  auto ended = spawn(argv, {.working_directory = folder, .timeout = std::chrono::minutes(10)});
  if (!ended && ended.error().sys == ENOENT)
    return fail("{} is not on this machine (package {}): fetch a kernel yourself and give its path", argv[0],
                package);
  if (!ended) return ended;
  if (ended->timed_out) return fail("{} took longer than ten minutes", argv[0]);
  if (ended->exit_code != 0) {
    std::string words = ended->err.empty() ? ended->out : ended->err;
    return fail("{} failed: {}", argv[0], words.substr(0, 1000));
  }
  return ended;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The mirror of the main archive that the machine's apt is set up with; its security archive has no other
/// suites.
Result<std::string> debian_mirror() {
  BH_TRY(SpawnOutcome targets, run({"apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)",
                                    "Created-By: Packages"},
                                   {}, "apt"));
  constexpr std::string_view main_archive = "Debian Debian ";
  for (const std::string& line : lines_of(targets.out))
    if (line.starts_with(main_archive)) return line.substr(main_archive.size());
  return fail(
      "apt knows no mirror of Debian here (run apt-get update if this is Debian; elsewhere fetch a kernel "
      "yourself and give its path)");
}

/// -1, 0, 1: runs of digits as numbers, the rest by byte.
int compare_versions(std::string_view a, std::string_view b) {
  auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  while (!a.empty() && !b.empty()) {
    if (digit(a[0]) && digit(b[0])) {
      auto number = [&](std::string_view& text) {
        std::size_t n = 0;
        while (n < text.size() && digit(text[n])) ++n;
        std::string_view found = text.substr(0, n);
        text.remove_prefix(n);
        while (found.size() > 1 && found[0] == '0') found.remove_prefix(1);
        return found;
      };
      std::string_view left = number(a), right = number(b);
      if (left.size() != right.size()) return left.size() < right.size() ? -1 : 1;
      if (int order = left.compare(right); order != 0) return order < 0 ? -1 : 1;
      continue;
    }
    if (a[0] != b[0]) return a[0] < b[0] ? -1 : 1;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() && b.empty()) return 0;
  return a.empty() ? -1 : 1;
}

}  // namespace

std::string newest(const std::vector<std::string>& names, std::string_view prefix, std::string_view suffix) {
  std::string best;
  for (const std::string& name : names) {
    std::string_view middle = name;
    if (!middle.starts_with(prefix) || !middle.ends_with(suffix) ||
        middle.size() <= prefix.size() + suffix.size())
      continue;
    // `linux-image-6.1` also begins `linux-image-6.12…`, and `-rt`, `-dbg` may stand between: a version
    // starts with a digit.
    if (std::isdigit(static_cast<unsigned char>(middle[prefix.size()])) == 0) continue;
    if (best.empty() || compare_versions(best, name) < 0) best = name;
  }
  return best;
}

Result<DebianSuite> DebianSuite::open(const std::string& suite, const std::string& folder) {
  BH_TRY(std::string mirror, debian_mirror());
  for (const char* part : {"/lists/partial", "/cache/archives/partial"})
    BH_TRY_DO(make_folders(Os::real(), folder + part));
  std::string keys = Os::real().stat(debian_keys) ? fmt::format("[signed-by={}] ", debian_keys) : "";
  BH_TRY_DO(write_file_atomic(Os::real(), folder + "/sources.list",
                              fmt::format("deb {}{} {} main\n", keys, mirror, suite)));
  DebianSuite opened;
  opened.folder_ = folder;
  auto argv = opened.apt("apt-get");
  argv.emplace_back("update");
  auto updated = run(argv, {}, "apt");
  if (!updated)
    return tl::unexpected(
        std::move(updated.error()).in(fmt::format("cannot read Debian {}'s package lists", suite)));
  return opened;
}

std::vector<std::string> DebianSuite::apt(const char* program) const {
  return {program,
          "-q",
          "-oDir::State::Lists=" + folder_ + "/lists",
          "-oDir::Etc::SourceList=" + folder_ + "/sources.list",
          "-oDir::Etc::SourceParts=/dev/null",
          "-oDir::Cache=" + folder_ + "/cache",
          "-oAPT::Sandbox::User=root",
          "-oAcquire::Languages=none",
          "-oAPT::Update::Error-Mode=any"};
}

Result<std::vector<std::string>> DebianSuite::names(const std::string& prefix) const {
  auto argv = apt("apt-cache");
  argv.insert(argv.end(), {"pkgnames", prefix});
  BH_TRY(SpawnOutcome listed, run(argv, {}, "apt"));
  return lines_of(listed.out);
}

Result<void> DebianSuite::unpack(const std::vector<std::string>& packages, const std::string& into) const {
  std::string folder = into + "/.packages";
  BH_TRY_DO(make_folders(Os::real(), folder));
  auto argv = apt("apt-get");
  argv.emplace_back("download");
  argv.insert(argv.end(), packages.begin(), packages.end());
  BH_TRY_DO(run(argv, folder, "apt"));
  return unpack_files(folder, into);
}

Result<void> DebianSuite::unpack_root(const std::vector<std::string>& packages,
                                      const std::string& into) const {
  std::string folder = into + "/.packages";
  BH_TRY_DO(make_folders(Os::real(), folder + "/partial"));
  // A machine on which nothing is installed yet: so apt names every dependency, and downloads them.
  BH_TRY_DO(write_file_atomic(Os::real(), folder_ + "/status", ""));
  auto argv = apt("apt-get");
  argv.insert(argv.end(), {"-oDir::State::status=" + folder_ + "/status", "-oDir::Cache::archives=" + folder,
                           "-oDebug::NoLocking=1", "-oAPT::Install-Recommends=false", "-y", "--download-only",
                           "install"});
  argv.insert(argv.end(), packages.begin(), packages.end());
  BH_TRY_DO(run(argv, {}, "apt"));
  return unpack_files(folder, into);
}

Result<void> DebianSuite::unpack_files(const std::string& folder, const std::string& into) const {
  BH_TRY(std::vector<std::string> files, Os::real().list(folder));
  for (const std::string& file : files)
    if (file.ends_with(".deb")) BH_TRY_DO(run({"dpkg", "-x", folder + "/" + file, into}, {}, "dpkg"));
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return {};
}

std::string cache_folder() {
  const char* xdg = std::getenv("XDG_CACHE_HOME");
  if (xdg != nullptr && xdg[0] == '/') return std::string(xdg) + "/bulkhead";
  const char* home = std::getenv("HOME");
  return fmt::format("{}/.cache/bulkhead", home != nullptr && *home != '\0' ? home : "/root");
}

Result<std::string> debian_root(const std::string& name, const std::string& suite,
                                const std::vector<std::string>& packages) {
  std::string root = fmt::format("{}/roots/{}", cache_folder(), name);
  std::string wanted = fmt::format("{}\n", fmt::join(packages, "\n"));
  std::string list = "/.bulkhead-packages";  // a root that was made for other packages is made anew
  std::error_code ignored;
  if (auto had = read_file(Os::real(), root + list); had && *had == wanted) return root;
  std::filesystem::remove_all(root, ignored);
  BH_TRY(DebianSuite opened, DebianSuite::open(suite, fmt::format("{}/apt/{}", cache_folder(), suite)));
  BH_TRY(ScratchFolder scratch, ScratchFolder::make_in(cache_folder() + "/roots"));
  std::string unpacked = scratch.path() + "/root";
  auto done = opened.unpack_root(packages, unpacked);
  if (done) done = write_file_atomic(Os::real(), unpacked + list, wanted);
  if (done) done = Os::real().rename(unpacked, root);
  if (done) return root;
  return tl::unexpected(
      std::move(done.error()).in(fmt::format("cannot get {} of Debian {}", packages[0], suite)));
}

}  // namespace bh::lab
