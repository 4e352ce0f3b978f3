#include "lab/elf.h"

#include <elf.h>
#include <fcntl.h>

#include <cerrno>
#include <cstring>

#include "base/spawn.h"
#include "lab/rooted.h"

namespace bh::lab {
namespace {

/// The program headers of everything that linkers make lie in the first page or so; the loader's name mostly
/// too.
constexpr std::size_t header_bytes = 64u << 10;
constexpr std::size_t most_bytes = 64u << 20;

/// The first `wanted` bytes, or all if there are fewer.
Result<std::string> read_start(Os& os, const std::string& path, std::size_t wanted) {
  BH_TRY(int fd, os.open(path, O_RDONLY | O_CLOEXEC));
  std::string bytes(wanted, '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    auto n = os.read(fd, {bytes.data() + have, bytes.size() - have});
    if (!n) {
      os.close(fd);
      return fail_errno(n.error().sys, path);
    }
    if (*n == 0) break;
    have += *n;
  }
  os.close(fd);
  bytes.resize(have);
  return bytes;
}

template <class T>
bool read_at(const std::string& bytes, std::uint64_t offset, T& into) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&into, bytes.data() + offset, sizeof(T));
  return true;
}

/// `	libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)` -> the path; `… => not found` is an error; a line
/// without `=>` names the loader or the vdso.
Result<void> read_listing(const std::string& text, const std::string& program,
                          std::vector<std::string>& needs) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, end - at);
    at = end + 1;
    auto arrow = line.find(" => ");
    if (arrow == std::string::npos) continue;
    std::string right = line.substr(arrow + 4);
    auto start = line.find_first_not_of(" \t");
    if (right.rfind("not found", 0) == 0)
      return fail("{} needs {}, which is not on this machine", program, line.substr(start, arrow - start));
    auto stop = right.find(" (");
    if (!right.empty() && right[0] == '/') needs.push_back(right.substr(0, stop));
  }
  return {};
}

}  // namespace

Result<std::string> elf_interpreter(Os& os, const std::string& path) {
  BH_TRY(std::string bytes, read_start(os, path, header_bytes));
  Elf64_Ehdr header;
  if (!read_at(bytes, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) return std::string();
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64)
    return fail("{} is not a program for x86-64", path);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    if (!read_at(bytes, header.e_phoff + std::uint64_t{i} * header.e_phentsize, segment)) break;
    if (segment.p_type != PT_INTERP) continue;
    std::uint64_t end = segment.p_offset + segment.p_filesz;
    bool sane = segment.p_filesz > 0 && segment.p_filesz <= 4096 && segment.p_offset < most_bytes;
    if (sane && end > bytes.size()) {
      BH_TRY(bytes, read_start(os, path, end));
    }
    if (!sane || end > bytes.size()) return fail("{}: the name of its loader lies outside of the file", path);
    std::string name = bytes.substr(segment.p_offset, segment.p_filesz);
    return name.substr(0, name.find('\0'));
  }
  return std::string();
}

Result<std::vector<std::string>> elf_needs(Os& os, const std::string& root, const std::string& path) {
  BH_TRY(std::string loader, elf_interpreter(os, root + path));
  std::vector<std::string> needs;
  if (loader.empty()) return needs;
  BH_TRY(std::string loader_file, resolve_link(os, root, loader));
  std::vector<std::string> argv = {root + loader_file};
  if (!root.empty()) {
    std::string folders;
    for (const char* folder :
         {"/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"})
      folders.append(folders.empty() ? "" : ":").append(root).append(folder);
    argv.insert(argv.end(), {"--inhibit-cache", "--library-path", folders});
  }
  argv.insert(argv.end(), {"--list", root + path});
  BH_TRY(SpawnOutcome listed, spawn(argv, {.timeout = std::chrono::seconds(20)}));
  if (listed.exit_code != 0)
    return fail("{} cannot tell what {} needs: {}", loader, path, listed.err.substr(0, 300));
  needs.push_back(loader);
  BH_TRY_DO(read_listing(listed.out, path, needs));
  for (std::string& library : needs)
    if (!root.empty() && library.starts_with(root + "/")) library.erase(0, root.size());
  return needs;
}

}  // namespace bh::lab
