// The guest's side of a container that is tried from inside: its first program is the probe (`probe --each`),
// which takes one action a line and answers each.
//
// The one idea: the container's own start is the only exec that is needed, so a profile that lets nothing be
// executed is tried like any other, and an action costs a line instead of a `docker exec`. (Which, for a
// privileged container, would run unconfined whatever profile the container has.)
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/result.h"
#include "lab/plan.h"

namespace bh::lab {

class Attendant {
 public:
  /// Starts `argv` and waits until it answers. Errors: it cannot be started, ends, or says nothing for
  /// `patience`; what it wrote to its standard error is the text.
  [[nodiscard]] static Result<Attendant> start(std::vector<std::string> argv,
                                               std::chrono::milliseconds patience);
  Attendant(Attendant&& other) noexcept;
  Attendant& operator=(Attendant&& other) noexcept;
  Attendant(const Attendant&) = delete;
  Attendant& operator=(const Attendant&) = delete;
  /// Ends it: its input is closed, then it is killed.
  ~Attendant();

  /// One action: exit_code is the probe's, `out` what it printed.
  [[nodiscard]] Outcome take(const std::vector<std::string>& words, std::chrono::milliseconds patience);

 private:
  Attendant() = default;
  void end();
  /// What comes before the line `= STATUS`. False: the time or the output ended first.
  bool read_answer(Outcome& outcome, std::chrono::milliseconds patience);

  pid_t pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;  ///< a memfd
  std::string pending_;
};

}  // namespace bh::lab
