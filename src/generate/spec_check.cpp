#include "generate/spec_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "diag/render.h"
#include "diag/suggest.h"
#include "generate/glob.h"
#include "generate/words.h"
#include "policy/parse.h"

namespace bh::generate {
namespace {

using diag::Code;

constexpr std::size_t max_name = 200;
constexpr std::size_t max_path = 4095;

bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

class Checker {
 public:
  Checker(std::string_view key, Entry& entry, const diag::SourceMap& sources, diag::Sink& sink)
      : key_(key), entry_(entry), sources_(sources), sink_(sink) {}

  bool run(Check check) {
    if (entry_.text.empty()) {
      fail(check == Check::name ? Code::no_name : Code::empty_text,
           fmt::format("an empty string in {}", key_));
      return false;
    }
    switch (check) {
      case Check::name:
        return name();
      case Check::path:
        return path();
      case Check::capability:
        return capability(entry_.text);
      case Check::protocol:
        return word(Code::unknown_protocol, "protocol", protocol_names());
      case Check::family:
        return family();
      case Check::preamble_line:
        return line(true);
      case Check::profile_line:
        return line(false);
      case Check::quiet:
        return quiet();
      case Check::peer:
        return peer();
      case Check::action:
        return one_line(Code::bad_line);
      case Check::none:
        return true;
    }
    return true;
  }

 private:
  diag::Diagnostic& fail(Code code, std::string message) {
    return sink_.report(code, entry_.span, std::move(message));
  }

  /// The first control byte, if there is one, is an error.
  bool one_line(Code code) {
    auto at = std::ranges::find_if(entry_.text, is_control);
    if (at == entry_.text.end()) return true;
    auto offset = static_cast<std::size_t>(at - entry_.text.begin());
    std::string_view what = *at == '\n' ? "a newline" : *at == '\0' ? "a NUL byte" : "a control character";
    sink_.report(code, place_in(entry_, offset, 1, sources_), fmt::format("{} in {}", what, key_));
    return false;
  }

  bool name() {
    if (!one_line(Code::bad_name)) return false;
    std::string& text = entry_.text;
    auto bad = std::ranges::find_if(text, [](char c) {
      return !is_alnum(c) && std::string_view("._+-").find(c) == std::string_view::npos;
    });
    if (bad != text.end()) {
      auto offset = static_cast<std::size_t>(bad - text.begin());
      std::string_view what = *bad == '/'   ? "a slash"
                              : *bad == ' ' ? "a blank"
                                            : "a character other than letters, digits and `._+-`";
      sink_
          .report(Code::bad_name, place_in(entry_, offset, 1, sources_),
                  fmt::format("Name `{}` has {}", text, what))
          .with_help(
              "the name is a profile's, a file's and an argument of `docker run`: use letters, digits and "
              "`._+-`");
      return false;
    }
    if (text.find("..") != std::string::npos) {
      fail(Code::bad_name, fmt::format("Name `{}` has `..`", text))
          .with_help("the name becomes a file's name");
      return false;
    }
    // The distribution's boot service passes these files by.
    for (std::string_view tail : {".dpkg-new", ".dpkg-old", ".dpkg-dist", ".dpkg-bak", ".dpkg-remove",
                                  ".pacsave", ".pacnew", ".rpmnew", ".rpmsave", ".orig", ".rej"})
      if (text.ends_with(tail)) {
        fail(Code::bad_name,
             fmt::format("Name `{}` ends in `{}`: AppArmor's boot service would not load that file", text,
                         tail));
        return false;
      }
    if (!text.starts_with("docker-")) text.insert(0, "docker-");
    if (text.size() > max_name) {
      fail(Code::bad_name,
           fmt::format("the name is {} bytes long; at most {} are possible", text.size(), max_name));
      return false;
    }
    return true;
  }

  bool path() {
    std::string_view text = entry_.text;
    if (!one_line(Code::bad_path)) return false;
    if (text.size() > max_path) {
      fail(Code::bad_path, fmt::format("a path of {} bytes in {}; the kernel knows none over {}", text.size(),
                                       key_, max_path));
      return false;
    }
    if (!text.starts_with('/') && !text.starts_with("@{")) {
      fail(Code::bad_path, fmt::format("`{}` in {} does not start with `/`", text, key_))
          .with_help("AppArmor knows only absolute paths; write the path as it is inside the container");
      return false;
    }
    std::string plain(text);
    if (!variables(plain)) return false;
    GlobError error;
    if (!parse_globs(plain, error)) {
      sink_.report(Code::spec_bad_glob, place_in(entry_, error.offset, 1, sources_),
                   fmt::format("`{}` in {}: {}", text, key_, error.message));
      return false;
    }
    for (std::string_view dots : {"/../", "/./"})
      if ((plain + "/").find(dots) != std::string::npos)
        fail(Code::path_never_matches,
             fmt::format("`{}` never matches: the kernel asks about paths without `{}`", text,
                         dots.substr(1, dots.size() - 2)))
            .with_help("write the path that it leads to");
    return true;
  }

