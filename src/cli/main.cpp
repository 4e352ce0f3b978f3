#include <csignal>
#include <exception>
#include <new>

#include <malloc.h>
#include <unistd.h>

#include "cli/exit_codes.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  // A reader of our output that goes away must not kill a load half-way: writes then fail with EPIPE, which
  // Terminal knows.
  std::signal(SIGPIPE, SIG_IGN);
  // A run is short: memory that is given back to the kernel only to be asked for again costs more than the
  // rest of the allocator's work.
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TOP_PAD, 256 << 10);
  bh::cli::Terminal terminal(STDOUT_FILENO, STDERR_FILENO);
  try {
    return bh::cli::run({argv + (argc > 0 ? 1 : 0), argv + argc}, terminal);
  } catch (const std::bad_alloc&) {
    terminal.complain("out of memory");
    return bh::cli::exit_trouble;
  } catch (const std::exception& error) {
    terminal.complain(error.what());
  } catch (...) {
    terminal.complain("an exception of unknown kind");
  }
  terminal.complain("internal error: this is our bug; please report it with the command that led here");
  return bh::cli::exit_bug;
}
