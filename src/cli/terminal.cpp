#include "cli/terminal.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/os.h"
#include "diag/render.h"

namespace bh::cli {
namespace {

constexpr std::size_t buffer_size = 64u << 10;

/// The errno of the failure, or 0.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = Os::real().write(fd, text);
    if (!n) return n.error().sys;
    text.remove_prefix(*n);
  }
  return 0;
}

bool wants_colour() {
  const char* off = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return (off == nullptr || *off == '\0') && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

}  // namespace

Terminal::Terminal(int out, int err) : out_(out), err_(err) {
  bool colour = wants_colour();
  err_is_terminal_ = ::isatty(err) == 1;
  colour_out_ = colour && ::isatty(out) == 1;
  colour_err_ = colour && err_is_terminal_;
}

void Terminal::out(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= buffer_size) flush();
}

void Terminal::err(std::string_view text) {
  flush();  // where both go to one screen, in the order in which they were said
  (void)write_all(err_, text);
}

void Terminal::complain(std::string_view text) { err(fmt::format("bulkhead: {}\n", diag::printable(text))); }

bool Terminal::flush() {
  if (out_error_ == 0) out_error_ = write_all(out_, buffer_);
  buffer_.clear();
  return out_error_ == 0;
}

}  // namespace bh::cli
