// What is no rule: the mode, flags, resource limits, and classes that only one side mediates.
#include <fmt/format.h>

#include <array>

#include "compile/describe.h"
#include "compile/names.h"
#include "diff/parts.h"
#include "diff/severity.h"

namespace bh::diff {
namespace {

using compile::CompiledProfile;
namespace medclass = compile::medclass;

/// How little a mode holds back: what a mode with a higher number allows beyond one with a lower.
int laxity(std::uint32_t mode) {
  switch (static_cast<compile::Mode>(mode)) {
    case compile::Mode::kill:
      return 0;
    case compile::Mode::enforce:
      return 1;
    case compile::Mode::user:
      return 2;
    case compile::Mode::complain:
      return 3;
    case compile::Mode::unconfined:
      return 4;
  }
  return 1;
}

class Members {
 public:
  Members(const Direction& direction, std::vector<Change>& out)
      : direction_(direction), from_(direction.from.profile), to_(direction.to.profile), out_(out) {}

  void add_all() {
    mode();
    classes();
    path_flag(compile::path_flag::attach_disconnected, "attach_disconnected", Severity::medium,
              "paths that lead nowhere are taken from the root");
    path_flag(compile::path_flag::mediate_deleted, "mediate_deleted", Severity::low, "");
    path_flag(compile::path_flag::chroot_relative, "chroot_relative", Severity::medium, "");
    limits();
  }

 private:
  void add(Severity severity, std::string kind, std::string what, std::string why = {}) {
    Change change{.gain = direction_.gain, .severity = severity, .why = std::move(why)};
    change.kind = std::move(kind);
    change.what = std::move(what);
    out_.push_back(std::move(change));
  }

  void mode() {
    if (laxity(to_.mode) <= laxity(from_.mode)) return;
    const bool lets_all = laxity(to_.mode) >= laxity(static_cast<std::uint32_t>(compile::Mode::complain));
    add(lets_all ? Severity::critical : Severity::medium, "mode",
        fmt::format("mode {} instead of {}", compile::mode_word(to_.mode), compile::mode_word(from_.mode)),
        lets_all ? "nothing is held back any more" : "");
  }

  void classes() {
    constexpr std::array numbers = {medclass::mount,  medclass::ptrace,   medclass::signal,
                                    medclass::userns, medclass::io_uring, medclass::posix_mqueue,
                                    medclass::dbus};
    for (const std::uint8_t number : numbers) {
      if (query::mediates(from_, number) && !query::mediates(to_, number))
        unmediated(number, std::string(compile::class_word(number)));
    }
    const bool sockets = query::mediates_sockets(to_);
    if (query::mediates_sockets(from_) && !sockets) unmediated(medclass::net_v8, "network");
    if (sockets && query::mediates(from_, medclass::net_v9) && !query::mediates(to_, medclass::net_v9))
      add(Severity::medium, "unix", "unix: addresses are not mediated",
          "what may be done with one such socket may be done with all");
  }

  void unmediated(std::uint8_t number, const std::string& name) {
    const Weight weight = weigh_unmediated(number);
    add(weight.severity, name, fmt::format("{}: not mediated", name), weight.why);
  }

  void path_flag(std::uint32_t bit, std::string_view name, Severity severity, std::string why) {
    const auto flags = [](const CompiledProfile& profile) {
      return profile.path_flags.value_or(compile::path_flag::mediate_deleted);
    };
    if ((flags(to_) & bit) != 0 && (flags(from_) & bit) == 0)
      add(severity, "flags", fmt::format("flag {}", name), std::move(why));
  }

  void limits() {
    for (std::uint32_t limit = 0; limit < to_.rlimits.values.size(); ++limit) {
      const auto value = [limit](const CompiledProfile& profile) {
        return (profile.rlimits.mask >> limit & 1) != 0 ? profile.rlimits.values[limit]
                                                        : compile::Rlimits::infinity;
      };
      if (value(to_) <= value(from_)) continue;
      const auto text = [](std::uint64_t number) {
        return number == compile::Rlimits::infinity ? std::string("no limit") : fmt::format("{}", number);
      };
      add(Severity::low, "rlimit",
          fmt::format("rlimit {}: {} instead of {}", compile::name_of(compile::rlimit_names(), limit),
                      text(value(to_)), text(value(from_))));
    }
  }

  const Direction& direction_;
  const CompiledProfile& from_;
  const CompiledProfile& to_;
  std::vector<Change>& out_;
};

}  // namespace

void add_member_changes(const Direction& direction, std::vector<Change>& out) {
  Members(direction, out).add_all();
}

}  // namespace bh::diff
