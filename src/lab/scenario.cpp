#include "lab/scenario.h"

#include "lab/debian.h"

namespace bh::lab {
namespace {

constexpr int http_port = 80;

/// The packages whose programs the scenario runs; usr-is-merged keeps apt from choosing the tool that would
/// merge.
Result<std::string> nginx_root() {
  return debian_root("nginx-bookworm", "bookworm",
                     {"nginx-light", "procps", "coreutils", "dash", "ncurses-base", "usr-is-merged"});
}

void add_nginx_files(LabPlan& plan, const std::string& root) {
  for (const char* path : {"/usr/sbin/nginx", "/etc/nginx", "/usr/share/nginx/html", "/usr/bin/top",
                           "/lib/terminfo", "/bin/touch", "/bin/dash"})
    plan.add.push_back({.host = path, .root = root});
  // What the packages' installation scripts do: the default site and its page.
  plan.add.push_back({.host = "/etc/nginx/sites-available/default",
                      .guest = "/etc/nginx/sites-enabled/default",
                      .root = root});
  plan.add.push_back({.host = "/usr/share/nginx/html/index.html",
                      .guest = "/var/www/html/index.nginx-debian.html",
                      .root = root});
  plan.folders.insert(plan.folders.end(), {"/var/log/nginx", "/var/lib/nginx"});
}

Step from_inside(const NginxCase& each, const char* what, std::vector<std::string> argv, Expect expect) {
  Step step;
  step.label = fmt::format("{}: {}", each.title, what);
  step.argv = std::move(argv);
  step.profile = each.profile;
  step.expect = expect;
  step.control = true;
  return step;
}

void add_case(LabPlan& plan, const NginxCase& each) {
  plan.steps.push_back(load_step(plan, fmt::format("{}: load the profile", each.title), each.policy));
  auto add = [&](Step step, const char* what, Expect expect) {
    step.label = fmt::format("{}: {}", each.title, what);
    step.expect = expect;
    plan.steps.push_back(std::move(step));
  };
  // touch only sets the times of a file that is there, and those AppArmor does not mediate.
  add({.what = Do::run, .argv = {"/usr/bin/busybox", "rm", "-f", "/root/thing"}}, "take /root/thing away",
      Expect::nothing);
  add({.what = Do::start,
       .argv = {"/usr/sbin/nginx", "-g", "daemon off;"},
       .profile = each.profile,
       .enter = Enter::on_exec,
       .target = "nginx"},
      "start nginx", Expect::nothing);
  // Where it may well never listen, nobody waits for as long as the slowest machine could need.
  int patience = each.serves == Expect::allowed ? 20'000 : 6'000;
  add({.what = Do::wait_port, .port = http_port, .timeout_ms = patience}, "nginx listens", each.serves);
  add({.what = Do::ask,
       .argv = {"GET / HTTP/1.0\r\n\r\n", " 200 OK\r\n"},
       .port = http_port,
       .timeout_ms = 5000},
      "nginx serves a page", each.serves);
  Step raw = from_inside(each, "a raw socket", {"A33"}, Expect::refused);
  raw.what = Do::probe;
  plan.steps.push_back(std::move(raw));
  plan.steps.push_back(from_inside(each, "top", {"/usr/bin/top", "-b", "-n", "1"}, Expect::refused));
  plan.steps.push_back(
      from_inside(each, "touch /root/thing", {"/usr/bin/touch", "/root/thing"}, each.touches));
  plan.steps.push_back(from_inside(each, "sh", {"/bin/sh", "-c", "exit 0"}, each.shells));
  plan.steps.push_back(from_inside(each, "dash", {"/usr/bin/dash", "-c", "exit 0"}, each.shells));
  add({.what = Do::stop, .target = "nginx", .timeout_ms = 5000}, "stop nginx", Expect::nothing);
  add({.what = Do::run, .argv = {"/usr/bin/busybox", "cat", "/var/log/nginx/error.log"}}, "nginx's error log",
      Expect::nothing);
}

}  // namespace

Step load_step(LabPlan& plan, const std::string& label, std::string policy) {
  Step step;
  step.what = Do::load;
  step.label = label;
  step.target = fmt::format("/lab/policy/{}", plan.files.size());
  plan.files.push_back({.guest = step.target, .bytes = std::move(policy), .mode = 0600});
  return step;
}

Result<LabPlan> nginx_scenario(std::span<const NginxCase> cases) {
  BH_TRY(std::string root, nginx_root());
  LabPlan plan;
  add_nginx_files(plan, root);
  for (const NginxCase& each : cases) add_case(plan, each);
  return plan;
}

}  // namespace bh::lab
