#include "lab/lab.h"

#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include <cerrno>
#include <filesystem>

#include "base/file.h"
#include "base/spawn.h"
#include "lab/debian.h"
#include "lab/docker_host.h"
#include "lab/guest.h"
#include "lab/guest_disk.h"
#include "lab/initramfs.h"
#include "lab/kernels.h"
#include "lab/qemu.h"
#include "lab/rooted.h"
#include "lab/scratch.h"

extern "C" const char bh_probe_image[];
extern "C" const char bh_probe_image_end[];

namespace bh::lab {
namespace {

/// QEMU runs in another folder.
std::string absolute(const std::string& path) { return std::filesystem::absolute(path).string(); }

/// The everyday programs of a container image: the host's own shells, and busybox for the rest. What the host
/// lacks is left out; a step that needs it will say so.
Result<void> add_everyday_programs(Initramfs& root) {
  for (const char* shell : {"/usr/bin/dash", "/usr/bin/bash"})
    if (!root.has(shell) && Os::real().stat(shell)) BH_TRY_DO(root.add(shell, shell));
  const char* busybox = "/usr/bin/busybox";
  if (Os::real().stat(busybox)) {
    BH_TRY_DO(root.add(busybox, busybox));
    BH_TRY(SpawnOutcome listed, spawn({busybox, "--list"}));
    for (std::size_t at = 0; at < listed.out.size();) {
      std::size_t end = std::min(listed.out.find('\n', at), listed.out.size());
      std::string name = "/usr/bin/" + listed.out.substr(at, end - at);
      at = end + 1;
      if (!root.has(name)) root.add_link(name, "busybox");
    }
  }
  if (root.has("/usr/bin/dash")) root.add_link("/usr/bin/sh", "dash");
  return {};
}

Result<void> write_initramfs(const LabPlan& plan, const LabOptions& options, const std::string& path) {
  Initramfs root(Os::real());
  // A disk has accounts and everyday programs of its own.
  if (plan.docker_host) {
    BH_TRY(std::vector<std::string> modules, find_modules(options.kernel));
    for (const std::string& module : modules)
      BH_TRY_DO(root.add(module, fmt::format("{}/{}", guest_modules, name_of(module))));
  } else {
    root.add_accounts();
  }
  BH_TRY_DO(root.add(options.program, "/usr/bin/bulkhead"));
  root.add_bytes(guest_probe, std::string(bh_probe_image, bh_probe_image_end), 0755);
  for (const Added& added : plan.add) {
    auto done = root.add(added.host, added.guest, added.root);
    if (!done) return tl::unexpected(std::move(done.error()).in("cannot add to the guest"));
  }
  if (!plan.docker_host) BH_TRY_DO(add_everyday_programs(root));
  for (const PlannedFile& file : plan.files) root.add_bytes(file.guest, file.bytes, file.mode);
  for (const std::string& folder : plan.folders) root.add_folder(folder);
  root.add_bytes(guest_plan, steps_to_json(plan), 0600);
  return root.write(path);
}

/// Reads the lines that came; says what is missing if the end did not come.
void read_results(const MachineOutcome& outcome, LabReport& report) {
  std::string_view rest = outcome.results;
  std::size_t spoilt = 0;
  while (!rest.empty()) {
    auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && !read_result_line(line, report)) ++spoilt;
  }
  if (report.complete || !report.trouble.empty()) return;
  std::size_t reached = 0;
  while (reached < report.steps.size() && report.steps[reached].reached) ++reached;
  report.trouble =
      fmt::format("the guest {} after {} of {} steps{}", outcome.timed_out ? "ran out of time" : "ended",
                  reached, report.steps.size(), spoilt > 0 ? ", and left a line that cannot be read" : "");
}

Result<std::vector<Drive>> drives_of(const LabPlan& plan) {
  std::vector<Drive> drives;
  if (!plan.docker_host) return drives;
  if (plan.disk.empty()) {
    BH_TRY(std::string image, docker_host_disk());
    drives.push_back({image, Drive::Kind::snapshot});
  } else {
    BH_TRY_DO(make_docker_host_disk(plan.disk));
    drives.push_back({absolute(plan.disk), Drive::Kind::kept});
  }
  for (const std::string& file : plan.drives) {
    BH_TRY_DO(Os::real().stat(file));
    drives.push_back({absolute(file), Drive::Kind::read_only});
  }
  return drives;
}

}  // namespace

Result<LabReport> run_lab(const LabPlan& plan, const LabOptions& options) {
  BH_TRY(ScratchFolder scratch, ScratchFolder::make());
  std::string initrd = scratch.path() + "/initrd";
  // First: where modules are missing in the cache, they bring their kernel along.
  BH_TRY_DO(write_initramfs(plan, options, initrd));
  BH_TRY(std::vector<Drive> drives, drives_of(plan));
  BH_TRY(std::string kernel, find_kernel(options.kernel));
  BH_TRY(MachineOutcome outcome, boot({.kernel = kernel,
                                       .initrd = initrd,
                                       .folder = scratch.path(),
                                       .append = fmt::format("{}", fmt::join(plan.append, " ")),
                                       .drives = std::move(drives),
                                       .memory_mib = plan.memory_mib,
                                       .timeout = std::chrono::seconds(plan.timeout_s)}));
  LabReport report;
  report.steps.resize(plan.steps.size());
  report.console = std::move(outcome.console);
  report.seconds = outcome.seconds;
  read_results(outcome, report);
  return report;
}

Result<std::string> kernel_features(const std::string& kernel, const LabOptions& options) {
  BH_TRY(std::string vmlinuz, find_kernel(kernel));
  BH_TRY(struct ::stat about, Os::real().stat(vmlinuz));
  std::string mark = fmt::format("{} {} {}", vmlinuz, about.st_size, about.st_mtim.tv_sec);
  std::string folder = cache_folder() + "/features";
  std::string path = fmt::format("{}/{:016x}", folder, XXH3_64bits(mark.data(), mark.size()));
  if (Os::real().stat(path)) return path;
  LabPlan plan;
  plan.steps.push_back({.what = Do::features});
  LabOptions same = options;
  same.kernel = vmlinuz;
  BH_TRY(LabReport report, run_lab(plan, same));
  if (!report.complete) return fail("cannot read the features of {}: {}", vmlinuz, report.trouble);
  if (report.steps[0].outcome.exit_code != 0) return fail("the kernel {} has no AppArmor", vmlinuz);
  BH_TRY_DO(make_folders(Os::real(), folder));
  BH_TRY_DO(write_file_atomic(Os::real(), path, report.steps[0].outcome.out));
  return path;
}

}  // namespace bh::lab
