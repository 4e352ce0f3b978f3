#include "policy/library.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/file.h"
#include "base/pass_times.h"

namespace bh::policy {
namespace {

std::string join_path(const std::string& folder, std::string_view name) {
  while (name.starts_with('/')) name.remove_prefix(1);
  return folder.ends_with('/') ? folder + std::string(name) : fmt::format("{}/{}", folder, name);
}

Lookup look_into(Os& os, const std::string& path) {
  auto status = os.stat(path);
  if (!status)
    return {{}, status.error().text, status.error().sys == ENOENT || status.error().sys == ENOTDIR};
  if (!S_ISDIR(status->st_mode)) return {{path}, {}, false};
  auto names = os.list(path);
  if (!names) return {{}, names.error().text, false};
  Lookup found;
  for (const std::string& name : *names) {
    if (skipped_name(name)) continue;
    std::string inner = join_path(path, name);
    auto inner_status = os.stat(inner);
    if (!inner_status) return {{}, fmt::format("{}: {}", inner, inner_status.error().text), false};
    if (S_ISREG(inner_status->st_mode)) found.files.push_back(std::move(inner));
  }
  return found;
}

}  // namespace

bool skipped_name(std::string_view name) {
  static constexpr std::string_view suffixes[] = {".dpkg-new",    ".dpkg-old", ".dpkg-dist", ".dpkg-bak",
                                                  ".dpkg-remove", ".pacsave",  ".pacnew",    ".rpmnew",
                                                  ".rpmsave",     ".orig",     ".rej",       "~"};
  return name.starts_with('.') || name == "README" ||
         std::ranges::any_of(suffixes, [&](std::string_view suffix) { return name.ends_with(suffix); });
}

Library::Library(Os& os, diag::SourceMap& sources, ResolveOptions options)
    : os_(os), sources_(sources), options_(std::move(options)), cache_(std::make_unique<Cache>()) {}

Library::~Library() = default;

const Lookup& look_up(Library& library, const std::string& path, bool magic) {
  auto [at, fresh] = library.cache().lookups.try_emplace({path, magic});
  Lookup& lookup = at->second;
  if (!fresh) return lookup;
  if (!magic) {
    lookup = look_into(library.os(), path);
    return lookup;
  }
  // The first folder that has it decides, even when what it has cannot be read.
  std::vector<std::string> folders = library.options().include_folders;
  folders.push_back(library.options().base);
  for (const std::string& folder : folders) {
    lookup = look_into(library.os(), join_path(folder, path));
    if (!lookup.missing) return lookup;
  }
  return lookup;
}

Result<LookedUp> look_up_again(Library& library, const std::string& path, bool magic) {
  const Lookup& lookup = look_up(library, path, magic);
  if (!lookup.error.empty() && !lookup.missing) return tl::unexpected(Error{lookup.error, 0});
  return LookedUp{path, magic, lookup.missing, lookup.files};
}

Result<diag::SourceId> source_of(Library& library, const std::string& path) {
  Library::Cache& cache = library.cache();
  auto source = cache.sources.find(path);
  if (source == cache.sources.end()) {
    const PassTimer timer(Pass::read);
    BH_TRY(std::string text, read_file(library.os(), path));
    source = cache.sources.emplace(path, library.sources().add(path, std::move(text))).first;
  }
  return source->second;
}

Result<std::shared_ptr<const ParsedFile>> parsed_file(Library& library, const std::string& path,
                                                      Context context) {
  Library::Cache& cache = library.cache();
  if (auto known = cache.parsed.find({path, context}); known != cache.parsed.end()) return known->second;
  auto read = [&]() -> Result<std::shared_ptr<const ParsedFile>> {
    BH_TRY(const diag::SourceId source, source_of(library, path));
    auto file = std::make_shared<ParsedFile>();
    file->fragment = parse(library.sources(), source, context, file->messages);
    return std::shared_ptr<const ParsedFile>(std::move(file));
  };
  return cache.parsed.emplace(std::pair{path, context}, read()).first->second;
}

}  // namespace bh::policy
