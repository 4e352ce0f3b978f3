#include "base/result.h"

#include <unistd.h>

#include <cstdio>
#include <system_error>

#include "base/check.h"

namespace bh {

tl::unexpected<Error> fail_errno(int sys, std::string_view what) {
  return tl::unexpected(Error{fmt::format("{}: {}", what, std::generic_category().message(sys)), sys});
}

void check_failed(const char* condition, const char* file, int line) noexcept {
  // No allocation and no flushing here: the state is unknown, half-written output must stay unwritten.
  char text[512];
  int length = std::snprintf(text, sizeof text,
                             "bulkhead: internal error: %s does not hold (%s:%d)\n"
                             "bulkhead: this is our bug; please report it with the command that led here\n",
                             condition, file, line);
  if (length > 0) {
    auto size = static_cast<size_t>(length) < sizeof text ? static_cast<size_t>(length) : sizeof text - 1;
    [[maybe_unused]] ssize_t ignored = ::write(STDERR_FILENO, text, size);
  }
  ::_exit(70);
}

}  // namespace bh
