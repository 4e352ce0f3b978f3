#include "generate/path_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "generate/glob_sets.h"

namespace bh::generate {
namespace {

using Steps = Glob::const_iterator;

bool starts_with(const Glob& glob, std::string_view text) {
  Glob head = literal(text);
  return glob.size() >= head.size() && std::equal(head.begin(), head.end(), glob.begin());
}

/// Does the component at `from` end with a `/`, and is it `bin`, `sbin`, or does it start with `lib`?
bool is_merged_folder(const Glob& glob, std::size_t from) {
  std::size_t slash = from;
  while (slash < glob.size() && !glob[slash].set.test('/')) ++slash;
  if (slash == glob.size() || glob[slash] != Step{only('/'), false}) return false;
  Glob name(glob.begin() + static_cast<std::ptrdiff_t>(from),
            glob.begin() + static_cast<std::ptrdiff_t>(slash));
  return name == literal("bin") || name == literal("sbin") || starts_with(name, "lib");
}

Glob with_head(std::string_view head, const Glob& glob, std::size_t drop) {
  Glob out = literal(head);
  out.insert(out.end(), glob.begin() + static_cast<std::ptrdiff_t>(drop), glob.end());
  return out;
}

/// The same file's other name, if there may be one.
std::optional<Glob> other_spelling(const Glob& glob) {
  if (starts_with(glob, "/usr/") && is_merged_folder(glob, 5)) return with_head("/", glob, 5);
  if (starts_with(glob, "/") && is_merged_folder(glob, 1)) return with_head("/usr/", glob, 1);
  if (starts_with(glob, "/var/run/")) return with_head("/run/", glob, 9);
  if (starts_with(glob, "/run/")) return with_head("/var/run/", glob, 5);
  if (starts_with(glob, "/var/lock/")) return with_head("/run/lock/", glob, 10);
  return std::nullopt;
}

/// Can the text stand in a profile as it was written, and be read there as we read it?
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("/._*?{},+:@%=~ -").find(c) != std::string_view::npos;
  });
}

bool same(const Globs& a, const Globs& b) { return covers(a, b) && covers(b, a); }

/// Text as near to what was written as means `globs`.
std::string text_for(std::string_view written, const Globs& globs) {
  std::vector<std::string> tries;
  if (is_plain(written)) {
    std::string text(written);
    if (text.ends_with("/**")) text.replace(text.size() - 2, 2, "{,**}");
    tries.push_back(text);
    if (text.starts_with("/usr/")) tries.push_back("/{,usr/}" + text.substr(5));
    if (text.starts_with("/var/run/")) tries.push_back("/{,var/}" + text.substr(5));
    if (text.starts_with("/run/")) tries.push_back("/{,var/}" + text.substr(1));
    tries.push_back("/{,usr/}" + text.substr(1));
  }
  for (const std::string& text : tries) {
    if (!text.starts_with('/')) continue;  // parsers want to see the slash
    GlobError error;
    auto read = parse_globs(text, error);
    if (read && same(*read, globs)) return text;
  }
  return print(globs);
}

}  // namespace

Variables::Variables(const Spec& spec) {
  std::string pid;
  for (int digits = 1; digits <= 7; ++digits) {
    pid += digits == 1 ? "{[1-9]" : digits == 7 ? ",[1-4]" : ",[1-9]";
    for (int i = 1; i < digits; ++i) pid += "[0-9]";
  }
  pid += "}";
  values_ = {{"PROC", "/proc"},
             {"sys", "/sys"},
             {"run", "/run"},
             {"HOME", "{/home/*,/root}"},
             {"HOMEDIRS", "/home"},
             {"pid", pid},
             {"pids", pid},
             {"tid", pid},
             {"multiarch", "*-linux-gnu*"},
             {"profile_name", spec.name.text}};
  if (!spec.imports) return;
  for (const Entry& entry : spec.imports->entries) {
    // `@{NAME} = a b`, as it stands in a preamble; what it is built from must have been defined before it.
    std::string_view text = entry.text;
    std::size_t end = text.find('}'), equals = text.find('=');
    if (!text.starts_with("@{") || end == std::string_view::npos || equals == std::string_view::npos ||
        equals < end)
      continue;
    bool more = text[equals - 1] == '+';
    std::string name(text.substr(2, end - 2)), values = more && values_.contains(name) ? values_[name] : "";
    std::size_t count = values.empty() ? 0 : 1;
    for (std::size_t at = equals + 1; at < text.size();) {
      std::size_t from = text.find_first_not_of(" \t\"", at), to = text.find_first_of(" \t\"", from);
      if (from == std::string_view::npos) break;
      if (to == std::string_view::npos) to = text.size();
      values += (count++ == 0 ? "" : ",") + std::string(text.substr(from, to - from));
      at = to;
    }
    std::string unknown;
    if (auto expanded = expand(values, unknown))
      values_[name] = count > 1 ? "{" + *expanded + "}" : *expanded;
  }
}

