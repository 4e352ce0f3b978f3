// Any bytes as auditd's log and as records of the stream: lines are joined into events or passed over, and
// every event can be shown. Memory stays bounded however many events are left open.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "audit/events.h"
#include "audit/host_fs.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bh::audit;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  EventJoiner joiner;
  for (auto line : lines(text)) {
    joiner.line(line);
    joiner.record("EXECVE", line);
  }
  joiner.end();
  for (const auto& event : joiner.take()) {
    for (char c : event_text(event)) BH_CHECK(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
    BH_CHECK(event_json(event).ends_with("}\n"));
  }
  (void)parse_time(text, 1'700'000'000);
  return 0;
}
