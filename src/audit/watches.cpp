#include "audit/watches.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "audit/audit_rules.h"
#include "audit/host_fs.h"
#include "base/file.h"
#include "net/audit_netlink.h"

namespace bh::audit {
namespace {

/// Left in the file so that `remove` leaves the kernel as `install` found it.
constexpr std::string_view was_off_note = "# Auditing was switched off before.\n";

/// Roles that are programs: their execution is recorded as well.
constexpr std::array<std::string_view, 7> program_roles = {"docker-client",
                                                           "docker-daemon",
                                                           "containerd-binary",
                                                           "containerd-shim",
                                                           "containerd-shim-runc-v1",
                                                           "containerd-shim-runc-v2",
                                                           "runc"};
constexpr std::array<std::string_view, 15> other_roles = {"docker-service",
                                                          "docker-socket-unit",
                                                          "docker-registry-service",
                                                          "etc-docker",
                                                          "etc-default-docker",
                                                          "sysconfig-docker",
                                                          "sysconfig-docker-network",
                                                          "sysconfig-docker-registry",
                                                          "sysconfig-docker-storage",
                                                          "run-containerd",
                                                          "containerd-sock",
                                                          "containerd-config",
                                                          "var-lib-docker",
                                                          "daemon-json",
                                                          "docker-sock"};

template <class Roles>
bool has(const Roles& roles, std::string_view role) {
  return std::ranges::find(roles, role) != roles.end();
}

tl::unexpected<Error> explain(Error error) {
  if (error.sys == EPERM)
    error.text += " (auditing is the first user namespace's root's: run as root on the host)";
  if (error.sys == EPROTONOSUPPORT) error.text = "this kernel was built without auditing (CONFIG_AUDIT)";
  return tl::unexpected(std::move(error));
}

Result<std::vector<AuditRule>> loaded_rules(net::AuditNetlink& link) {
  auto bytes = link.rules();
  if (!bytes) return explain(std::move(bytes.error()));
  std::vector<AuditRule> out;
  for (const auto& rule : *bytes)
    if (auto decoded = decode_rule(rule)) out.push_back(std::move(*decoded));
  return out;
}

bool holds(const std::vector<AuditRule>& rules, const Watch& watch) {
  return std::ranges::any_of(rules, [&](const AuditRule& rule) {
    return rule.path == watch.path && !rule.never && !rule.narrowed &&
           std::ranges::all_of(watch.perms, [&](char c) {
             return rule.perms.empty() || rule.perms.find(c) != std::string::npos;
           });
  });
}

bool loads_at_boot(Os& os) {
  for (const char* tool :
       {"/sbin/augenrules", "/usr/sbin/augenrules", "/sbin/auditctl", "/usr/sbin/auditctl"})
    if (os.stat(tool)) return true;
  return false;
}

Result<WatchReport> report_on(Os& os, net::AuditNetlink& link, const std::vector<Watch>& watches) {
  WatchReport out;
  auto status = link.status();
  if (!status) return explain(std::move(status.error()));
  out.enabled = status->enabled != 0;
  out.auditd_tools = loads_at_boot(os);
  BH_TRY(auto loaded, loaded_rules(link));
  auto disk = persistent_rules(HostFs(os));
  for (const auto& watch : watches) {
    WatchState state{.watch = watch, .loaded = holds(loaded, watch)};
    if (disk) state.on_disk = holds(*disk, watch);
    out.watches.push_back(std::move(state));
  }
  return out;
}

Result<net::AuditNetlink> open_link() {
  auto link = net::AuditNetlink::open();
  if (!link) return explain(std::move(link.error()));
  return link;
}

}  // namespace

bool WatchReport::complete() const {
  return enabled && std::ranges::all_of(watches, [](const WatchState& state) {
           return state.loaded && state.on_disk && state.fault.empty();
         });
}

std::vector<Watch> plan_watches(const std::vector<FileFact>& files) {
  std::vector<Watch> out;
  for (const auto& file : files) {
    bool program = has(program_roles, file.role);
    if (!file.exists() || (!program && !has(other_roles, file.role))) continue;
    out.push_back({file.real_path, file.type == "directory", program ? "wxa" : "wa"});
  }
  std::ranges::sort(out, {}, &Watch::path);
  std::vector<Watch> kept;
  for (auto& watch : out) {
    if (!kept.empty() && kept.back().path == watch.path) {
      for (char c : watch.perms)
        if (kept.back().perms.find(c) == std::string::npos) kept.back().perms += c;
      continue;
    }
    kept.push_back(std::move(watch));
  }
  return kept;
}

std::string rules_text(const std::vector<Watch>& watches) {
  std::string out =
      "# Written by `bulkhead audit-rules install`; `bulkhead audit-rules remove` takes it out again.\n";
  for (const auto& watch : watches)
    out += fmt::format("-w {} -p {} -k {}\n", watch.path, watch.perms, watch_key);
  return out;
}

Result<WatchReport> install_watches(Os& os, const std::vector<Watch>& watches) {
  BH_TRY(auto link, open_link());
  auto status = link.status();
  if (!status) return explain(std::move(status.error()));
  if (status->enabled == 2) return fail("the audit rules are locked until the next boot (auditctl -e 2)");
  for (const char* folder : {"/etc/audit", "/etc/audit/rules.d"})
    if (auto made = os.mkdir(folder, 0750); !made && made.error().sys != EEXIST)
      return tl::unexpected(std::move(made.error()));
  auto before = read_file(os, std::string(watch_file));
  bool was_off = status->enabled == 0 || (before && before->find(was_off_note) != std::string::npos);
  auto text = rules_text(watches) + (was_off ? std::string(was_off_note) : "");
  BH_TRY_DO(write_file_atomic(os, std::string(watch_file), text, 0640));
  std::vector<std::string> faults;
  for (const auto& watch : watches) {
    auto added = link.add(encode_watch(watch.path, watch.directory, watch.perms, watch_key));
    faults.push_back(added || added.error().sys == EEXIST ? "" : added.error().text);
  }
  if (status->enabled == 0) {
    BH_TRY_DO(link.set_enabled(true));
  }
  BH_TRY(auto report, report_on(os, link, watches));
  for (std::size_t i = 0; i < faults.size(); ++i) report.watches[i].fault = faults[i];
  return report;
}

Result<WatchReport> verify_watches(Os& os, const std::vector<Watch>& watches) {
  BH_TRY(auto link, open_link());
  return report_on(os, link, watches);
}

Result<WatchReport> remove_watches(Os& os) {
  auto text = read_file(os, std::string(watch_file));
  if (!text && text.error().sys == ENOENT) return fail("{} is not there: nothing was installed", watch_file);
  if (!text) return tl::unexpected(std::move(text.error()));
  BH_TRY(auto link, open_link());
  auto bytes = link.rules();
  if (!bytes) return explain(std::move(bytes.error()));
  std::vector<Watch> ours;
  std::vector<std::string> faults;
  std::size_t number = 0;
  for (auto line : lines(*text)) {
    auto parsed = parse_rule_line(line, fmt::format("{}:{}", watch_file, ++number));
    for (const auto& rule : parsed.rules) {
      if (rule.path.empty()) continue;
      ours.push_back({rule.path, false, rule.perms});
      // The kernel deletes what is equal byte by byte: its own list tells whether it was a file or a folder.
      std::string fault;
      for (const auto& loaded : *bytes) {
        auto decoded = decode_rule(loaded);
        if (!decoded || decoded->path != rule.path || decoded->key != watch_key || decoded->narrowed ||
            decoded->never)
          continue;
        auto removed = link.remove(encode_watch(rule.path, decoded->directory, decoded->perms, watch_key));
        if (!removed && removed.error().sys != ENOENT) fault = removed.error().text;
      }
      faults.push_back(fault);
    }
  }
  BH_TRY_DO(os.unlink(std::string(watch_file)));
  if (text->find(was_off_note) != std::string::npos) {
    BH_TRY_DO(link.set_enabled(false));
  }
  BH_TRY(auto report, report_on(os, link, ours));
  for (std::size_t i = 0; i < faults.size(); ++i) report.watches[i].fault = faults[i];
  return report;
}

}  // namespace bh::audit