std::optional<std::string> Variables::expand(std::string_view text, std::string& unknown) const {
  std::string out;
  while (true) {
    std::size_t at = text.find("@{"), end = text.find('}', at);
    if (at == std::string_view::npos || end == std::string_view::npos) break;
    out += text.substr(0, at);
    auto value = values_.find(text.substr(at + 2, end - at - 2));
    if (value == values_.end()) {
      unknown = text.substr(at + 2, end - at - 2);
      return std::nullopt;
    }
    out += value->second;
    text.remove_prefix(end + 1);
  }
  out += text;
  // Slashes that meet where a value was put in are one.
  for (std::size_t at; (at = out.find("//")) != std::string::npos;) out.erase(at, 1);
  return out;
}

namespace {

/// The globs' other names on a system of which nothing is known.
Globs usual_twins(const Globs& globs) {
  Globs twins;
  for (const Glob& glob : globs)
    if (auto twin = other_spelling(glob); twin && !covers(globs, {*twin})) twins.push_back(std::move(*twin));
  return twins;
}

/// The folders that a glob names without a star, and the whole of one without any, under the image's names.
Glob real_name(const Glob& glob, const ImageNames& image) {
  std::size_t literal_steps = 0, folder = 0;
  std::string path;
  for (const Step& step : glob) {
    if (step.repeat || step.set.count() != 1) break;
    path += static_cast<char>(step.set._Find_first());
    ++literal_steps;
    if (path.back() == '/') folder = literal_steps;
  }
  if (literal_steps < glob.size()) path.resize(folder);
  return with_head(image.real(path), glob, path.size());
}

}  // namespace

std::optional<PathSet> path_set(const Entry& entry, const Variables& variables, diag::Sink& sink,
                                const ImageNames* image) {
  std::string unknown;
  auto text = variables.expand(entry.text, unknown);
  if (!text) {
    sink.report(
            diag::Code::unknown_path_variable, entry.span,
            fmt::format("`@{{{}}}` in `{}` is defined nowhere that this program reads", unknown, entry.text))
        .with_help("write the path, or define the variable in Imports");
    return std::nullopt;
  }
  GlobError error;
  auto globs = parse_globs(*text, error);
  if (!globs) {
    sink.report(diag::Code::spec_bad_glob, entry.span, fmt::format("`{}`: {}", entry.text, error.message));
    return std::nullopt;
  }
  // The folder itself belongs to `d/**`.
  if (text->ends_with("/**"))
    for (Glob& glob : *globs)
      if (glob.size() >= 3 && glob.end()[-1] == Step{path_bytes(), true} &&
          glob.end()[-2] == Step{component_bytes(), false})
        glob.erase(glob.end() - 2);
  if (image != nullptr) {
    for (Glob& glob : *globs) glob = real_name(glob, *image);
  } else {
    Globs twins = usual_twins(*globs);
    globs->insert(globs->end(), twins.begin(), twins.end());
  }
  std::string shown = text_for(*text, *globs);
  return PathSet{std::move(shown), std::move(*globs), entry.text, entry.span};
}

PathSet fixed_set(std::string_view text) {
  GlobError error;
  auto globs = parse_globs(text, error, 1u << 20);
  BH_CHECK(globs.has_value());
  return {std::string(text), std::move(*globs), std::string(text), {}};
}

PathSet made_set(Globs globs) {
  std::string text = print(globs);
  return {text, std::move(globs), text, {}};
}

}  // namespace bh::generate
