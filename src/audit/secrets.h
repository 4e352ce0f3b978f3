// Values that look like secrets, found and taken out while facts are collected: what is left says that one
// was there and why it looked like one, so the check for secrets works on it and no report can leak it.
#pragma once

#include <string>
#include <string_view>

#include "audit/facts.h"

namespace bh::audit {

inline constexpr std::string_view redaction_mark = "[redacted: ";

/// `KEY=value` with the value replaced by "[redacted: REASON]" where it looks like a secret: a private key, a
/// known token form, or a value (no path, no placeholder, no reference) under a key named like a password.
[[nodiscard]] std::string redact_assignment(std::string_view assignment);
/// Running text (a command line, a history entry): known token forms and `KEY=value` words.
[[nodiscard]] std::string redact_text(std::string_view text);

void redact(docker::Config& config);
void redact(Daemon& daemon);
void redact(ContainerFacts& container);
void redact(ImageFacts& image);
void redact(SwarmFacts& swarm);

}  // namespace bh::audit
