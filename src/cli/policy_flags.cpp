#include "cli/policy_flags.h"

#include <algorithm>

namespace bh::cli {

app::PolicySettings policy_settings(const Command& command, const Arguments& arguments) {
  auto has_flag = [&](std::string_view name) {
    return std::ranges::find(command.flags, name, &Flag::name) != command.flags.end();
  };
  app::PolicySettings settings;
  if (has_flag("features")) settings.features = arguments.value("features");
  if (has_flag("policy-features")) settings.policy_features = arguments.value_or("policy-features", "");
  if (has_flag("base")) settings.base = arguments.value_or("base", settings.base);
  if (has_flag("include")) settings.include_folders = arguments.all("include");
  if (has_flag("complain")) settings.complain = arguments.has("complain");
  if (has_flag("style")) {
    if (auto style = arguments.value("style"))
      settings.style = *style == "bane" ? generate::Style::bane : generate::Style::strict;
  }
  if (has_flag("abi")) settings.abi = generate::abi_named(arguments.value_or("abi", ""));
  if (has_flag("image"))
    settings.image = {arguments.value_or("image", ""), arguments.value_or("rootfs", ""),
                      arguments.value_or("host", ""), arguments.value_or("context", "")};
  if (has_flag("cache-dir") && !arguments.has("no-cache") && !arguments.has("skip-cache")) {
    settings.cache_folder = app::default_cache_folder();
    if (auto folder = arguments.value("cache-dir")) settings.cache_folder = *folder;
  }
  return settings;
}

void print_assumed_features(const app::ChosenFeatures& features, Terminal& terminal) {
  if (features.assumed)
    terminal.complain(fmt::format("compiled for {}, as {} (--features chooses another)", features.origin,
                                  features.why_assumed));
}

}  // namespace bh::cli
