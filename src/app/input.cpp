#include "app/input.h"

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "generate/runtime_default.h"

namespace bh::app {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view loaded_prefix = "loaded:";
constexpr std::string_view bane_prefix = "bane:";
/// NAME "version" and the type of its value: policy-binary.md section 1.
constexpr std::string_view compiled_start = "\x04\x08\0version\0\x02"sv;

Result<Input> read_loaded(Session& session, const std::string& name) {
  Input input{.kind = InputKind::compiled, .name = name, .loaded_name = name.substr(loaded_prefix.size())};
  auto bytes = session.kernel.raw_data_of(input.loaded_name);
  if (!bytes)
    return tl::unexpected(std::move(bytes.error())
                              .in(fmt::format("cannot read profile {} from the kernel", input.loaded_name)));
  input.bytes = std::move(*bytes);
  return input;
}

Input default_of(Session& session, const std::string& name, generate::Runtime runtime,
                 const std::string& base) {
  Input input{.name = name};
  input.source =
      session.sources.add(name, generate::runtime_default(runtime, includes_of(session.world.os, base)));
  return input;
}

bool is_toml_key_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         "_-.\"' \t"sv.find(c) != std::string_view::npos;
}

bool is_include_comment(std::string_view line) {
  line.remove_prefix(1);
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.starts_with("include");
}

}  // namespace

generate::HostIncludes includes_of(Os& os, const std::string& base) {
  return {.tunables = os.stat(base + "/tunables/global").has_value(),
          .base = os.stat(base + "/abstractions/base").has_value()};
}

bool looks_compiled(std::string_view bytes) { return bytes.starts_with(compiled_start); }

bool looks_like_spec(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  while (!text.empty()) {
    std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (line.empty()) continue;
    if (line.front() == '#') {
      if (is_include_comment(line)) return false;
      continue;
    }
    if (line.front() == '[') return true;
    std::size_t equals = line.find('=');
    return equals != std::string_view::npos && equals > 0 &&
           std::ranges::all_of(line.substr(0, equals), is_toml_key_byte) && !line.starts_with("profile ");
  }
  return false;
}

tl::unexpected<Error> wrong_input(const Session& session, std::size_t before) {
  std::size_t errors = session.sink.errors() - before;
  return fail("{} error{} in the input", errors, errors == 1 ? "" : "s");
}

std::string without_style(const std::string& name) {
  return name.starts_with(bane_prefix) ? name.substr(bane_prefix.size()) : name;
}

std::string title_of(const std::string& input) {
  const std::string file = without_style(input);
  std::string title = file.substr(file.rfind('/') + 1);
  if (title.ends_with(".toml")) title.resize(title.size() - 5);
  return file == input ? title : "bane's " + title;
}

Result<Input> read_input(Session& session, const std::string& name, const std::string& base) {
  if (name.starts_with(loaded_prefix)) return read_loaded(session, name);
  if (auto runtime = generate::runtime_named(name)) return default_of(session, name, *runtime, base);
  bool from_stdin = name == "-";
  auto bytes = read_file(session.world.os, from_stdin ? "/dev/stdin" : name);
  if (!bytes) {
    if (bytes.error().sys == EISDIR)
      return tl::unexpected(
          Error{fmt::format("{}: is a folder, not a profile; name the files in it", name), EISDIR});
    return tl::unexpected(std::move(bytes.error()));
  }
  Input input{.name = name};
  if (looks_compiled(*bytes)) {
    input.kind = InputKind::compiled;
    input.bytes = std::move(*bytes);
    return input;
  }
  std::size_t before = session.sink.errors();
  std::size_t nul = bytes->find('\0');
  input.kind = name.ends_with(".toml") || looks_like_spec(*bytes) ? InputKind::spec : InputKind::text;
  input.source = session.sources.add(from_stdin ? "<stdin>" : name, std::move(*bytes));
  if (nul != std::string::npos) {
    auto at = static_cast<std::uint32_t>(nul);
    session.sink
        .report(diag::Code::not_a_profile, {input.source, at, at + 1},
                "a NUL byte, which neither a spec nor profile text may hold; and it does not start like a "
                "compiled policy")
        .with_help(
            "name a spec (TOML), profile text, or what `bulkhead compile -o` or apparmor_parser -S wrote");
    return wrong_input(session, before);
  }
  return input;
}

}  // namespace bh::app
