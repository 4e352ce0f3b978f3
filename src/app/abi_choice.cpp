#include "app/abi_choice.h"

#include <fmt/format.h>

namespace bh::app {
namespace {

using generate::Abi;

/// What abis after 3.0 have words for, that a profile of ours speaks of, and that kernels announce.
struct Gain {
  Abi since;
  std::string_view feature;
  std::string_view words;
};
constexpr Gain gains[] = {
    {Abi::v4_0, "namespaces/mask/userns_create", "user namespaces"},
    {Abi::v5_0, "io_uring", "io_uring"},
    {Abi::v5_0, "network_v9/af_unix", "who is at the other end of a unix socket"},
};

}  // namespace

Abi best_abi(const compile::Features& kernel) {
  Abi best = Abi::v3_0;
  for (const Gain& gain : gains)
    if (kernel.has(gain.feature)) best = std::max(best, gain.since);
  return best;
}

std::vector<std::string> left_unmediated(const compile::Features& kernel, Abi abi) {
  std::vector<std::string> words;
  for (const Gain& gain : gains)
    if (gain.since > abi && kernel.has(gain.feature)) words.emplace_back(gain.words);
  return words;
}

std::optional<Abi> newest_readable_abi(Os& os, const std::string& base) {
  std::optional<Abi> newest;
  for (Abi abi : generate::abis)
    if (os.stat(fmt::format("{}/abi/{}", base, generate::name_of(abi)))) newest = abi;
  return newest;
}

}  // namespace bh::app
