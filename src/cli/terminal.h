// The two streams of a run: data on stdout, talk on stderr; colour only on a terminal and without NO_COLOR.
//
// What stdout could not take (a full disk) is remembered and ends the run with an error; a reader that went
// away (EPIPE) ends the output, not the work.
#pragma once

#include <string>
#include <string_view>

namespace bh::cli {

class Terminal {
 public:
  /// Writes to these file descriptors, which stay the caller's.
  Terminal(int out, int err);

  void out(std::string_view text);
  void err(std::string_view text);
  /// `bulkhead: text` and a newline, control bytes made visible.
  void complain(std::string_view text);
  /// Sends what is buffered. False: stdout could not take it all; `sys` of the first failure is in
  /// out_error().
  bool flush();
  [[nodiscard]] int out_error() const { return out_error_; }

  [[nodiscard]] bool colour_out() const { return colour_out_; }
  [[nodiscard]] bool colour_err() const { return colour_err_; }
  [[nodiscard]] bool err_is_terminal() const { return err_is_terminal_; }

 private:
  int out_, err_;
  std::string buffer_;
  int out_error_ = 0;
  bool colour_out_ = false, colour_err_ = false, err_is_terminal_ = false;
};

}  // namespace bh::cli
