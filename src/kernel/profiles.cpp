// What is loaded: the flat list for name and mode, the policy tree for the rest.
#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "kernel/apparmor.h"

namespace bh::kernel {
namespace {

constexpr std::size_t max_list = 64u << 20;
constexpr std::size_t max_folders = 1'000'000;

/// The first line, without its newline.
std::string line_of(Os& os, const std::string& path) {
  auto text = read_file(os, path, 64u << 10);
  if (!text) return {};
  return text->substr(0, text->find('\n'));
}

std::optional<LoadedProfile> parse_line(std::string_view line) {
  // `NAME (MODE)`; a name may hold blanks and parentheses, a mode does not.
  std::size_t open = line.rfind(" (");
  if (open == std::string_view::npos || !line.ends_with(')')) return std::nullopt;
  return LoadedProfile{std::string(line.substr(0, open)),
                       std::string(line.substr(open + 2, line.size() - open - 3))};
}

/// A folder of the policy tree that holds `profiles/` and, at the top of a namespace, `namespaces/`.
struct Place {
  std::string folder;
  std::string prefix;  ///< what stands before the names in it: `parent//`, `:ns://`
};

}  // namespace

Result<std::vector<LoadedProfile>> AppArmor::profiles() const {
  BH_TRY_DO(require());
  auto text = read_file(os_, roots_.apparmorfs + "/profiles", max_list);
  if (!text) return tl::unexpected(std::move(text.error()).in("cannot list the loaded profiles"));
  std::vector<LoadedProfile> found;
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::size_t end = rest.find('\n');
    if (auto profile = parse_line(rest.substr(0, end))) found.push_back(std::move(*profile));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return found;
}

Result<std::optional<LoadedProfile>> AppArmor::find(std::string_view name) const {
  BH_TRY(auto all, profiles());
  auto at = std::ranges::find(all, name, &LoadedProfile::name);
  if (at == all.end()) return std::nullopt;
  return std::move(*at);
}

Result<ProfileDetails> AppArmor::details(std::string_view name) const {
  BH_TRY_DO(require());
  std::vector<Place> places = {{roots_.apparmorfs + "/policy", ""}};
  for (std::size_t seen = 0; !places.empty() && seen < max_folders; ++seen) {
    Place place = std::move(places.back());
    places.pop_back();
    for (const std::string& entry :
         os_.list(place.folder + "/profiles").value_or(std::vector<std::string>())) {
      std::string folder = place.folder + "/profiles/" + entry;
      std::string full = place.prefix + line_of(os_, folder + "/name");
      if (full == name) {
        ProfileDetails details;
        details.folder = folder;
        details.attachment = line_of(os_, folder + "/attach");
        for (const char* hash : {"sha256", "sha1"}) {
          details.hash = line_of(os_, folder + "/" + hash);
          details.hash_name = details.hash.empty() ? "" : hash;
          if (!details.hash.empty()) break;
        }
        details.has_raw_data = os_.stat(folder + "/raw_data").has_value();
        return details;
      }
      // Only a parent of what is looked for is worth going into.
      if (name.starts_with(full + "//")) places.push_back({folder, full + "//"});
    }
    for (const std::string& entry :
         os_.list(place.folder + "/namespaces").value_or(std::vector<std::string>())) {
      std::string outer = place.prefix.empty() ? ":" : place.prefix.substr(0, place.prefix.size() - 3) + "//";
      places.push_back({place.folder + "/namespaces/" + entry, outer + entry + "://"});
    }
  }
  return tl::unexpected(Error{fmt::format("{}: the kernel's policy tree has no such profile", name), ENOENT});
}

Result<std::string> AppArmor::raw_data(const ProfileDetails& details) const {
  if (!details.has_raw_data)
    return tl::unexpected(
        Error{"the kernel keeps no copy of the loaded bytes (module parameter export_binary is off, or it is "
              "an old "
              "kernel)",
              ENOENT});
  auto bytes = read_file(os_, details.folder + "/raw_data", max_list);
  if (!bytes) return tl::unexpected(std::move(bytes.error()).in("cannot read back the loaded bytes"));
  return bytes;
}

Result<std::string> AppArmor::raw_data_of(std::string_view name) const {
  BH_TRY(ProfileDetails found, details(name));
  return raw_data(found);
}

}  // namespace bh::kernel
