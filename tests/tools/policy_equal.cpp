// policy_equal A B: are two compiled policies the same to the kernel? Prints each difference (A's side | B's
// side). exit 0: equal, 1: they differ, 2: one cannot be read. --exact: see query/equal.h.
//
// --b-logs-denies-in-complain: B is compared as if its compiler, too, read every `deny` of a complain profile
// as `audit deny` (docs/decisions/0003). That is its quiet masks cleared, and nothing else: only a plain deny
// sets them.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "compile/decode.h"
#include "query/equal.h"

namespace {

bh::Result<bh::compile::KernelPolicy> read(const std::string& path) {
  BH_TRY(const std::string bytes, bh::read_file(bh::Os::real(), path, std::size_t{256} << 20));
  auto policy = bh::compile::decode(bytes);
  if (!policy) return tl::unexpected(std::move(policy.error()).in(path));
  return policy;
}

void clear_quiet(std::optional<bh::compile::Pdb>& pdb) {
  if (!pdb) return;
  for (bh::compile::FilePerms& entry : pdb->perms) entry.owner.quiet = entry.other.quiet = 0;
}

void log_denies_in_complain(bh::compile::KernelPolicy& policy) {
  for (bh::compile::CompiledProfile& profile : policy.profiles) {
    if (profile.mode != static_cast<std::uint32_t>(bh::compile::Mode::complain)) continue;
    clear_quiet(profile.file);
    clear_quiet(profile.policydb);
    profile.capabilities.quiet = 0;
    for (bh::compile::NetworkFamily& family : profile.network) family.quiet = 0;
  }
}

bh::Result<bool> equal(const std::vector<std::string>& paths, const bh::query::EqualOptions& options,
                       bool logs_denies) {
  BH_TRY(const auto a, read(paths[0]));
  BH_TRY(auto b, read(paths[1]));
  if (logs_denies) log_denies_in_complain(b);
  BH_TRY(const auto differences, bh::query::policy_differences(a, b, options));
  for (const auto& difference : differences) std::printf("%s\n", bh::query::to_text(difference).c_str());
  return differences.empty();
}

}  // namespace

int main(int argc, char** argv) {
  bh::query::EqualOptions options;
  std::vector<std::string> paths;
  bool logs_denies = false;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--exact")
      options.exact = true;
    else if (argument == "--b-logs-denies-in-complain")
      logs_denies = true;
    else
      paths.push_back(argument);
  }
  if (paths.size() != 2) {
    std::fprintf(stderr, "usage: policy_equal [--exact] [--b-logs-denies-in-complain] A B\n");
    return 2;
  }
  const auto same = equal(paths, options, logs_denies);
  if (!same) std::fprintf(stderr, "policy_equal: %s\n", same.error().text.c_str());
  return !same ? 2 : *same ? 0 : 1;
}
