// The distribution's own apparmor_parser. Asked whether it can read a file: one unreadable file in the policy
// folder breaks every tool that reads the folder, the boot service among them. And asked what it makes of a
// text that a runtime would have it compile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace bh::app {

enum class HostParser : std::uint8_t { not_installed, accepts, refuses };

struct HostParserAnswer {
  HostParser verdict = HostParser::not_installed;
  std::string words;  ///< what it said when it refused, the file's temporary name taken out; or why it could
                      ///< not be asked
};

/// Runs `apparmor_parser -QK` on the file: it compiles, loads nothing, caches nothing.
[[nodiscard]] HostParserAnswer ask_host_parser(const std::string& path, const std::string& base);

/// What it compiles the file to for the running kernel, loading and caching nothing. None: it is not
/// installed, or refuses.
[[nodiscard]] std::optional<std::string> compile_with_host_parser(const std::string& path,
                                                                  const std::string& base);

}  // namespace bh::app
