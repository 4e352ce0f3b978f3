#include "lab/initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <memory>

#include "lab/elf.h"
#include "lab/rooted.h"

namespace bh::lab {
namespace {

constexpr std::size_t max_entries = 50'000;
constexpr std::uint64_t max_bytes = 1ull << 30;
constexpr int max_depth = 40;

constexpr std::string_view passwd =
    "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/"
    "sbin/nologin\n";
constexpr std::string_view group =
    "root:x:0:\ndaemon:x:1:\nadm:x:4:\ntty:x:5:\nwww-data:x:33:\nnogroup:x:65534:\n";

}  // namespace

std::string merged_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at < path.size();) {
    std::size_t slash = std::min(path.find('/', at), path.size());
    std::string_view part = path.substr(at, slash - at);
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
    at = slash + 1;
  }
  static constexpr std::string_view merged[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
  std::string result;
  for (std::string_view top : merged)
    if (parts.size() > 1 && parts[0] == top) result = "/usr";
  for (std::string_view part : parts) result.append("/").append(part);
  return result.empty() ? "/" : result;
}

Initramfs::Initramfs(Os& os) : os_(os) {
  for (const char* folder :
       {"/dev", "/etc", "/home", "/mnt", "/opt", "/proc", "/run", "/srv", "/sys", "/usr/bin", "/usr/sbin",
        "/usr/lib", "/usr/lib64", "/var/cache", "/var/lib", "/var/log", "/var/www"})
    add_folder(folder);
  add_folder("/root", 0700);
  add_folder("/tmp", 01777);
  add_folder("/var/tmp", 01777);
  for (const char* merged : {"bin", "sbin", "lib", "lib64"})
    add_link(fmt::format("/{}", merged), fmt::format("usr/{}", merged));
  add_link("/var/run", "/run");
}

void Initramfs::add_accounts() {
  add_bytes("/etc/passwd", std::string(passwd), 0644);
  add_bytes("/etc/group", std::string(group), 0644);
  add_bytes("/etc/shadow", "root:*:19000:0:99999:7:::\n", 0640);
  add_bytes("/etc/hosts", "127.0.0.1 localhost\n::1 localhost\n", 0644);
  add_bytes("/etc/hostname", "lab\n", 0644);
  add_bytes("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n", 0644);
}

void Initramfs::add_parents(const std::string& guest) {
  for (std::string folder = folder_of(guest); folder != "/"; folder = folder_of(folder))
    entries_.try_emplace(folder, Entry{});
}

void Initramfs::add_bytes(const std::string& guest, std::string bytes, unsigned mode) {
  std::string path = merged_path(guest);
  add_parents(path);
  std::uint64_t size = bytes.size();
  entries_.insert_or_assign(path, Entry{Entry::Kind::bytes, mode, std::move(bytes), size});
}

void Initramfs::add_folder(const std::string& guest, unsigned mode) {
  std::string path = merged_path(guest);
  if (path == "/") return;
  add_parents(path);
  entries_.try_emplace(path, Entry{Entry::Kind::folder, mode, {}, 0});
}

void Initramfs::add_link(const std::string& guest, const std::string& target) {
  std::string path = merged_path(guest);
  add_parents(path);
  entries_.insert_or_assign(path, Entry{Entry::Kind::link, 0777, target, 0});
}

bool Initramfs::has(const std::string& guest) const { return entries_.contains(merged_path(guest)); }

Result<void> Initramfs::place(const std::string& guest, Entry entry) {
  bytes_ += entry.size;
  if (entries_.size() >= max_entries) return fail("more than {} files for the guest", max_entries);
  if (bytes_ > max_bytes) return fail("more than {} MiB of files for the guest", max_bytes >> 20);
  add_parents(guest);
  entries_.insert_or_assign(guest, std::move(entry));
  return {};
}

Result<void> Initramfs::add(const std::string& path, const std::string& guest, const std::string& root) {
  if (path.empty()) return fail("an empty path to add");
  std::string absolute = path;
  if (path[0] != '/' && root.empty()) absolute = (std::filesystem::current_path() / path).string();
  if (absolute[0] != '/') absolute.insert(0, "/");
  return add_file({root, absolute}, guest, 0);
}

Result<void> Initramfs::add_file(const Source& from, const std::string& guest, int depth) {
  if (depth > max_depth)
    return fail("{}: links or folders nested more than {} deep", from.on_host(), max_depth);
  BH_TRY(std::string real, resolve_folders(os_, from.root, from.path));
  Source here{from.root, real};
  BH_TRY(struct ::stat about, link_stat(here.on_host()));
  std::string to = merged_path(guest.empty() ? real : guest);
  if (S_ISLNK(about.st_mode)) {
    auto read = os_.readlink(here.on_host());
    if (!read) return tl::unexpected(std::move(read.error()));
    const std::string& target = *read;
    std::string next = target.starts_with('/') ? target : folder_of(real) + "/" + target;
    if (!guest.empty()) return add_file({from.root, next}, guest, depth + 1);
    BH_TRY_DO(place(to, {Entry::Kind::link, 0777, target, 0}));
    return add_file({from.root, next}, {}, depth + 1);
  }
  if (S_ISDIR(about.st_mode)) return add_tree(here, to, depth + 1);
  if (!S_ISREG(about.st_mode)) return fail("{} is neither a file nor a folder", here.on_host());
  auto before = entries_.find(to);
  bool known = before != entries_.end() && before->second.kind == Entry::Kind::host_file &&
               before->second.text == here.on_host();
  BH_TRY_DO(place(to, {Entry::Kind::host_file, about.st_mode & 07777u, here.on_host(),
                       static_cast<std::uint64_t>(about.st_size)}));
  if (known || (about.st_mode & 0111) == 0) return {};
  return add_libraries(here, depth);
}

