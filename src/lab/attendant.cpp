#include "lab/attendant.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

namespace bh::lab {
namespace {

constexpr std::size_t longest_answer = 64u << 10;

std::string text_of(int memfd) {
  std::string text(4096, '\0');
  ssize_t n = ::pread(memfd, text.data(), text.size(), 0);
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return text;
}

}  // namespace

Result<Attendant> Attendant::start(std::vector<std::string> argv, std::chrono::milliseconds patience) {
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) return fail_errno(errno, "pipe");
  Attendant started;
  started.errors_ = ::memfd_create("attendant", MFD_CLOEXEC);
  std::vector<char*> words;
  for (std::string& word : argv) words.push_back(word.data());
  words.push_back(nullptr);
  started.pid_ = ::fork();
  if (started.pid_ == 0) {
    ::setpgid(0, 0);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(started.errors_, 2);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  started.input_ = in[1];
  started.output_ = out[0];
  // A word that is no action is answered too.
  if (started.pid_ < 0 || started.take({"-"}, patience).timed_out)
    return fail("{} does not answer: {}", argv[0], text_of(started.errors_));
  return started;
}

Attendant::Attendant(Attendant&& other) noexcept { *this = std::move(other); }

Attendant& Attendant::operator=(Attendant&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  input_ = std::exchange(other.input_, -1);
  output_ = std::exchange(other.output_, -1);
  errors_ = std::exchange(other.errors_, -1);
  pending_ = std::move(other.pending_);
  return *this;
}

Attendant::~Attendant() { end(); }

void Attendant::end() {
  for (int* fd : {&input_, &output_, &errors_})
    if (*fd >= 0) ::close(std::exchange(*fd, -1));
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  ::waitpid(std::exchange(pid_, -1), nullptr, 0);
}

Outcome Attendant::take(const std::vector<std::string>& words, std::chrono::milliseconds patience) {
  Outcome outcome;
  std::string line = fmt::format("{}\n", fmt::join(words, "\t"));
  // A container that is gone must not take us along.
  ::signal(SIGPIPE, SIG_IGN);
  bool sent = ::write(input_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  if (!sent || !read_answer(outcome, patience)) {
    outcome.timed_out = true;
    outcome.err = text_of(errors_);
  }
  return outcome;
}

bool Attendant::read_answer(Outcome& outcome, std::chrono::milliseconds patience) {
  auto deadline = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto newline = pending_.find('\n');
    if (newline != std::string::npos) {
      std::string line = pending_.substr(0, newline + 1);
      pending_.erase(0, newline + 1);
      if (line.starts_with("= ")) {
        outcome.exit_code = std::atoi(line.c_str() + 2);
        return true;
      }
      outcome.out += line;
      continue;
    }
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now())
            .count();
    pollfd wait = {output_, POLLIN, 0};
    if (left <= 0 || outcome.out.size() > longest_answer || ::poll(&wait, 1, static_cast<int>(left)) <= 0)
      return false;
    char buffer[4096];
    ssize_t n = ::read(output_, buffer, sizeof buffer);
    if (n <= 0) return false;
    pending_.append(buffer, static_cast<std::size_t>(n));
  }
}

}  // namespace bh::lab
