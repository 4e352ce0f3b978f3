// A starting spec for an image: what the image says of itself, written as a spec with a comment for each
// line.
//
// The one idea: it must apply and it must not lie. What the image states (its command, volumes, ports, user)
// is set; what nobody can know without seeing the program run stays in comments, with what to do about it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bh::generate {

/// A program that is started with the container.
struct StartedProgram {
  std::string path;  ///< the name that the kernel asks about: no links in it
  std::string why;   ///< `ENTRYPOINT docker-entrypoint.sh`, `#! of /entry.sh`, …
};

struct ImagePort {
  std::uint16_t number = 0;
  std::string protocol;  ///< tcp, udp or sctp
};

/// All strings are the image's own words and may hold anything.
struct ImageStart {
  std::string reference;                 ///< as the user named it
  std::string id;                        ///< of the image; may be empty
  std::vector<StartedProgram> programs;  ///< in the order in which they start one another
  bool by_shell = false;                 ///< a shell script is among them: what it calls is not known
  std::optional<std::string> shell;      ///< what /bin/sh leads to, where the image has one
  std::vector<std::string> volumes;
  std::vector<ImagePort> ports;
  std::string user;         ///< as in the image's configuration; empty: root
  bool has_tmp = false;     ///< there is a /tmp
  bool writes_run = false;  ///< there is a /run or /var/run
};

/// `registry:5000/team/app:1.2@sha256:…` -> `app`, with only letters, digits, `.`, `_` and `-`.
[[nodiscard]] std::string spec_name(std::string_view reference);

/// TOML that read_spec takes without an error, whatever the image's words are.
[[nodiscard]] std::string starter_spec(const ImageStart& start);

}  // namespace bh::generate
