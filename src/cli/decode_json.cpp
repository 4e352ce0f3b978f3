#include "cli/decode_json.h"

#include <nlohmann/json.hpp>

#include "compile/describe.h"

namespace bh::cli {
namespace {

using Json = nlohmann::ordered_json;
using compile::escaped;

Json or_null(const std::optional<std::string>& text) { return text ? Json(escaped(*text)) : Json(nullptr); }

Json perms_json(const compile::Perms& perms, std::uint8_t mediation_class,
                std::span<const std::string> xtable) {
  const auto words = [&](std::uint32_t mask) { return compile::perm_word_list(mask, mediation_class); };
  Json json = {{"allow", words(perms.allow)}, {"audit", words(perms.audit)}, {"quiet", words(perms.quiet)}};
  if (perms.deny != 0) json["deny"] = words(perms.deny);
  if (perms.prompt != 0) json["prompt"] = words(perms.prompt);
  if (perms.kill != 0) json["kill"] = words(perms.kill);
  if (mediation_class == compile::medclass::file && (perms.allow & compile::perm::exec) != 0)
    json["exec"] = compile::transition_words(perms.xindex, xtable);
  return json;
}

Json held_json(const compile::Pdb& pdb, std::uint32_t from, std::uint8_t mediation_class) {
  Json all = Json::array();
  for (const compile::Held& held : compile::held_by(pdb, from)) {
    Json one = {{"example", escaped(held.example)}};
    one.update(perms_json(held.perms.other, mediation_class, pdb.xtable));
    if (held.perms.owner != held.perms.other)
      one["owner"] = perms_json(held.perms.owner, mediation_class, pdb.xtable);
    all.push_back(std::move(one));
  }
  return all;
}

Json size_json(const compile::Pdb& pdb) {
  return {{"states", pdb.dfa.states()}, {"permission_entries", pdb.perms.size()}};
}

Json policydb_json(const compile::Pdb& pdb) {
  Json json = size_json(pdb);
  Json classes = Json::object();
  for (const std::uint8_t number : compile::mediated_classes(pdb))
    classes[std::string(compile::class_word(number))] =
        held_json(pdb, pdb.dfa.step(automata::Dfa::start, number), number);
  json["classes"] = std::move(classes);
  return json;
}

Json file_json(const compile::Pdb& pdb) {
  Json json = size_json(pdb);
  json["permissions"] = held_json(pdb, automata::Dfa::start, compile::medclass::file);
  json["exec_targets"] = Json::array();
  for (const std::string& target : pdb.xtable)
    json["exec_targets"].push_back(escaped(compile::label_text(target)));
  return json;
}

Json rlimits_json(const compile::Rlimits& rlimits) {
  Json json = Json::object();
  for (std::uint32_t limit = 0; limit < rlimits.values.size(); ++limit) {
    if ((rlimits.mask >> limit & 1) == 0) continue;
    std::string name(compile::name_of(compile::rlimit_names(), limit));
    if (name.empty()) name = std::to_string(limit);
    json[name] =
        rlimits.values[limit] == compile::Rlimits::infinity ? Json("infinity") : Json(rlimits.values[limit]);
  }
  return json;
}

Json network_json(const std::vector<compile::NetworkFamily>& network) {
  Json json = Json::object();
  for (std::size_t family = 0; family < network.size(); ++family) {
    if (network[family].allow == 0) continue;
    std::string name(compile::name_of(compile::family_names(), static_cast<std::uint32_t>(family)));
    if (name.empty()) name = std::to_string(family);
    json[name] = compile::bit_name_list(network[family].allow, compile::socket_type_names());
  }
  return json;
}

Json profile_json(const compile::CompiledProfile& profile) {
  const auto capabilities = [](std::uint64_t mask) {
    return compile::bit_name_list(mask, compile::capability_names());
  };
  Json xattrs = Json::array();
  for (const std::string& name : profile.xattrs) xattrs.push_back(escaped(name));
  Json attachment = nullptr;
  if (profile.xmatch) {
    attachment = size_json(*profile.xmatch);
    attachment["least_length"] = profile.xmatch_len;
    attachment["xattrs"] = std::move(xattrs);
  }
  Json kill_signal = nullptr;
  if (profile.kill_signal) kill_signal = compile::name_of(compile::signal_names(), *profile.kill_signal);
  return {{"name", escaped(profile.name)},
          {"namespace", profile.name_space.empty() ? Json(nullptr) : Json(escaped(profile.name_space))},
          {"mode", compile::mode_word(profile.mode)},
          {"flags", compile::flag_words(profile)},
          {"attach", or_null(profile.attach)},
          {"attach_disconnected_path", or_null(profile.disconnected)},
          {"kill_signal", kill_signal},
          {"capabilities",
           {{"allow", capabilities(profile.capabilities.allow)},
            {"audit", capabilities(profile.capabilities.audit)},
            {"quiet", capabilities(profile.capabilities.quiet)}}},
          {"rlimits", rlimits_json(profile.rlimits)},
          {"network", network_json(profile.network)},
          {"attachment", attachment},
          {"policydb", profile.policydb ? policydb_json(*profile.policydb) : Json(nullptr)},
          {"file", profile.file ? file_json(*profile.file) : Json(nullptr)}};
}

}  // namespace

std::string to_json(const compile::KernelPolicy& policy) {
  Json profiles = Json::array();
  for (const auto& profile : policy.profiles) profiles.push_back(profile_json(profile));
  const Json json = {
      {"kernel_abi", policy.kernel_abi},
      {"dialect", policy.dialect == compile::Dialect::perms_table ? "permission table" : "accept bits"},
      {"force_complain", policy.force_complain},
      {"profiles", profiles}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bh::cli
