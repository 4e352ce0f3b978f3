// Swarm, and the operations around it.
#include <charconv>

#include "audit/check_tools.h"
#include "audit/checks.h"
#include "audit/secrets.h"

namespace bh::audit::checks {
namespace {

constexpr std::int64_t nanoseconds_per_hour = 3'600'000'000'000;

/// Not a swarm, or not a manager: what the other checks have in common.
std::optional<Verdict> no_swarm(const Input& in, bool manager) {
  if (!in.facts.info) return unknown(in.facts.info);
  if (in.facts.info->swarm.local_node_state != "active") return not_applicable("swarm is not active");
  if (manager && !in.facts.info->swarm.control_available) return not_applicable("this node is not a manager");
  return std::nullopt;
}

bool is_wildcard(std::string_view address) { return address == "0.0.0.0" || address == "::"; }

}  // namespace

Verdict swarm_mode_off(const Input& in) {
  if (!in.facts.info) return unknown(in.facts.info);
  auto state = in.facts.info->swarm.local_node_state;
  if (state.empty() || state == "inactive") return passed("swarm is not active");
  if (in.policy.swarm_needed) return passed(fmt::format("swarm is {} (needed here)", state));
  return failed(fmt::format("swarm is {}", state));
}

Verdict swarm_managers(const Input& in) {
  if (auto out = no_swarm(in, true)) return *out;
  if (!in.facts.swarm.nodes) return unknown(in.facts.swarm.nodes);
  std::size_t managers = 0;
  for (const auto& node : *in.facts.swarm.nodes) managers += node.manager_status ? 1 : 0;
  bool fine = managers % 2 == 1 && managers <= 7;
  return verdict(fine ? Outcome::pass : Outcome::fail, fmt::format("{} managers{}", managers,
                                                                   managers % 2 == 0 ? ", an even number"
                                                                   : managers > 7    ? ", more than 7"
                                                                                     : ""));
}

Verdict swarm_bind_interface(const Input& in) {
  if (auto out = no_swarm(in, false)) return *out;
  if (!in.facts.host.listeners) return unknown(in.facts.host.listeners);
  std::vector<Evidence> evidence;
  for (const auto& listener : *in.facts.host.listeners)
    if ((listener.port == 2377 || listener.port == 7946) && is_wildcard(listener.address))
      evidence.push_back({Outcome::fail, fmt::format("{} port {}", listener.protocol, listener.port),
                          "listens on every address", ""});
  if (evidence.empty()) return passed("2377 and 7946 listen on one address");
  return joined(std::move(evidence), "ports", "");
}

Verdict swarm_overlay_encryption(const Input& in) {
  if (auto out = no_swarm(in, false)) return *out;
  if (!in.facts.networks) return unknown(in.facts.networks);
  std::vector<Evidence> evidence;
  for (const auto& network : *in.facts.networks) {
    if (network.driver != "overlay") continue;
    bool encrypted = network.options.contains("encrypted");
    std::string text = encrypted         ? "encrypted"
                       : network.ingress ? "not encrypted (the swarm's own network for published ports)"
                                         : "not encrypted";
    evidence.push_back({encrypted         ? Outcome::pass
                        : network.ingress ? Outcome::warn
                                          : Outcome::fail,
                        "network " + network.name, text, ""});
  }
  return joined(std::move(evidence), "networks", "there are no overlay networks");
}

Verdict swarm_secrets(const Input& in) {
  if (auto out = no_swarm(in, true)) return *out;
  if (!in.facts.swarm.services) return unknown(in.facts.swarm.services);
  std::vector<Evidence> evidence;
  for (const auto& service : *in.facts.swarm.services)
    for (const auto& assignment : service.spec.task_template.container_spec.env)
      if (assignment.find(redaction_mark) != std::string::npos)
        evidence.push_back({Outcome::warn, "service " + service.spec.name,
                            "a secret in its environment: " + assignment, ""});
  if (!evidence.empty()) return joined(std::move(evidence), "services", "");
  auto count = in.facts.swarm.secrets ? in.facts.swarm.secrets->size() : 0;
  return manual(count == 0 ? "no secret objects exist: where are the services' secrets?"
                           : fmt::format("{} secret objects exist", count));
}

Verdict swarm_autolock(const Input& in) {
  if (auto out = no_swarm(in, true)) return *out;
  if (!in.facts.swarm.swarm) return unknown(in.facts.swarm.swarm);
  bool on = in.facts.swarm.swarm->spec.encryption_config.auto_lock_managers;
  return verdict(on ? Outcome::pass : Outcome::fail, on ? "auto-lock is on" : "auto-lock is off");
}

Verdict swarm_node_cert_rotation(const Input& in) {
  if (auto out = no_swarm(in, true)) return *out;
  if (!in.facts.swarm.swarm) return unknown(in.facts.swarm.swarm);
  auto hours = in.facts.swarm.swarm->spec.ca_config.node_cert_expiry / nanoseconds_per_hour;
  return verdict(hours > 0 && hours <= 48 ? Outcome::pass : Outcome::fail,
                 fmt::format("node certificates expire after {} h", hours));
}

Verdict swarm_ca_rotation(const Input& in) {
  if (auto out = no_swarm(in, true)) return *out;
  if (in.facts.swarm.ca_not_before == 0) return manual("the age of the swarm's CA is not known");
  auto days = (in.facts.taken - in.facts.swarm.ca_not_before) / 86'400;
  return verdict(days <= 365 ? Outcome::pass : Outcome::manual,
                 fmt::format("the swarm's CA is {} days old", days));
}

Verdict swarm_plane_separation(const Input& in) {
  if (auto out = no_swarm(in, false)) return *out;
  return manual(
      fmt::format("the node's address is {}; the engine's API does not tell the address of the data path",
                  in.facts.info->swarm.node_addr));
}

Verdict ops_image_sprawl(const Input& in) {
  if (!in.facts.images) return unknown(in.facts.images);
  if (!in.facts.containers) return unknown(in.facts.containers);
  std::set<std::string> used;
  for (const auto& container : *in.facts.containers)
    if (container.inspect) used.insert(container.inspect->image);
  std::vector<Evidence> evidence;
  std::size_t total = in.facts.images->size();
  for (const auto& image : *in.facts.images) {
    if (used.contains(image.id)) continue;
    auto days = (in.facts.taken - image.created) / 86'400;
    evidence.push_back({Outcome::pass, "image " + image.name,
                        fmt::format("used by no container, {} days old, {} MB", days, image.size / 1'000'000),
                        ""});
  }
  bool many = evidence.size() * 2 > total;
  auto summary = fmt::format("{} of {} images are used by no container", evidence.size(), total);
  if (many)
    for (auto& item : evidence) item.outcome = Outcome::warn;
  return {many ? Outcome::warn : Outcome::pass, std::move(summary), std::move(evidence)};
}

Verdict ops_container_sprawl(const Input& in) {
  constexpr std::size_t bound = 25;
  if (!in.facts.containers) return unknown(in.facts.containers);
  std::size_t stopped = 0;
  for (const auto& container : *in.facts.containers)
    stopped +=
        container.inspect && !container.inspect->state.running && !container.inspect->state.paused ? 1 : 0;
  return verdict(stopped > bound ? Outcome::warn : Outcome::pass,
                 fmt::format("{} of {} containers are not running{}", stopped, in.facts.containers->size(),
                             stopped > bound ? fmt::format(", more than {}", bound) : ""));
}

}  // namespace bh::audit::checks
