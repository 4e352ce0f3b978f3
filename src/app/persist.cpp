#include "app/persist.h"

#include <cerrno>

#include "app/version.h"
#include "kernel/digest.h"
#include "policy/resolve.h"

namespace bh::app {
namespace {

constexpr std::string_view mark_start = "# bulkhead: profile ";
constexpr std::string_view mark_digest = " sha256 ";
constexpr int max_backups = 1000;

struct Mark {
  std::string_view profile;
  std::string_view digest;
  std::string_view text;  ///< all after the mark's line
};

/// The mark must be the second line: a file that merely quotes one is not ours.
std::optional<Mark> find_mark(std::string_view bytes) {
  std::size_t first = bytes.find('\n');
  if (first == std::string_view::npos) return std::nullopt;
  std::string_view rest = bytes.substr(first + 1);
  if (!rest.starts_with(mark_start)) return std::nullopt;
  std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view line = rest.substr(mark_start.size(), end - mark_start.size());
  std::size_t at = line.rfind(mark_digest);
  if (at == std::string_view::npos) return std::nullopt;
  return Mark{line.substr(0, at), line.substr(at + mark_digest.size()), rest.substr(end + 1)};
}

bool file_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._-+@=,:").find(c) != std::string_view::npos;
}

constexpr std::string_view made_by = "# Made by bulkhead ";
constexpr std::string_view made_from = " from ";
constexpr std::string_view made_end = ": change that and apply it again, not this file.";

FileState state_of(const Mark& mark) {
  return kernel::sha256_hex(mark.text) == mark.digest ? FileState::ours : FileState::edited;
}

}  // namespace

std::optional<std::string> file_name_for(std::string_view profile) {
  while (profile.starts_with('/')) profile.remove_prefix(1);
  std::string name;
  for (char c : profile) name += c == '/' ? '.' : file_name_byte(c) ? c : '_';
  if (name.empty() || name.size() > 200 || policy::skipped_name(name)) return std::nullopt;
  return name;
}

Result<PersistedFile> inspect_file(Os& os, const std::string& path, std::string_view profile) {
  auto bytes = read_file(os, path);
  if (!bytes) {
    if (bytes.error().sys == ENOENT) return PersistedFile{};
    return tl::unexpected(std::move(bytes.error()));
  }
  PersistedFile file{FileState::foreign, std::move(*bytes)};
  auto mark = find_mark(file.bytes);
  if (mark && mark->profile == profile) file.state = state_of(*mark);
  return file;
}

FileState state_of(std::string_view bytes) {
  auto mark = find_mark(bytes);
  return mark ? state_of(*mark) : FileState::foreign;
}

std::string marked_profile(std::string_view bytes) {
  auto mark = find_mark(bytes);
  return mark ? std::string(mark->profile) : std::string();
}

std::string with_mark(std::string_view text, std::string_view profile, std::string_view origin) {
  std::string shown;  // a comment is one line, whatever the path holds
  for (char c : origin) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return fmt::format("{}{}{}{}{}\n{}{}{}{}\n{}", made_by, version(), made_from, shown, made_end, mark_start,
                     profile, mark_digest, kernel::sha256_hex(text), text);
}

std::string with_text(std::string_view bytes, std::string_view text) {
  auto mark = find_mark(bytes);
  if (!mark) return std::string(text);
  std::string_view first = bytes.substr(0, bytes.find('\n'));
  std::string digest =
      state_of(*mark) == FileState::ours ? kernel::sha256_hex(text) : std::string(mark->digest);
  return fmt::format("{}\n{}{}{}{}\n{}", first, mark_start, mark->profile, mark_digest, digest, text);
}

std::string origin_of(std::string_view bytes) {
  if (!find_mark(bytes)) return {};
  std::string_view first = bytes.substr(0, bytes.find('\n'));
  std::size_t from = first.find(made_from);
  if (!first.starts_with(made_by) || !first.ends_with(made_end) || from == std::string_view::npos) return {};
  first.remove_suffix(made_end.size());
  return std::string(first.substr(from + made_from.size()));
}

std::string_view without_mark(std::string_view bytes) {
  auto mark = find_mark(bytes);
  return mark ? mark->text : bytes;
}

std::optional<std::string> reason_not_to_overwrite(const PersistedFile& file, const std::string& path) {
  if (file.state == FileState::edited)
    return fmt::format("{} was edited since bulkhead wrote it (--force overwrites it and keeps a copy)",
                       path);
  if (file.state == FileState::foreign)
    return fmt::format(
        "{} was not written by bulkhead for this profile (--force overwrites it and keeps a copy, "
        "--output-dir "
        "writes elsewhere)",
        path);
  return std::nullopt;
}

Result<std::string> keep_backup(Os& os, const std::string& path, std::string_view bytes) {
  for (int i = 1; i <= max_backups; ++i) {
    std::string backup = i == 1 ? path + ".orig" : fmt::format("{}.{}.orig", path, i);
    if (os.stat(backup)) continue;
    BH_TRY_DO(write_file_atomic(os, backup, bytes));
    return backup;
  }
  return fail("{}: there are {} backups already", path, max_backups);
}

}  // namespace bh::app