Result<void> Initramfs::add_libraries(const Source& program, int depth) {
  BH_TRY(std::vector<std::string> needs, elf_needs(os_, program.root, program.path));
  for (const std::string& library : needs)
    if (!has(library)) BH_TRY_DO(add_file({program.root, library}, {}, depth + 1));
  return {};
}

Result<void> Initramfs::add_tree(const Source& from, const std::string& guest, int depth) {
  if (depth > max_depth) return fail("{}: folders nested more than {} deep", from.on_host(), max_depth);
  add_folder(guest);
  BH_TRY(std::vector<std::string> names, os_.list(from.on_host()));
  for (const std::string& name : names) {
    Source each{from.root, from.path + "/" + name};
    std::string to = merged_path(guest + "/" + name);
    BH_TRY(struct ::stat about, link_stat(each.on_host()));
    if (S_ISLNK(about.st_mode)) {
      // A link inside a tree is part of the tree; what it points to is in the tree, or was meant for another
      // root.
      BH_TRY(std::string target, os_.readlink(each.on_host()));
      BH_TRY_DO(place(to, {Entry::Kind::link, 0777, target, 0}));
    } else if (S_ISDIR(about.st_mode)) {
      BH_TRY_DO(add_tree(each, to, depth + 1));
    } else if (S_ISREG(about.st_mode)) {
      BH_TRY_DO(add_file(each, to, depth + 1));
    }
  }
  return {};
}

namespace {

struct EndWrite {
  void operator()(archive* a) const { archive_write_free(a); }
};
struct EndEntry {
  void operator()(archive_entry* e) const { archive_entry_free(e); }
};

tl::unexpected<Error> archive_failure(archive* a, const std::string& path) {
  return tl::unexpected(
      Error{fmt::format("cannot write {}: {}", path, archive_error_string(a)), archive_errno(a)});
}

Result<void> copy_content(Os& os, archive* out, const std::string& host, std::uint64_t size,
                          const std::string& path) {
  BH_TRY(int fd, os.open(host, O_RDONLY | O_CLOEXEC));
  std::vector<char> buffer(256u << 10);
  std::uint64_t copied = 0;
  Result<void> result;
  while (result && copied < size) {
    auto n = os.read(fd, buffer);
    if (!n) {
      result = fail_errno(n.error().sys, host);
    } else if (*n == 0) {
      result = fail("{} became shorter while it was read", host);
    } else {
      auto part = static_cast<std::size_t>(std::min<std::uint64_t>(*n, size - copied));
      if (archive_write_data(out, buffer.data(), part) < 0) result = archive_failure(out, path);
      copied += part;
    }
  }
  os.close(fd);
  return result;
}

}  // namespace

Result<void> Initramfs::write(const std::string& path) const {
  std::unique_ptr<archive, EndWrite> out(archive_write_new());
  std::unique_ptr<archive_entry, EndEntry> entry(archive_entry_new());
  if (!out || !entry) return fail_errno(ENOMEM, path);
  if (archive_write_set_format_cpio_newc(out.get()) != ARCHIVE_OK ||
      archive_write_open_filename(out.get(), path.c_str()) != ARCHIVE_OK)
    return archive_failure(out.get(), path);
  std::int64_t inode = 1;
  for (const auto& [guest, what] : entries_) {
    archive_entry_clear(entry.get());
    archive_entry_set_pathname(entry.get(), guest.c_str() + 1);
    archive_entry_set_ino64(entry.get(), inode++);
    archive_entry_set_nlink(entry.get(), 1);
    archive_entry_set_perm(entry.get(), static_cast<mode_t>(what.mode));
    std::uint64_t size = 0;
    switch (what.kind) {
      case Entry::Kind::folder:
        archive_entry_set_filetype(entry.get(), AE_IFDIR);
        break;
      case Entry::Kind::link:
        archive_entry_set_filetype(entry.get(), AE_IFLNK);
        archive_entry_set_symlink(entry.get(), what.text.c_str());
        break;
      case Entry::Kind::bytes:
      case Entry::Kind::host_file:
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        size = what.size;
        break;
    }
    archive_entry_set_size(entry.get(), static_cast<std::int64_t>(size));
    if (archive_write_header(out.get(), entry.get()) != ARCHIVE_OK) return archive_failure(out.get(), path);
    if (what.kind == Entry::Kind::bytes &&
        archive_write_data(out.get(), what.text.data(), what.text.size()) < 0)
      return archive_failure(out.get(), path);
    if (what.kind == Entry::Kind::host_file)
      BH_TRY_DO(copy_content(os_, out.get(), what.text, what.size, path));
  }
  if (archive_write_close(out.get()) != ARCHIVE_OK) return archive_failure(out.get(), path);
  return {};
}

}  // namespace bh::lab
