// The flags that every command with a profile to compile has, and the settings that they mean.
#pragma once

#include "app/pipeline.h"
#include "cli/arguments.h"
#include "cli/command.h"
#include "cli/engine_flags.h"
#include "cli/terminal.h"

namespace bh::cli {

inline constexpr Flag features_flag = {
    .name = "features",
    .value = "FEATURES",
    .help =
        "compile for these instead of the running kernel's: a features file (as in "
        "/etc/apparmor.d/abi), a features folder, or 6.1, 6.12, 7.2",
    .completes = Completes::file};
inline constexpr Flag policy_features_flag = {.name = "policy-features",
                                              .value = "FILE",
                                              .help = "a features file that replaces the profile's own `abi`",
                                              .completes = Completes::file};
inline constexpr Flag base_flag = {
    .name = "base",
    .value = "DIR",
    .help = "where `<…>` includes are looked up last (default /etc/apparmor.d)",
    .completes = Completes::folder};
inline constexpr Flag include_flag = {.name = "include",
                                      .letter = 'I',
                                      .value = "DIR",
                                      .help = "where includes are looked up first",
                                      .completes = Completes::folder,
                                      .many = true};
inline constexpr Flag complain_flag = {
    .name = "complain", .help = "in complain mode: what is not allowed is only logged, denies included"};
inline constexpr Flag style_flag = {.name = "style",
                                    .value = "STYLE",
                                    .help = "of the text that is made from a spec (default strict)",
                                    .choices = "strict|bane"};
inline constexpr Flag abi_flag = {
    .name = "abi",
    .value = "ABI",
    .help =
        "that the text made from a spec declares: auto is the newest that the kernel has a use for and "
        "this host's apparmor_parser reads (default auto)",
    .choices = "auto|3.0|4.0|5.0"};
inline constexpr Flag image_flag = {
    .name = "image",
    .value = "REF",
    .help = "resolve a spec's paths as this image of the engine has them: links, merged /usr, alternatives"};
inline constexpr Flag rootfs_flag = {.name = "rootfs",
                                     .value = "DIR",
                                     .help = "the same for an image's files in a folder",
                                     .completes = Completes::folder};
inline constexpr Flag format_flag = {
    .name = "format", .value = "FORMAT", .help = "how to print it", .choices = "text|json"};
inline constexpr Flag cache_dir_flag = {
    .name = "cache-dir",
    .value = "DIR",
    .help =
        "where compiled policy is kept between runs (default /var/cache/bulkhead for root, else "
        "~/.cache/bulkhead/policy)",
    .completes = Completes::folder};
inline constexpr Flag no_cache_flag = {
    .name = "no-cache", .letter = 'K', .help = "compile everything, and keep nothing for later runs"};
inline constexpr Flag skip_cache_flag = {.name = "skip-cache",
                                         .help = "the same, by the name that apparmor_parser has for it"};
inline constexpr Flag dry_run_flag = {
    .name = "dry-run", .letter = 'n', .help = "do everything but change the system"};

/// Of the commands that take any kind of policy and say something of it: how text is made of a spec, for
/// whose image, and what it is compiled for.
inline constexpr Flag any_policy_flags[] = {style_flag,   image_flag, rootfs_flag,   host_flag,
                                            context_flag, abi_flag,   features_flag, policy_features_flag,
                                            include_flag, base_flag};

inline constexpr std::string_view input_help =
    "a spec (TOML), profile text, a compiled policy, bane:SPEC, docker-default, loaded:NAME, or - for stdin";

/// From features, policy-features, base and include, and of style and complain what the command has.
[[nodiscard]] app::PolicySettings policy_settings(const Command& command, const Arguments& arguments);

/// A line on stderr where nobody chose the features and no kernel has them.
void print_assumed_features(const app::ChosenFeatures& features, Terminal& terminal);

[[nodiscard]] inline bool wants_json(const Arguments& arguments) {
  return arguments.value_or("format", "text") == "json";
}

}  // namespace bh::cli
