// Puts questions about a loaded profile to the running kernel: apparmorfs' `.access` file, by which
// dbus-daemon asks too.
//
// usage: ask_kernel LABEL FILE [UID]: FILE holds questions, each two bytes of length (low one first) and then
// the class and the string to match, as security/apparmor/apparmorfs.c (query_label) takes them. Asks as file
// system user UID (default 0: the owner's half of file permissions). A line each: the kernel's allow, deny,
// audit and quiet, in hex.
#include <fcntl.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace {

constexpr const char* access_file = "/sys/kernel/security/apparmor/.access";

/// The kernel's answer, four lines of `word 0x…`. None: errno says why.
std::optional<std::string> ask(const std::string& query) {
  const int fd = ::open(access_file, O_RDWR | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::array<char, 256> answer{};
  ssize_t got = ::write(fd, query.data(), query.size());
  if (got >= 0) got = ::read(fd, answer.data(), answer.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  if (got < 0) return std::nullopt;
  return std::string(answer.data(), static_cast<std::size_t>(got));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: ask_kernel LABEL FILE [UID]\n");
    return 2;
  }
  std::ifstream file(argv[2], std::ios::binary);
  const std::string questions{std::istreambuf_iterator<char>(file), {}};
  if (argc == 4) ::setfsuid(static_cast<uid_t>(std::strtoul(argv[3], nullptr, 10)));
  const std::string head = std::string("label") + '\0' + argv[1] + '\0';
  for (std::size_t at = 0; at + 2 <= questions.size();) {
    const auto low = static_cast<unsigned char>(questions[at]),
               high = static_cast<unsigned char>(questions[at + 1]);
    const std::size_t length = low | static_cast<std::size_t>(high) << 8;
    const auto answer = ask(head + questions.substr(at + 2, length));
    if (!answer) {
      std::fprintf(stderr, "ask_kernel: %s: %s\n", access_file, std::strerror(errno));
      return 2;
    }
    unsigned allow = 0, deny = 0, audit = 0, quiet = 0;
    if (std::sscanf(answer->c_str(), "allow 0x%x\ndeny 0x%x\naudit 0x%x\nquiet 0x%x", &allow, &deny, &audit,
                    &quiet) != 4) {
      std::fprintf(stderr, "ask_kernel: not an answer: %s\n", answer->c_str());
      return 2;
    }
    std::printf("%x %x %x %x\n", allow, deny, audit, quiet);
    at += 2 + length;
  }
  return 0;
}
