// For tests: a folder tree that looks like a system with AppArmor, and an Os that makes it live: what is
// written to .replace appears in the list of profiles and in the policy tree, what is written to .remove
// goes. Every kind of fault can be asked for.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "app/session.h"
#include "app/verify.h"
#include "base/file.h"
#include "compile/decode.h"
#include "kernel/digest.h"

namespace bh::app {

class FakeKernel : public Os {
 public:
  explicit FakeKernel(std::string root) : root_(std::move(root)) {
    std::filesystem::remove_all(root_);
    put("/sys/module/apparmor/parameters/enabled", "Y\n");
    for (const char* file : {".load", ".replace", ".remove", "profiles"})
      put(std::string("/sys/security/apparmor/") + file, "");
    std::filesystem::create_directories(root_ + "/proc");
    std::filesystem::create_directories(root_ + "/etc/apparmor.d");
  }
  ~FakeKernel() override { std::filesystem::remove_all(root_); }

  [[nodiscard]] World world() {
    return {*this,
            {root_ + "/sys/security/apparmor", root_ + "/sys/security", root_ + "/sys/module",
             root_ + "/proc", root_ + "/kmsg", false},
            root_ + "/etc/apparmor.d",
            root_ + "/var/lib/bulkhead/profiles",
            root_ + "/etc"};
  }
  [[nodiscard]] std::string path(const std::string& in_root) const { return root_ + in_root; }
  void put(const std::string& in_root, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + in_root).parent_path());
    std::ofstream(root_ + in_root, std::ios::binary) << text;
  }
  [[nodiscard]] std::string get(const std::string& in_root) {
    return read_file(Os::real(), root_ + in_root).value_or("(absent)");
  }
  void take_apparmor_away() {
    std::filesystem::remove_all(root_ + "/sys/security/apparmor");
    std::filesystem::remove_all(root_ + "/sys/module/apparmor");
  }
  void add_process(int pid, const std::string& command, const std::string& label) {
    put("/proc/" + std::to_string(pid) + "/comm", command + "\n");
    put("/proc/" + std::to_string(pid) + "/attr/apparmor/current", label + "\n");
  }
  /// Names in a folder, hidden ones too.
  [[nodiscard]] std::vector<std::string> names(const std::string& in_root) {
    return list(root_ + in_root).value_or(std::vector<std::string>());
  }
  /// The bytes that the kernel holds for a profile.
  [[nodiscard]] std::string raw(const std::string& name) { return raw_[name]; }
  /// Name -> mode of what the kernel holds.
  [[nodiscard]] const std::map<std::string, std::string>& loaded() const { return loaded_; }
  void load(const std::string& name, const std::string& mode, const std::string& raw = {}) {
    loaded_[name] = mode;
    raw_[name] = raw;
    show();
  }

  int refuse_load = 0;           ///< errno of every write to .replace
  int refuse_rename = 0;         ///< errno of every rename
  int full_disk = 0;             ///< errno of writes to other files
  int refuse_sync = 0;           ///< errno of fsync …
  int syncs_before = 0;          ///< … after so many that succeed
  bool lie_about_bytes = false;  ///< the kernel's copy differs from what was written
  bool keep_copies = true;       ///< parameter export_binary
  std::size_t writes_to_kernel = 0;

  Result<int> open(const std::string& path, int flags, mode_t mode) override {
    auto fd = Os::open(path, flags, mode);
    if (fd && (path.ends_with("/.replace") || path.ends_with("/.remove")))
      kernel_files_[*fd] = path.ends_with("/.remove");
    return fd;
  }
  void close(int fd) override {
    kernel_files_.erase(fd);
    Os::close(fd);
  }
  Result<std::size_t> write(int fd, std::string_view bytes) override {
    auto at = kernel_files_.find(fd);
    if (at == kernel_files_.end()) {
      if (full_disk != 0) return fail_errno(full_disk, "write");
      return Os::write(fd, bytes);
    }
    ++writes_to_kernel;
    if (refuse_load != 0) return fail_errno(refuse_load, "write");
    if (at->second) return remove_profile(bytes);
    auto policy = compile::decode(bytes);
    if (!policy) return fail_errno(EPROTO, "write");
    for (const auto& profile : policy->profiles) {
      loaded_[listed_name(profile)] = std::string(listed_mode(*policy, profile));
      raw_[listed_name(profile)] = std::string(bytes) + (lie_about_bytes ? "x" : "");
    }
    show();
    return bytes.size();
  }
  Result<void> fsync(int fd) override {
    if (refuse_sync != 0 && syncs_before-- <= 0) return fail_errno(refuse_sync, "fsync");
    return Os::fsync(fd);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    if (refuse_rename != 0) return fail_errno(refuse_rename, to);
    return Os::rename(from, to);
  }

 private:
  Result<std::size_t> remove_profile(std::string_view name) {
    if (loaded_.erase(std::string(name)) == 0) return fail_errno(ENOENT, "write");
    std::erase_if(loaded_, [&](const auto& one) { return one.first.starts_with(std::string(name) + "//"); });
    show();
    return name.size();
  }
  void show() {
    std::string list;
    std::filesystem::remove_all(root_ + "/sys/security/apparmor/policy");
    int number = 0;
    for (const auto& [name, mode] : loaded_) {
      list += name + " (" + mode + ")\n";
      // Children lie inside their parents, under their last name.
      std::string folder = "/sys/security/apparmor/policy", rest = name;
      while (true) {
        std::size_t end = rest.find("//");
        std::string part = rest.substr(0, end);
        std::string mangled = part;
        std::ranges::replace(mangled, '/', '.');
        folder += "/profiles/" + mangled;
        put(folder + "/name", part + "\n");
        if (end == std::string::npos) break;
        rest = rest.substr(end + 2);
      }
      put(folder + "/mode", mode + "\n");
      if (keep_copies) put(folder + "/raw_data", raw_[name]);
      for (const std::string& part : hashed_parts(raw_[name]))
        put(folder + "/sha256", kernel::sha256_hex(part) + "\n");
      ++number;
    }
    put("/sys/security/apparmor/profiles", list);
  }

  std::string root_;
  std::map<int, bool> kernel_files_;  // file descriptor -> is .remove
  std::map<std::string, std::string> loaded_, raw_;
};

}  // namespace bh::app