  /// `@{NAME}` is made the same length of plain letters: what it stands for is not this check's business.
  bool variables(std::string& text) {
    for (std::size_t at = 0; (at = text.find("@{", at)) != std::string::npos;) {
      std::size_t end = text.find('}', at);
      std::string_view name =
          std::string_view(text).substr(at + 2, end == std::string::npos ? 0 : end - at - 2);
      if (name.empty() || !std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; })) {
        sink_.report(Code::spec_bad_glob, place_in(entry_, at, 2, sources_),
                     fmt::format("`{}` in {}: `@{{` does not start a variable's name", entry_.text, key_));
        return false;
      }
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(at),
                text.begin() + static_cast<std::ptrdiff_t>(end) + 1, 'v');
    }
    return true;
  }

  bool capability(std::string_view text) {
    if (auto known = capability_named(text)) {
      entry_.text = *known;
      return true;
    }
    std::string name = lower(text);
    if (name.starts_with("cap_")) name.erase(0, 4);
    auto& report = fail(Code::spec_unknown_capability, fmt::format("no capability is called `{}`", text));
    if (auto near = diag::did_you_mean(name, capability_names()))
      report.with_help(fmt::format("did you mean `{}`?", *near));
    return false;
  }

  bool word(Code code, std::string_view what, std::span<const std::string_view> words) {
    std::string name = lower(entry_.text);
    if (is_one_of(name, words)) {
      entry_.text = name;
      return true;
    }
    std::string all = words.size() > 10 ? "" : fmt::format("; there are {}", fmt::join(words, ", "));
    auto& report = fail(code, fmt::format("no {} is called `{}`{}", what, entry_.text, all));
    if (auto near = diag::did_you_mean(name, words))
      report.with_help(fmt::format("did you mean `{}`?", *near));
    return false;
  }

  bool family() {
    if (lower(entry_.text) == "alg") {
      fail(Code::family_never_given,
           "no container gets `alg` sockets: the kernel's crypto interface is attack surface, not network")
          .with_help("programs fall back to their own implementation");
      return false;
    }
    return word(Code::unknown_family, "address family", family_names());
  }

  bool peer() {
    std::string_view text = entry_.text;
    bool plain = std::ranges::all_of(text, [](char c) {
      return is_alnum(c) || std::string_view("._+-/*?{},&:@").find(c) != std::string_view::npos;
    });
    GlobError error;
    if (plain && parse_globs(text, error)) return true;
    fail(Code::bad_peer, fmt::format("`{}` in {} is not a profile's name, nor a glob of names", text, key_));
    return false;
  }

  bool quiet() {
    std::string_view text = entry_.text;
    if (text.starts_with('/') || text.starts_with("@{")) return path();
    if (!one_line(Code::bad_quiet)) return false;
    std::size_t blank = text.find(' ');
    std::string_view kind = text.substr(0, blank),
                     rest = blank == std::string_view::npos ? "" : text.substr(blank + 1);
    if (kind == "capability" && capability_named(rest)) {
      entry_.text = "capability " + *capability_named(rest);
      return true;
    }
    if (kind == "network" && (is_one_of(rest, family_names()) || rest == "alg")) return true;
    fail(Code::bad_quiet, fmt::format("`{}` is nothing that can be made quiet", text))
        .with_help("a path glob, `capability NAME`, or `network FAMILY`");
    return false;
  }

  /// bane pastes these lines; each has to be whole by itself, so that it cannot open or close anything for
  /// the lines after it.
  bool line(bool preamble) {
    if (!one_line(Code::bad_line)) return false;
    if (!balanced()) {
      fail(Code::bad_line,
           fmt::format("`{}` in {} is not whole: its braces or quotes do not match", entry_.text, key_));
      return false;
    }
    diag::SourceMap alone;
    diag::Sink found;
    diag::SourceId id = alone.add(std::string(key_), entry_.text + "\n");
    policy::Fragment fragment =
        policy::parse(alone, id, preamble ? policy::Context::preamble : policy::Context::profile_body, found);
    if (!found.ok()) {
      auto first = std::ranges::find(found.diagnostics(), diag::Severity::error, &diag::Diagnostic::severity);
      auto& report = fail(Code::bad_line, fmt::format("`{}` in {} cannot stand in a profile: {}", entry_.text,
                                                      key_, first->message));
      report.with_help(first->help);
      return false;
    }
    bool has_profile = std::ranges::any_of(fragment.block.nodes, [](const policy::Node& node) {
      return std::holds_alternative<policy::Profile>(node);
    });
    bool has_rule = std::ranges::any_of(fragment.block.nodes, [](const policy::Node& node) {
      return std::holds_alternative<policy::Rule>(node);
    });
    if (!has_profile && !(preamble && has_rule)) return true;
    fail(Code::bad_line,
         fmt::format("`{}` in {} is a {}", entry_.text, key_, has_profile ? "profile" : "rule"))
        .with_help(has_profile ? "a spec makes one profile" : "rules belong into InnerImports");
    return false;
  }

  /// Braces and quotes by the plainest reading, whatever a parser makes of them.
  [[nodiscard]] bool balanced() const {
    std::string_view text = entry_.text;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '"')
        quoted = !quoted;
      else if (text[i] == '#' && !quoted && !text.substr(i).starts_with("#include"))
        break;
      else if (!quoted && (text[i] == '{' || text[i] == '}') && (depth += text[i] == '{' ? 1 : -1) < 0)
        break;
    }
    return depth == 0 && !quoted;
  }

  std::string_view key_;
  Entry& entry_;
  const diag::SourceMap& sources_;
  diag::Sink& sink_;
};

}  // namespace

bool check_entry(Check check, std::string_view key, Entry& entry, const diag::SourceMap& sources,
                 diag::Sink& sink) {
  return Checker(key, entry, sources, sink).run(check);
}

diag::Span place_in(const Entry& entry, std::size_t offset, std::size_t length,
                    const diag::SourceMap& sources) {
  if (!entry.span.valid()) return entry.span;
  std::string_view written = sources.text(entry.span);
  std::size_t at = written.find(entry.text);
  if (at == std::string_view::npos || offset >= entry.text.size()) return entry.span;
  auto begin = static_cast<std::uint32_t>(entry.span.begin + at + offset);
  return {entry.span.source, begin, static_cast<std::uint32_t>(begin + length)};
}

}  // namespace bh::generate
