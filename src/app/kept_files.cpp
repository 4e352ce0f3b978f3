#include "app/kept_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>

#include "app/input.h"
#include "compile/glob.h"
#include "policy/resolve.h"

namespace bh::app {
namespace {

std::string_view outermost(std::string_view profile) {
  // `:ns://name//child`: the first `//` belongs to the namespace.
  std::size_t from = profile.starts_with(':') ? profile.find("://") : std::string_view::npos;
  from = from == std::string_view::npos ? 0 : from + 3;
  return profile.substr(0, profile.find("//", from));
}

std::string listed(const std::string& name_space, const std::string& name) {
  std::string plain = compile::unescape(name);
  return name_space.empty() ? plain : fmt::format(":{}://{}", compile::unescape(name_space), plain);
}

/// Names of the profiles at the top of a text. Most files say them in so many words; only those that have
/// variables there are resolved, with all that they include.
std::vector<std::string> profiles_in(Session& apart, policy::Library& library, diag::SourceId source) {
  std::vector<std::string> names;
  std::size_t before = apart.sink.errors();
  auto fragment = policy::parse(apart.sources, source, policy::Context::preamble, apart.sink);
  if (apart.sink.errors() != before) {
    // No loader takes it. One of ours is still the file of its profile.
    std::string marked = marked_profile(apart.sources.text(source));
    return marked.empty() ? std::vector<std::string>() : std::vector{marked};
  }
  bool plain = std::ranges::all_of(fragment.block.nodes, [&](const policy::Node& node) {
    const auto* profile = std::get_if<policy::Profile>(&node);
    if (profile == nullptr) return true;
    names.push_back(
        listed(profile->name_space ? profile->name_space->value : std::string(), profile->name.value));
    return profile->name.value.find("@{") == std::string::npos;
  });
  if (plain) return names;
  names.clear();
  for (const auto& profile : policy::resolve(library, source, apart.sink).profiles)
    if (!profile.parent.valid()) names.push_back(listed(profile.name_space, profile.name));
  return names;
}

}  // namespace

std::vector<std::string> profile_files(Os& os, const std::string& folder) {
  std::vector<std::string> paths;
  for (const std::string& name : os.list(folder).value_or(std::vector<std::string>())) {
    if (policy::skipped_name(name) || os.lstat(folder + "/disable/" + name)) continue;
    std::string path = folder + "/" + name;
    auto about = os.stat(path);
    if (about && S_ISREG(about->st_mode)) paths.push_back(std::move(path));
  }
  return paths;
}

KeptFiles KeptFiles::read(Session& session) { return read(session, {}); }

KeptFiles KeptFiles::read(Session& session, std::string_view wanted) {
  Session apart(session.world);  // faults of other files are not those of what the user asked for
  policy::Library library(apart.world.os, apart.sources, {.base = session.world.policy_folder});
  KeptFiles kept;
  std::vector<std::string> paths = profile_files(session.world.os, session.world.policy_folder);
  std::ranges::copy(profile_files(session.world.os, session.world.own_folder), std::back_inserter(paths));
  for (const std::string& path : paths) {
    auto bytes = read_file(session.world.os, path);
    if (!bytes || bytes->find(outermost(wanted)) == std::string::npos) continue;
    if (looks_compiled(*bytes) || bytes->find('\0') != std::string::npos) continue;
    auto source = apart.sources.add(path, *bytes);
    for (std::string& name : profiles_in(apart, library, source)) {
      FileState state = state_of(*bytes);
      kept.files_.push_back({path, std::move(name), state});
    }
  }
  return kept;
}

const KeptFile* KeptFiles::find(std::string_view profile) const {
  const KeptFile* found = nullptr;
  for (const KeptFile& file : files_) {
    if (file.profile != outermost(profile)) continue;
    bool ours = file.state != FileState::foreign;
    if (found == nullptr || ours || found->state == FileState::foreign) found = &file;
  }
  return found;
}

}  // namespace bh::app
