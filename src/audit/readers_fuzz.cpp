// Any bytes as what the host holds: audit rules in auditctl's notation and in the kernel's form, daemon.json,
// a line of ExecStart, a history, a snapshot, and an image's stream. Each is read or refused.
#include <linux/audit.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "audit/audit_rules.h"
#include "audit/build_history.h"
#include "audit/daemon_facts.h"
#include "audit/host_fs.h"
#include "audit/layers.h"
#include "audit/secrets.h"
#include "audit/snapshot.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bh::audit;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      for (auto line : lines(text)) (void)parse_rule_line(line, "f");
      break;
    case 1: {
      std::string rule(text);
      rule.resize(std::max(rule.size(), sizeof(audit_rule_data)));
      if (auto decoded = decode_rule(rule)) (void)coverage({*decoded}, "/etc/docker", true, "wa", nullptr);
      break;
    }
    case 2:
      (void)settings_of_config(text, "f");
      break;
    case 3:
      (void)settings_of_arguments(split_exec(text, {{"A", "b c"}}), "f");
      break;
    case 4: {
      ImageFacts image;
      image.history.value.emplace(1).front().created_by = text;
      for (const auto& step : instructions(image, {})) (void)shell_commands(redact_text(step.text));
      break;
    }
    case 5:
      if (auto snapshot = read_snapshot(std::string(text))) {
        (void)write_snapshot(*snapshot);
        (void)run_audit(*snapshot, {}, {});
      }
      break;
    default: {
      bool given = false;
      (void)scan_layers([&]() -> bh::Result<std::string_view> {
        if (given) return std::string_view();
        given = true;
        return text;
      });
    }
  }
  return 0;
}
