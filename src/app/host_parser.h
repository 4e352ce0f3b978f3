// The distribution's own apparmor_parser, asked only whether it can read a file: one unreadable file in the
// policy folder breaks every tool that reads the folder, the boot service among them.
#pragma once

#include <cstdint>
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

}  // namespace bh::app
