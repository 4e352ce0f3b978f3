// The words of actions: how a line is split into them, and those that stand for bits (accesses, and
// mount(2)'s flags).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "compile/policydb.h"
#include "diag/source.h"

namespace bh::query {

struct Word {
  std::string_view text;
  diag::Span span;
};

/// Words at blanks; "…" holds blanks together, inside a word (`peer="a b"`) too, and so does `(…)`. `where`:
/// of the text. Errors: a quote or parenthesis that is not closed.
struct BadWord {
  diag::Span span;
  std::string problem;
};
[[nodiscard]] tl::expected<std::vector<Word>, BadWord> split_words(std::string_view text, diag::Span where);

/// Without its quotes.
[[nodiscard]] std::string unquoted(std::string_view word);

struct NamedBits {
  std::string_view word;
  std::uint32_t bits;
};

/// The verbs about one path.
inline constexpr NamedBits file_access[] = {
    {"read", compile::perm::read},     {"write", compile::perm::write},
    {"append", compile::perm::append}, {"create", compile::perm::create},
    {"delete", compile::perm::remove}, {"truncate", compile::perm::write | compile::perm::setattr},
    {"chmod", compile::perm::chmod},   {"chown", compile::perm::chown},
    {"lock", compile::perm::lock},     {"mmap-exec", compile::perm::mmap},
    {"exec", compile::perm::exec},
};
/// Words that stand alone (`send`, `trace`) and what they ask for.
inline constexpr NamedBits signal_access[] = {{"send", compile::perm::send},
                                              {"receive", compile::perm::receive}};
inline constexpr NamedBits ptrace_access[] = {{"trace", 2}, {"read", 4}, {"tracedby", 8}, {"readby", 0x10}};
inline constexpr NamedBits network_access[] = {
    {"create", compile::perm::create},   {"bind", compile::perm::bind},
    {"listen", compile::perm::listen},   {"accept", compile::perm::accept},
    {"connect", compile::perm::connect}, {"send", compile::perm::send},
    {"receive", compile::perm::receive}, {"getattr", compile::perm::getattr},
    {"setattr", compile::perm::setattr}, {"getopt", compile::perm::getopt},
    {"setopt", compile::perm::setopt},   {"shutdown", compile::perm::remove},
};
/// af_unix.c asks connect together with send and receive.
inline constexpr NamedBits unix_access[] = {
    {"create", compile::perm::create},
    {"bind", compile::perm::bind},
    {"listen", compile::perm::listen},
    {"accept", compile::perm::accept},
    {"connect", compile::perm::connect | compile::perm::send | compile::perm::receive},
    {"send", compile::perm::send},
    {"receive", compile::perm::receive},
    {"getattr", compile::perm::getattr},
    {"setattr", compile::perm::setattr},
    {"getopt", compile::perm::getopt},
    {"setopt", compile::perm::setopt},
    {"shutdown", compile::perm::remove},
};
inline constexpr NamedBits io_uring_access[] = {{"sqpoll", 0x10}, {"override_creds", 8}};
inline constexpr NamedBits mqueue_access[] = {
    {"read", compile::perm::read},       {"write", compile::perm::write},
    {"create", compile::perm::create},   {"open", compile::perm::open},
    {"delete", compile::perm::remove},   {"getattr", compile::perm::getattr},
    {"setattr", compile::perm::setattr},
};
inline constexpr NamedBits dbus_access[] = {{"send", 2}, {"receive", 4}, {"bind", 0x40}, {"eavesdrop", 0x20}};
inline constexpr NamedBits userns_access[] = {{"create", 8}};

/// Options that set bits of mount(2)'s flags, and those that leave one clear (bits 0).
[[nodiscard]] std::span<const NamedBits> mount_options();
/// `ro,rbind`: options that together set exactly these flags; a bit without a word as hex.
[[nodiscard]] std::string mount_options_text(std::uint32_t flags);

}  // namespace bh::query
