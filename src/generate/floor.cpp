#include "generate/floor.h"

#include <algorithm>

namespace bh::generate {
namespace {

const FloorRule rules[] = {
    // Everything in /proc but the folders of processes; their names are numbers.
    {"/proc/{,*}", "wkl", "kernel files directly in /proc"},
    {"/proc/{[^1-9/]*,[1-9]*[^0-9/]*}/{,**}", "wkl",
     "what belongs to no process: /proc/sys, bus, fs, irq, …"},
    {"/proc/"
     "{sysrq-trigger,kcore,kmem,mem,kallsyms,keys,key-users,kmsg,timer_list,timer_stats,sched_debug,latency_"
     "stats}",
     "mrwklx", "kernel memory, addresses, keys, log"},
    {"/proc/{interrupts,slabinfo,vmallocinfo,kpagecount,kpageflags,kpagecgroup,iomem,ioports}", "mrwklx",
     "side channels and kernel layout"},
    {"/proc/{acpi,scsi,asound}/{,**}", "mrwklx", "host hardware"},
    {"/sys/{,**}", "mwklx", "kernel objects"},
    {"/sys/firmware/{,**}", "mrwklx", "firmware tables and variables"},
    {"/sys/devices/virtual/powercap/{,**}", "mrwklx", "energy counters (PLATYPUS)"},
    {"/sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/{,**}", "mrwklx", "thermal side channel"},
    {"/sys/kernel/{debug,tracing,security}/{,**}", "mrwklx", "debugfs, tracefs, securityfs"},
    {"/dev/{mem,kmem,port,kmsg,nvram,mcelog,oldmem}", "mrwklx", "memory and kernel log devices"},
    {"/dev/"
     "{sd[a-z]*,hd[a-z]*,vd[a-z]*,xvd[a-z]*,nvme[0-9]*,nvme-fabrics,mmcblk[0-9]*,dm-[0-9]*,md[0-9]*,loop[0-9]"
     "*,loop-control,nbd[0-9]*,"
     "rbd[0-9]*,ram[0-9]*,zram[0-9]*,pmem[0-9]*,bcache[0-9]*,sr[0-9]*,sg[0-9]*,zd[0-9]*}",
     "mrwklx", "raw disks"},
    {"/dev/{block,disk,mapper,md,bsg,raw}/{,**}", "mrwklx", "raw disks by other names"},
    {"/{,var/}run/{docker,dockershim,cri-dockerd}.sock", "mrwklx",
     "whoever talks to the runtime owns the host"},
    {"/{,var/}run/{docker,containerd,crio,podman,buildkit,k3s/containerd}/{,**}", "mrwklx",
     "runtime sockets and state"},
    {"/{,var/}run/user/*/{docker.sock,docker/**,containerd/**,podman/**}", "mrwklx", "rootless runtimes"},
    {"/{,var/}run/{systemd/private,dbus/system_bus_socket}", "mrwklx",
     "systemd and the system bus can shut the host down"},
};

Globs all_of(bool reading) {
  Globs all;
  for (const FloorRule& rule : rules)
    if (!reading || rule.denies_reading()) {
      Globs globs = fixed_set(rule.path).globs;
      all.insert(all.end(), globs.begin(), globs.end());
    }
  return all;
}

}  // namespace

std::span<const FloorRule> floor_rules() { return rules; }

const PathSet& namespaced_settings() {
  static const PathSet settings = fixed_set(
      "/proc/sys/{net/**,fs/mqueue/**,kernel/{shm*,shm*/**,msgmax,msgmnb,msgmni,sem,domainname,hostname}}");
  return settings;
}

const Globs& floor_unwritable() {
  static const Globs globs = all_of(false);
  return globs;
}

const Globs& floor_unreadable() {
  static const Globs globs = all_of(true);
  return globs;
}

}  // namespace bh::generate
