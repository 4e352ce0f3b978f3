// What `ausearch -k KEY` answers: the records of one event (SYSCALL, EXECVE, CWD, PATH, PROCTITLE) joined and
// decoded, from auditd's log or from the kernel's stream.
//
// The one idea: lines go in, finished events come out; an event is finished when its end is seen, when it is
// old, or when the input ends. Memory is bounded however the input lies. Source: the audit message format
// (kernel/audit.c, auditsc.c), auditd's raw log.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/os.h"

namespace bh::audit {

struct EventPath {
  std::string name;
  std::string nametype;  ///< NORMAL, CREATE, DELETE, PARENT
};

struct Event {
  std::int64_t milliseconds = 0;  ///< since 1970
  std::uint64_t serial = 0;
  std::vector<std::string> keys;
  std::string syscall;  ///< by name where it is known, else its number
  std::string success;  ///< yes, no, or empty
  std::int64_t exit = 0;
  std::string pid, ppid, auid, uid, euid, tty, session;
  std::string comm, exe, cwd, proctitle;
  std::vector<std::string> argv;
  std::vector<EventPath> paths;
  bool truncated = false;  ///< an argument or record was cut by the kernel or by our limits
};

class EventJoiner {
 public:
  /// A line of audit.log (`type=SYSCALL msg=audit(…): …`). Lines that are none are counted and passed over.
  void line(std::string_view line);
  /// A record of the stream: its type's name and `audit(…): …`.
  void record(std::string_view type, std::string_view text);
  /// Ends the input: all that is open is finished.
  void end();

  /// Finished events, oldest first; takes them out.
  [[nodiscard]] std::vector<Event> take();
  [[nodiscard]] std::uint64_t passed_over() const { return passed_over_; }

 private:
  using Id = std::pair<std::int64_t, std::uint64_t>;
  void finish(std::map<Id, Event>::iterator at);

  std::map<Id, Event> open_;
  std::deque<Event> finished_;
  std::uint64_t passed_over_ = 0;
};

/// `docker` -> docker; an even number of hex digits without quotes -> the bytes; (null) -> "".
[[nodiscard]] std::string decode_field(std::string_view value);

/// Name of an audit record type, "SYSCALL" for 1300; "UNKNOWN[n]" where it is not known.
[[nodiscard]] std::string record_name(std::uint16_t type);

/// One event as lines for people, control bytes made visible.
[[nodiscard]] std::string event_text(const Event& event);
/// One event as one line of JSON.
[[nodiscard]] std::string event_json(const Event& event);

/// "2026-01-31", "2026-01-31T12:00:00Z" (without Z: local time), "1769860000", "10m", "2h", "3d":
/// milliseconds since 1970.
[[nodiscard]] Result<std::int64_t> parse_time(std::string_view text, std::int64_t now_seconds);

/// Feeds a log and its rotated elder ones (audit.log.2, audit.log.1, audit.log), line by line.
/// `after_each_piece` is where finished events are taken out: logs are larger than memory.
[[nodiscard]] Result<void> read_log(Os& os, const std::string& path, EventJoiner& joiner,
                                    const std::function<void()>& after_each_piece);

}  // namespace bh::audit
