#include "app/host_parser.h"

#include "base/spawn.h"

namespace bh::app {
namespace {

/// Root's PATH may lack the folder that Debian keeps it in.
constexpr const char* candidates[] = {"apparmor_parser", "/sbin/apparmor_parser",
                                      "/usr/sbin/apparmor_parser"};

/// None: it is not installed.
std::optional<SpawnOutcome> run(const char* flags, const std::string& path, const std::string& base) {
  for (const char* program : candidates)
    if (auto outcome = spawn({program, flags, "--quiet", "--base", base, path})) return std::move(*outcome);
  return std::nullopt;
}

std::string without(std::string text, const std::string& what) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what))
    text.replace(at, what.size(), "the file");
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

HostParserAnswer ask_host_parser(const std::string& path, const std::string& base) {
  const auto outcome = run("-QK", path, base);
  if (!outcome) return {};
  if (outcome->timed_out) return {HostParser::refuses, "it did not end within a minute"};
  if (outcome->exit_code == 0) return {HostParser::accepts, {}};
  return {HostParser::refuses, without(outcome->err.empty() ? outcome->out : outcome->err, path)};
}

std::optional<std::string> compile_with_host_parser(const std::string& path, const std::string& base) {
  auto outcome = run("-QKS", path, base);
  if (!outcome || outcome->timed_out || outcome->exit_code != 0) return std::nullopt;
  return std::move(outcome->out);
}

}  // namespace bh::app
