#include "app/loadable.h"

#include <algorithm>
#include <cerrno>

#include "app/verify.h"

namespace bh::app {
namespace {

/// A folder's name in the policy tree is the last part of the profile's name, a dot and a number of up to ten
/// digits; a file name has at most 255 bytes.
constexpr std::size_t max_name_part = 244;

/// Where the last part of a name begins. The kernel looks from the front: `a///b` is `/b` under `a`.
std::size_t last_part(std::string_view name) {
  std::size_t begin = 0;
  for (std::size_t at = name.find("//"); at != std::string_view::npos; at = name.find("//", begin))
    begin = at + 2;
  return begin;
}

}  // namespace

Result<void> check_loadable(Session& session, const compile::KernelPolicy& policy) {
  std::vector<std::string> names;
  for (const auto& profile : policy.profiles) names.push_back(listed_name(profile));
  for (const auto& profile : policy.profiles) {
    std::size_t begin = last_part(profile.name);
    if (profile.name.size() - begin > max_name_part)
      return tl::unexpected(
          Error{fmt::format("a profile's name of {} bytes is too long for the kernel: at most {}",
                            profile.name.size() - begin, max_name_part),
                ENAMETOOLONG});
    if (begin == 0) continue;
    std::string parent = listed_name(profile);
    parent.resize(parent.size() - (profile.name.size() - begin) - 2);
    if (std::ranges::find(names, parent) != names.end()) continue;
    BH_TRY(auto loaded, session.kernel.find(parent));
    if (!loaded)
      return tl::unexpected(
          Error{fmt::format("{} is neither in this policy nor loaded, and {} belongs under it", parent,
                            listed_name(profile)),
                ENOENT});
  }
  return {};
}

}  // namespace bh::app
